// Faults acted out over real HTTP, and steering from outside at /__control.

#include "faults/fault_rule_json.h"
#include "http/control.h"
#include "http/fault_plan.h"
#include "http/server.h"
#include "raw_client.h"

#include <gtest/gtest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

namespace vtpmlab::http {
namespace {

using nlohmann::json;
using test::RawClient;

class TwoTokens final : public TokenValidator {
public:
    Result<std::shared_ptr<const Identity>> validate(std::string_view token,
                                                     AllowExpired) override {
        if (token != "ann" && token != "nova")
            return std::shared_ptr<const Identity>();
        auto identity = std::make_shared<Identity>();
        identity->user_name = token;
        identity->project_name = token == "ann" ? "demo" : "service";
        identity->roles = {token == "ann" ? "member" : "service"};
        return std::shared_ptr<const Identity>(std::move(identity));
    }
};

constexpr const char* control_token = "c0ntr0l-t0ken";

class FaultTest : public ::testing::Test {
protected:
    void SetUp() override {
        ServerConfig config;
        config.service = "barbican";
        config.journal = &journal_;
        config.validator = std::make_shared<TwoTokens>();
        config.clock = clock_;
        config.steering = {&plan_, std::make_shared<Control>(SecretValue(control_token), clock_)};
        config.state = {[this](const std::string& name) -> Status {
                            kept_[name] = made_;
                            return {};
                        },
                        [this](const std::string& name) -> Status {
                            if (!kept_.count(name))
                                return fail(ErrorKind::usage,
                                            "there is no snapshot '" + name + "'");
                            made_ = kept_[name];
                            return {};
                        }};
        Route make{"POST", "/things", [this](const Request&) {
                       ++made_;
                       return Response::json(201, {{"made", "a thing of some length"}});
                   }};
        make.body = Body::json;
        Route show{"GET", "/things/{id}", [](const Request& request) {
                       return Response::json(200, {{"id", request.parameter("id")}});
                   }};
        config.routes = {make, show};
        auto server = Server::start(std::move(config));
        ASSERT_TRUE(server) << server.error().message;
        server_ = std::move(*server);
    }

    std::uint64_t add(const char* rule) {
        auto body = json::parse(rule);
        body["service"] = "barbican";
        const auto parsed = parse_fault_rule(body);
        EXPECT_TRUE(parsed) << parsed.error().message;
        const auto id = plan_.add(*parsed);
        EXPECT_TRUE(id) << id.error().message;
        return *id;
    }

    httplib::Result post(const char* token = "ann") {
        httplib::Client client(server_->url());
        return client.Post("/things", {{"X-Auth-Token", token}}, "{}", "application/json");
    }
    httplib::Result get(const char* token = "ann") {
        httplib::Client client(server_->url());
        return client.Get("/things/1", {{"X-Auth-Token", token}});
    }
    // The status, or 0 for no answer.
    static int status(const httplib::Result& answer) { return answer ? answer->status : 0; }

    httplib::Result control(const char* method, const std::string& path, const json& body = nullptr,
                            const char* token = control_token) {
        httplib::Client client(server_->url());
        httplib::Request request;
        request.method = method;
        request.path = "/__control" + path;
        request.set_header("X-Vtpmlab-Control", token);
        if (!body.is_null())
            request.body = body.dump();
        return client.send(request);
    }

