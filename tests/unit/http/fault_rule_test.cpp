// The grammar of faults: what is read, what is refused and with which words, what is written back.

#include "faults/fault_rule_json.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace vtpmlab {
namespace {

using nlohmann::json;

TEST(FaultRule, EveryKeyIsReadAndWrittenBack) {
    for (const char* text :
         {R"({"service": "barbican", "status": 500})",
          R"({"service": "barbican", "method": "POST", "route": "/v1/secrets", "user": "nova",
              "role": "creator", "status": 403, "message": "no", "after": 2, "times": 3,
              "when": "after", "delay": "250ms", "jitter": "50ms", "seed": 7})",
          R"({"service": "glance", "slow_body": 64})",
          R"({"service": "barbican", "status": 502, "body": "<html>Bad Gateway</html>",
              "content_type": "text/html", "project": "demo", "service_user": "nova"})",
          R"({"service": "barbican", "status": 503, "body": ""})",
          R"({"service": "barbican", "status": 503, "body": {"title": "no", "code": [1, 2]}})",
          R"({"service": "glance", "truncated_body": 0})",
          R"({"service": "glance", "malformed_json": true})",
          R"({"service": "compute", "reset": true, "when": "after"})",
          R"({"service": "compute", "hang": true})",
          R"({"service": "keystone", "delay": "2m", "when": "after"})"}) {
        const auto rule = parse_fault_rule(json::parse(text));
        ASSERT_TRUE(rule) << text << rule.error().message;
        const auto again = parse_fault_rule(to_json(*rule));
        ASSERT_TRUE(again) << to_json(*rule).dump() << again.error().message;
        EXPECT_EQ(*again, *rule) << to_json(*rule).dump();
    }
}

TEST(FaultRule, NthIsShortForAfterAndTimes) {
    const auto rule = parse_fault_rule({{"service", "barbican"}, {"status", 500}, {"nth", 3}});
    ASSERT_TRUE(rule);
    EXPECT_EQ(rule->skip, 2u);
    EXPECT_EQ(rule->times, 1u);
}

TEST(FaultRule, ABodyIsATextOrJson) {
    const auto rule = [](const char* body) {
        return *parse_fault_rule(
            {{"service", "barbican"}, {"status", 503}, {"body", json::parse(body)}});
    };
    EXPECT_EQ(rule(R"("away")").body, "away");
    EXPECT_EQ(rule(R"("away")").content_type, "text/plain");
    EXPECT_EQ(rule(R"({"title": "away", "codes": [1]})").body, R"({"codes":[1],"title":"away"})");
    EXPECT_EQ(rule(R"({"title": "away"})").content_type, "application/json");
    EXPECT_EQ(rule("[]").body, "[]");
}

TEST(FaultRule, ARouteIsWrittenWithOrWithoutItsLastSlash) {
    EXPECT_EQ(
        parse_fault_rule({{"service", "barbican"}, {"route", "/v1/secrets/"}, {"reset", true}})
            ->route,
        "/v1/secrets");
}

struct Refusal {
    const char* rule;
    const char* pointer;
    const char* message;
};

