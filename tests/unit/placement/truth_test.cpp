// Generated requests whose answers a real Placement gave (data/record_truth says how), to ours: the
// status, the headers that mean something and the bodies must be the same.

#include "placement/placement.h"
#include "support/api_client.h"
#include "support/fake_tokens.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

namespace vtpmlab::fakes::placement {
namespace {

using nlohmann::json;

// What has no order in the API, put in order.
void put_in_order(json& value) {
    if (value.is_object() || value.is_array())
        for (auto& item : value)
            put_in_order(item);
    if (value.is_array())
        std::sort(value.begin(), value.end());
}

std::set<std::string> methods(const std::string& allow) {
    std::set<std::string> found;
    std::istringstream words(std::regex_replace(allow, std::regex(","), " "));
    for (std::string word; words >> word;)
        found.insert(word);
    return found;
}

// The trait and class lists follow the release of their libraries; what is asked for is compared by
// name, the whole lists are not a matter of this test.
json comparable(const std::string& body, const std::string& base, bool limited) {
    const std::string text = std::regex_replace(body, std::regex(base), "$$BASE");
    json value = json::parse(text, nullptr, false);
    if (value.is_discarded())
        return body;
    if (value.is_object() && value.contains("errors"))
        value["errors"][0].erase("request_id");
    // Which candidates a limit leaves is the service's own choice.
    if (limited && value.contains("allocation_requests"))
        return value["allocation_requests"].size();
    put_in_order(value);
    return value;
}

TEST(PlacementTruth, AnswersAsTheRealOne) {
    PlacementConfig config;
    config.validator = std::make_shared<test::FakeTokens>();
    config.os_traits_release = "2.9.0"; // what the real one ran with
    const auto placement = std::move(*Placement::start(std::move(config)));
    test::ApiClient client(placement->url());
    client.with("X-Auth-Token", test::fake_token("admin", "admin", "admin"));
    client.with("Accept", "*/*");

    const char* other = std::getenv("VTPMLAB_PLACEMENT_TRUTH");
    std::ifstream file(other ? other : VTPMLAB_TEST_DATA "/truth.jsonl");
    int line_number = 0, differences = 0;
    for (std::string line; std::getline(file, line) && differences < 40;) {
        ++line_number;
        const json sample = json::parse(line);
        const std::string method = sample["method"], path = sample["path"];
        httplib::Headers headers;
        for (const auto& [name, value] : sample["headers"].items())
            headers.emplace(name, value.get<std::string>());
        const auto answer = client.send(method, path, sample["body"], headers);
        const bool limited = path.find("limit=") != std::string::npos;

        json seen = json::object();
        for (const char* name : {"Allow", "Location", "Cache-Control"})
            if (const auto value = answer.header(name); !value.empty())
                seen[name] = value;
        if (seen.contains("Allow")) // a set
            seen["Allow"] = methods(seen["Allow"]);
        seen["Last-Modified"] = !answer.header("Last-Modified").empty();
        json wanted_seen = sample["seen"];
        if (wanted_seen.contains("Allow"))
            wanted_seen["Allow"] = methods(wanted_seen["Allow"]);
        if (wanted_seen.contains("Location"))
            wanted_seen["Location"] =
                std::regex_replace(wanted_seen["Location"].get<std::string>(),
                                   std::regex("http://truth"), placement->url());
        const json wanted = comparable(sample["answer"], placement->url(), limited);
        const json got = comparable(answer.body, placement->url(), limited);
        if (answer.status == sample["status"] && seen == wanted_seen && got == wanted)
            continue;
        ++differences;
        ADD_FAILURE() << "line " << line_number << ": " << method << " " << path << " "
                      << sample["headers"].dump() << "\n  body " << sample["body"] << "\n  real "
                      << sample["status"] << " " << wanted_seen << " " << wanted.dump()
                      << "\n  ours " << answer.status << " " << seen << " " << got.dump();
    }
    EXPECT_GE(line_number, 200);
}

} // namespace
} // namespace vtpmlab::fakes::placement