    Journal journal_;
    FaultPlan plan_;
    std::shared_ptr<AdjustableClock> clock_ = std::make_shared<AdjustableClock>();
    int made_ = 0;
    std::map<std::string, int> kept_;
    std::unique_ptr<Server> server_;
};

TEST_F(FaultTest, AStatusComesInTheServicesWordsAndNothingIsDone) {
    add(R"({"method": "POST", "status": 503, "times": 1})");
    auto answer = post();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 503);
    EXPECT_EQ(answer->body, R"({"error":{"code":503,"message":"Service Unavailable",)"
                            R"("title":"Service Unavailable"}})");
    EXPECT_TRUE(answer->has_header("X-Openstack-Request-Id"));
    EXPECT_EQ(made_, 0);
    EXPECT_EQ(status(post()), 201) << "it has not recovered";
    EXPECT_EQ(journal_.entries().at(0).fault, "fault 1, hit 1: status 503 before POST of barbican");
    EXPECT_EQ(journal_.entries().at(1).fault, "");
}

TEST_F(FaultTest, AStatusMayHaveAnyBody) {
    add(R"({"method": "POST", "status": 502, "body": "<h1>Bad Gateway</h1>",
            "content_type": "text/html", "nth": 1})");
    add(R"({"method": "POST", "status": 503, "body": {"title": "away"}, "when": "after",
            "nth": 2})");
    auto answer = post();
    EXPECT_EQ(status(answer), 502);
    EXPECT_EQ(answer->body, "<h1>Bad Gateway</h1>");
    EXPECT_EQ(answer->get_header_value("Content-Type"), "text/html");
    EXPECT_EQ(answer->get_header_value_count("Content-Type"), 1u);
    EXPECT_EQ(made_, 0);
    answer = post();
    EXPECT_EQ(status(answer), 503);
    EXPECT_EQ(answer->body, R"({"title":"away"})");
    EXPECT_EQ(answer->get_header_value("Content-Type"), "application/json");
    EXPECT_EQ(made_, 1);
    EXPECT_EQ(status(post()), 201);
}

TEST_F(FaultTest, ARuleMayNameAProjectOrAServiceUser) {
    add(R"({"method": "GET", "project": "service", "status": 500})");
    EXPECT_EQ(status(get("ann")), 200);
    EXPECT_EQ(status(get("nova")), 500);
    add(R"({"method": "POST", "service_user": "nova", "status": 503})");
    EXPECT_EQ(status(post("ann")), 201);
    httplib::Client client(server_->url());
    const auto with_service = [&](const char* token) {
        return client.Post("/things", {{"X-Auth-Token", "ann"}, {"X-Service-Token", token}}, "{}",
                           "application/json");
    };
    EXPECT_EQ(status(with_service("nova")), 503);
    EXPECT_EQ(status(with_service("ann")), 201);
    // A token that is not good is nobody's.
    EXPECT_EQ(status(with_service("forged")), 401);
}

TEST_F(FaultTest, AStatusAfterTheCommitHidesWhatWasDone) {
    add(R"({"method": "POST", "status": 500, "message": "lost", "when": "after"})");
    const auto answer = post();
    EXPECT_EQ(status(answer), 500);
    EXPECT_EQ(json::parse(answer->body)["error"]["message"], "lost");
    EXPECT_EQ(made_, 1);
    EXPECT_EQ(journal_.entries().at(0).fault,
              "fault 1, hit 1: status 500 after POST of barbican, the service answered 201");
}

TEST_F(FaultTest, AResetGivesNoAnswerBeforeOrAfterTheCommit) {
    add(R"({"method": "POST", "reset": true, "nth": 1})");
    add(R"({"method": "POST", "reset": true, "nth": 2, "when": "after"})");
    EXPECT_EQ(status(post()), 0);
    EXPECT_EQ(made_, 0);
    EXPECT_EQ(status(post()), 0);
    EXPECT_EQ(made_, 1);
    EXPECT_EQ(status(post()), 201);
    EXPECT_EQ(journal_.entries().at(0).status, 0);
    EXPECT_EQ(journal_.entries().at(1).status, 0);
}

TEST_F(FaultTest, ATruncatedBodyIsShorterThanAnnounced) {
    add(R"({"truncated_body": 5})");
    RawClient client(server_->port());
    ASSERT_TRUE(client.send("GET /things/1 HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ann\r\n\r\n"));
    const std::string answer = client.read_all();
    EXPECT_NE(answer.find("Content-Length: 10\r\n"), std::string::npos) << answer;
    EXPECT_EQ(answer.substr(answer.find("\r\n\r\n") + 4), R"({"id")");
    EXPECT_EQ(status(get()), 0) << "the client has to see that it is not whole";
}

