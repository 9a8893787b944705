// Bodies right and wrong, and what the validators of a real Keystone said of them
// (data/record_schemas says how): ours must say the same, word by word.

#include "keystone/schemas.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <map>

namespace vtpmlab::fakes::keystone {
namespace {

using nlohmann::ordered_json;

TEST(KeystoneSchemas, SayWhatTheRealOnesSay) {
    std::ifstream lines(VTPMLAB_TEST_DATA "/schemas.jsonl");
    std::map<std::string, std::size_t> refused, taken;
    for (std::string line; std::getline(lines, line);) {
        const auto recorded = ordered_json::parse(line);
        const auto name = recorded["schema"].get<std::string>();
        const auto& body = recorded["body"];
        const auto checked = name == "auth" ? check_auth(body) : check_schema(name, body);
        ++(checked ? taken : refused)[name];
        EXPECT_EQ(checked ? ordered_json(nullptr) : ordered_json(checked.error().message),
                  recorded["refusal"])
            << name << " " << body.dump();
    }
    EXPECT_EQ(refused.size(), 19u);
    for (const auto& [name, count] : refused)
        EXPECT_GT(taken[name], 0u) << name;
}

TEST(KeystoneSchemas, ShowNoPasswordAndNoToken) {
    const ordered_json secret = "s3cret";
    const auto refusal = [](const std::string& name, const ordered_json& body) {
        const auto checked = name == "auth" ? check_auth(body) : check_schema(name, body);
        return checked ? std::string() : checked.error().message;
    };
    const std::pair<std::string, ordered_json> bodies[] = {
        {"user_create", {{"password", secret}}},
        {"password_change", {{"original_password", secret}, {"password", 5}}},
        {"application_credential_create", {{"secret", secret}}},
        {"auth", {{"identity", {{"password", secret}, {"methods", {"password"}}}}}},
        {"auth", {{"identity", {{"token", secret}, {"methods", {"token"}}}}}},
        {"auth", {{"identity", {{"token", {{"id", secret}}}}}}},
    };
    for (const auto& [name, body] : bodies) {
        EXPECT_NE(refusal(name, body), "") << name;
        EXPECT_EQ(refusal(name, body).find("s3cret"), std::string::npos) << refusal(name, body);
    }
}

} // namespace
} // namespace vtpmlab::fakes::keystone