TEST(FaultRule, EachMistakeIsNamedAtItsPlace) {
    const Refusal refusals[] = {
        {"[]", "", "a fault is a map, not []"},
        {"{}", "", "a fault needs a 'service'"},
        {R"({"status": 500})", "", "a fault needs a 'service'"},
        {R"({"service": "cinder", "status": 500})", "/service",
         "'service' is one of keystone, placement, barbican, glance, neutron, compute, not "
         "\"cinder\""},
        {R"({"service": "barbican"})", "", "nothing happens in this fault"},
        {R"({"service": "barbican", "stauts": 500})", "", "a fault has no key \"stauts\""},
        {R"({"service": "barbican", "status": 200})", "/status",
         "'status' is a number from 400 to 599, not 200"},
        {R"({"service": "barbican", "status": "500"})", "/status",
         "'status' is a number from 400 to 599, not \"500\""},
        {R"({"service": "barbican", "status": 500, "reset": true})", "/reset",
         "'status' and 'reset' cannot both happen"},
        {R"({"service": "barbican", "reset": false})", "/reset",
         "'reset' is true, or not there, not false"},
        {R"({"service": "barbican", "reset": true, "message": "x"})", "/message",
         "'message' belongs to 'status'"},
        {R"({"service": "barbican", "reset": true, "body": "x"})", "/body",
         "'body' belongs to 'status'"},
        {R"({"service": "barbican", "status": 500, "body": 5})", "/body",
         "'body' is a text, a map or a list, of 100000 bytes at most, not 5"},
        {R"({"service": "barbican", "status": 500, "content_type": "text/html"})", "/content_type",
         "'content_type' belongs to 'body'"},
        {R"({"service": "barbican", "status": 500, "body": "", "content_type": "a\r\nb: c"})",
         "/content_type", "'content_type' cannot be the value of a header"},
        {R"({"service": "barbican", "status": 500, "body": "", "message": "x"})", "/message",
         "'message' and 'body' cannot stand together"},
        {R"({"service": "barbican", "reset": true, "project": ""})", "/project",
         "'project' is a text, not \"\""},
        {R"({"service": "barbican", "reset": true, "jitter": "1s"})", "/jitter",
         "'jitter' belongs to 'delay'"},
        {R"({"service": "barbican", "delay": "1s", "seed": 1})", "/seed",
         "'seed' belongs to 'jitter'"},
        {R"({"service": "barbican", "malformed_json": true, "when": "after"})", "/when",
         "'malformed_json' is always after the commit"},
        {R"({"service": "barbican", "reset": true, "nth": 2, "times": 3})", "/times",
         "'nth' and 'times' cannot stand together"},
        {R"({"service": "barbican", "reset": true, "nth": 0})", "/nth",
         "'nth' is a number from 1 to 1000000, not 0"},
        {R"({"service": "barbican", "delay": "11m"})", "/delay",
         "'delay' is a time from 1ms to 10m, such as \"250ms\" or \"5s\", not \"11m\""},
        {R"({"service": "barbican", "route": "", "reset": true})", "/route",
         "'route' is a text, not \"\""},
        {R"({"service": "barbican", "when": "during", "reset": true})", "/when",
         "'when' is one of before, after, not \"during\""},
    };
    for (const auto& refusal : refusals) {
        const auto rule = parse_fault_rule(json::parse(refusal.rule));
        ASSERT_FALSE(rule) << refusal.rule;
        EXPECT_EQ(rule.error().message, refusal.message) << refusal.rule;
        EXPECT_EQ(rule.error().pointer, refusal.pointer) << refusal.rule;
    }
}

TEST(FaultRule, TimesHaveAUnit) {
    using std::chrono::milliseconds;
    EXPECT_EQ(parse_fault_time("250ms"), milliseconds(250));
    EXPECT_EQ(parse_fault_time("5s"), milliseconds(5000));
    EXPECT_EQ(parse_fault_time("2m"), milliseconds(120000));
    EXPECT_EQ(parse_fault_time("1h"), milliseconds(3600000));
    for (const char* text :
         {"", "5", "0s", "-1s", "1.5s", "s", "5 s", "5sec", "99999999999s", "200h", "1d"})
        EXPECT_FALSE(parse_fault_time(text)) << text;
}

TEST(FaultRule, IsOneLineForPeople) {
    const auto text = [](const char* rule) {
        return fault_text(*parse_fault_rule(json::parse(rule)));
    };
    EXPECT_EQ(text(R"({"service": "barbican", "status": 500})"),
              "status 500 before any call of barbican");
    EXPECT_EQ(text(R"({"service": "barbican", "method": "POST", "route": "/v1/secrets",
                       "user": "nova", "role": "admin", "reset": true, "when": "after",
                       "delay": "1s"})"),
              "reset, delay 1000ms after POST /v1/secrets of barbican by user nova with role "
              "admin");
    EXPECT_EQ(text(R"({"service": "barbican", "status": 502, "body": "x", "project": "demo",
                       "service_user": "nova"})"),
              "status 502 before any call of barbican in project demo with a service token of "
              "nova");
    EXPECT_EQ(text(R"({"service": "glance", "truncated_body": 0})"),
              "truncated_body 0 after any call of glance");
}

} // namespace
} // namespace vtpmlab