TEST_F(FaultTest, MalformedJsonHasTheLengthItSays) {
    add(R"({"malformed_json": true})");
    const auto answer = get();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, R"({"id")");
    EXPECT_TRUE(json::parse(answer->body, nullptr, false).is_discarded());
}

TEST_F(FaultTest, ASlowBodyIsWholeInTheEnd) {
    add(R"({"slow_body": 100})");
    const auto answer = get();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, R"({"id":"1"})");
}

TEST_F(FaultTest, ADelayComesOnTopOfTheAnswer) {
    add(R"({"delay": "20ms", "jitter": "10ms"})");
    EXPECT_EQ(status(get()), 200);
    EXPECT_GE(journal_.entries().at(0).duration, std::chrono::milliseconds(20));
}

TEST_F(FaultTest, AHangEndsWhenTheClientGoes) {
    add(R"({"method": "GET", "hang": true})");
    {
        RawClient client(server_->port());
        ASSERT_TRUE(client.send("GET /things/1 HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ann\r\n\r\n"));
        EXPECT_EQ(status(post()), 201) << "another client was harmed";
    }
    journal_.wait_beyond(1, std::chrono::seconds(10));
    ASSERT_EQ(journal_.total(), 2u);
    EXPECT_EQ(journal_.entries().at(1).fault, "fault 1, hit 1: hang before GET of barbican");
}

TEST_F(FaultTest, AHangEndsWhenTheServiceStops) {
    add(R"({"hang": true})");
    RawClient client(server_->port());
    ASSERT_TRUE(client.send("GET /things/1 HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ann\r\n\r\n"));
    while (plan_.list().at(0).hits == 0)
        std::this_thread::yield();
    server_->stop();
    EXPECT_EQ(client.read_all(), "");
}

TEST_F(FaultTest, CallerAndRouteDecide) {
    add(R"({"route": "/things/{id}", "user": "nova", "status": 500})");
    add(R"({"role": "member", "method": "POST", "status": 502})");
    EXPECT_EQ(status(get("ann")), 200);
    EXPECT_EQ(status(get("nova")), 500);
    EXPECT_EQ(status(post("nova")), 201);
    EXPECT_EQ(status(post("ann")), 502);
    EXPECT_EQ(status(post("nobody")), 401);
}

TEST_F(FaultTest, ARuleWithoutCallerStandsBeforeTheTokensCheck) {
    add(R"({"status": 503})");
    EXPECT_EQ(status(get("nobody")), 503);
}

TEST_F(FaultTest, AfterNPassesTheFirstN) {
    add(R"({"after": 2, "times": 2, "status": 500})");
    std::vector<int> seen;
    for (int i = 0; i < 6; ++i)
        seen.push_back(status(get()));
    EXPECT_EQ(seen, (std::vector<int>{200, 200, 500, 500, 200, 200}));
    EXPECT_EQ(plan_.list().at(0).calls, 6u);
    EXPECT_EQ(plan_.list().at(0).hits, 2u);
}

TEST(FaultPlan, TheSameSeedGivesTheSameJitter) {
    const auto delays = [](unsigned seed) {
        FaultPlan plan;
        plan.know("glance", {});
        FaultRule rule;
        rule.service = "glance";
        rule.delay = std::chrono::milliseconds(5);
        rule.jitter = std::chrono::milliseconds(1000);
        rule.seed = seed;
        EXPECT_TRUE(plan.add(rule));
        std::vector<long> found;
        for (int i = 0; i < 20; ++i)
            found.push_back(plan.hit({"glance", "GET", "/", "", nullptr, "", ""})->delay.count());
        return found;
    };
    EXPECT_EQ(delays(1), delays(1));
    EXPECT_NE(delays(1), delays(2));
    for (const long delay : delays(3)) {
        EXPECT_GE(delay, 5);
        EXPECT_LE(delay, 1005);
    }
}

TEST_F(FaultTest, ARouteThatIsNotThereIsRefused) {
    FaultRule rule;
    rule.service = "barbican";
    rule.route = "/thing";
    const auto wrong = plan_.add(rule);
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().message, "barbican has no route '/thing'");
    EXPECT_EQ(wrong.error().hint, "its routes: /things, /things/{id}");
    rule.route = "/things";
    rule.method = "PUT";
    EXPECT_EQ(plan_.add(rule).error().message, "barbican has no PUT /things");
    rule.service = "cinder";
    EXPECT_EQ(plan_.add(rule).error().message, "this cloud has no service 'cinder'");
}

// ---------------------------------------------------------------------------------- /__control

TEST_F(FaultTest, ControlNeedsItsTokenAndIsNotInTheJournal) {
    for (const char* token : {"", "wrong", "c0ntr0l-t0keN", "c0ntr0l-t0ken2", "ann"}) {
        const auto answer = control("GET", "/faults", nullptr, token);
        EXPECT_EQ(answer->status, 403);
        EXPECT_EQ(answer->body,
                  R"({"error":{"code":403,"message":"The control token is missing or wrong.",)"
                  R"("title":"Forbidden"}})");
    }
    EXPECT_EQ(control("GET", "/nothing", nullptr, "wrong")->status, 403);
    EXPECT_EQ(control("GET", "/nothing")->status, 404);
    EXPECT_EQ(control("PUT", "/faults")->status, 405);
    EXPECT_EQ(control("GET", "/faults")->status, 200);
    EXPECT_EQ(journal_.total(), 0u);
    EXPECT_EQ(status(get()), 200);
    EXPECT_EQ(journal_.to_jsonl().find(control_token), std::string::npos);
}

TEST_F(FaultTest, WithoutATokenThereIsNoControl) {
    ServerConfig config;
    config.service = "test";
    const auto server = Server::start(std::move(config));
    ASSERT_TRUE(server);
    httplib::Client client((*server)->url());
    EXPECT_EQ(client.Get("/__control/faults", {{"X-Vtpmlab-Control", ""}})->status, 404);
}

TEST_F(FaultTest, FaultsAreAddedListedAndTakenAwayByControl) {
    auto answer = control("POST", "/faults", {{"method", "GET"}, {"status", 500}});
    ASSERT_EQ(answer->status, 201) << answer->body;
    EXPECT_EQ(json::parse(answer->body),
              json::parse(R"({"faults": [{"service": "barbican", "method": "GET", "status": 500,
                                          "id": 1, "calls": 0, "hits": 0}]})"));
    EXPECT_EQ(status(get()), 500);
    EXPECT_EQ(json::parse(control("GET", "/faults")->body)["faults"][0]["hits"], 1);
    EXPECT_EQ(control("DELETE", "/faults/7")->status, 404);
    EXPECT_EQ(control("DELETE", "/faults/1")->status, 204);
    EXPECT_EQ(status(get()), 200);
    // All or none.
    answer = control("POST", "/faults",
                     json::array({{{"status", 500}}, {{"route", "/no"}, {"status", 500}}}));
    EXPECT_EQ(answer->status, 400);
    EXPECT_EQ(json::parse(answer->body)["error"]["message"],
              "barbican has no route '/no': its routes: /things, /things/{id}.");
    EXPECT_TRUE(plan_.list().empty());
    answer = control("POST", "/faults", {{"service", "glance"}, {"status", 500}});
    EXPECT_EQ(json::parse(answer->body)["error"]["message"],
              "Fault 0: it is glance's, and this is barbican.");
    add(R"({"status": 500})");
    EXPECT_EQ(control("DELETE", "/faults")->status, 204);
    EXPECT_TRUE(plan_.list().empty());
}

TEST_F(FaultTest, TheJournalIsAskedAndFollowed) {
    get();
    post();
    const auto posts = json::parse(control("GET", "/journal?method=POST")->body);
    ASSERT_EQ(posts["entries"].size(), 1u);
    EXPECT_EQ(posts["entries"][0]["user"], "ann");
    EXPECT_EQ(posts["last"], 2);
    // Asked for what is new, it waits for it.
    std::thread later([this] { get("nova"); });
    const auto followed = json::parse(control("GET", "/journal?after=2&wait=30s")->body);
    later.join();
    ASSERT_EQ(followed["entries"].size(), 1u);
    EXPECT_EQ(followed["entries"][0]["user"], "nova");
    EXPECT_EQ(followed["last"], 3);
    EXPECT_EQ(json::parse(control("GET", "/journal?limit=2")->body)["last"], 2);
    EXPECT_EQ(control("GET", "/journal?methd=POST")->status, 400);
    EXPECT_EQ(control("GET", "/journal?status=many")->status, 400);
    EXPECT_EQ(control("GET", "/journal?wait=2h")->status, 400);
}

TEST_F(FaultTest, StateIsKeptAndBroughtBack) {
    EXPECT_EQ(control("POST", "/reset")->status, 400) << "nobody has kept the beginning";
    EXPECT_EQ(control("POST", "/snapshot", {{"name", "pristine"}})->status, 204);
    post();
    EXPECT_EQ(control("POST", "/snapshot", {{"name", "one"}})->status, 204);
    post();
    EXPECT_EQ(control("POST", "/restore", {{"name", "one"}})->status, 204);
    EXPECT_EQ(made_, 1);
    EXPECT_EQ(control("POST", "/reset")->status, 204);
    EXPECT_EQ(made_, 0);
    const auto answer = control("POST", "/restore", {{"name", "two"}});
    EXPECT_EQ(answer->status, 400);
    EXPECT_EQ(json::parse(answer->body)["error"]["message"], "there is no snapshot 'two'.");
    for (const json& body : {json(nullptr), json::array(), json{{"name", "../x"}},
                             json{{"name", ""}}, json{{"name", 1}}, json{{"nome", "x"}}})
        EXPECT_EQ(control("POST", "/snapshot", body)->status, 400) << body;
}

TEST_F(FaultTest, TheClockIsStoppedAndMovedOn) {
    EXPECT_EQ(control("POST", "/clock", {{"frozen", true}})->status, 200);
    const auto before = clock_->now();
    EXPECT_EQ(clock_->now(), before);
    const auto answer = json::parse(control("POST", "/clock", {{"advance", "1h"}})->body);
    EXPECT_EQ(answer["frozen"], true);
    EXPECT_EQ(clock_->now(), before + std::chrono::hours(1));
    EXPECT_EQ(control("POST", "/clock", {{"frozen", false}})->status, 200);
    EXPECT_FALSE(clock_->is_frozen());
    EXPECT_GE(clock_->now(), before + std::chrono::hours(1));
    EXPECT_LT(clock_->now(), before + std::chrono::hours(2));
    for (const json& body : {json{{"advance", "-1s"}}, json{{"advance", 5}}, json{{"frozen", 1}},
                             json::object(), json{{"advance", "1s"}, {"frozen", true}}})
        EXPECT_EQ(control("POST", "/clock", body)->status, 400) << body;
}

TEST(ControlToken, IsMadeOnceAndForItsOwnerAlone) {
    std::string made = (std::filesystem::temp_directory_path() / "vtpmlab-control-XXXXXX").string();
    ASSERT_NE(::mkdtemp(made.data()), nullptr);
    const std::filesystem::path directory = made, file = directory / "control-token";
    const auto token = control_token_in(file);
    ASSERT_TRUE(token) << token.error().message;
    EXPECT_EQ(std::filesystem::status(file).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    EXPECT_EQ(*control_token_in(file), *token);
    std::filesystem::permissions(file, std::filesystem::perms::group_read,
                                 std::filesystem::perm_options::add);
    const auto refused = control_token_in(file);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message,
              "the control token in " + file.string() + " is not yours alone");
    std::filesystem::remove_all(directory);
}

} // namespace
} // namespace vtpmlab::http
