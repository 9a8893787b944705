// The services as one cloud: people, catalog, journal, what is left, what survives.

#include "cloud_client.h"
#include "services.h"
#include "support/state_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <tuple>

namespace vtpmlab::fakes {
namespace {

using nlohmann::json;
using test::ApiClient;
using test::log_in;

const Persona& person(const Services& services, const char* name) {
    return **services.persona(name);
}

json passphrase(const std::string& text) {
    return {{"name", "vTPM secret for instance 1"},
            {"secret_type", "passphrase"},
            {"payload", text},
            {"payload_content_type", "text/plain"}};
}

TEST(Services, EveryPersonaComesInWithItsRoles) {
    const auto services = std::move(*Services::start({}));
    std::set<std::string> names;
    for (const auto& persona : services->personas()) {
        const auto login = log_in(*services, persona);
        ASSERT_EQ(login.status, 201) << persona.name;
        EXPECT_EQ(login.body["project"]["name"], persona.project);
        EXPECT_EQ(login.body["user"]["id"], persona.user_id);
        std::set<std::string> roles;
        for (const auto& role : login.body["roles"])
            roles.insert(role["name"].get<std::string>());
        EXPECT_EQ(roles, std::set<std::string>(persona.roles.begin(), persona.roles.end()));
        names.insert(persona.name);
    }
    for (const char* name : {"admin", "owner", "peer", "other", "member", "reader", "creator",
                             "audit", "nova", "barbican"})
        EXPECT_TRUE(names.count(name)) << name;
    const auto nobody = services->persona("nobody");
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().kind, ErrorKind::scenario);
    EXPECT_EQ(nobody.error().message, "there is no persona 'nobody'");
}

// spec: nova-vtpm §KEY-11
TEST(Services, BarbicansPolicyIsTheOperatorsToChange) {
    const auto payload_status = [](BarbicanPolicyChanges changes, const char* who) {
        ServicesConfig config;
        config.barbican_policy_changes = std::move(changes);
        const auto services = Services::start(std::move(config));
        EXPECT_TRUE(services) << services.error().message;
        const auto owner = log_in(**services, person(**services, "owner"));
        const auto reader = log_in(**services, person(**services, who));
        ApiClient barbican(owner.endpoints.at("key-manager"));
        const auto made =
            barbican.post("/v1/secrets", passphrase("x"), {{"X-Auth-Token", owner.token}});
        const auto ref = made.json().value("secret_ref", "");
        return barbican
            .get(ref.substr(ref.find("/v1/")) + "/payload",
                 {{"X-Auth-Token", reader.token}, {"Accept", "text/plain"}})
            .status;
    };
    EXPECT_EQ(payload_status({}, "nova"), 403);
    EXPECT_EQ(payload_status({.nova_secret_access = true}, "nova"), 200);
    EXPECT_EQ(payload_status({.nova_secret_access = true}, "admin"), 403);
    EXPECT_EQ(payload_status({.admin_secret_access = true}, "admin"), 200);
    EXPECT_EQ(payload_status({.policy_file = "\"secret:decrypt\": \"role:audit\""}, "audit"), 200);
    EXPECT_EQ(payload_status({.policy_file = "\"secret:decrypt\": \"!\""}, "owner"), 403);

    ServicesConfig wrong;
    wrong.barbican_policy_changes = {.policy_file = "secret:sell: ''",
                                     .policy_file_name = "p.yaml"};
    const auto refused = Services::start(std::move(wrong));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "p.yaml:1:1: Barbican has no action 'secret:sell'");
}

TEST(Services, TheCatalogHoldsWhatClientsLookFor) {
    const auto services = std::move(*Services::start({}));
    ASSERT_TRUE(services->register_endpoint("compute", "nova", "http://127.0.0.1:1/v2.1"));
    const auto login = log_in(*services, person(*services, "owner"));
    for (const char* type : {"identity", "compute", "placement", "image", "key-manager", "network"})
        EXPECT_TRUE(login.endpoints.count(type)) << type;
    EXPECT_EQ(login.endpoints.at("identity"), services->auth_url());
    // Its client adds /v1 itself. spec: nova-vtpm §6.4
    EXPECT_EQ(login.endpoints.at("key-manager"),
              test::origin_of(login.endpoints.at("key-manager")));
}

TEST(Services, ACloudMayBeWithoutAKeyManager) {
    ServicesConfig config;
    config.key_manager_in_catalog = false;
    const auto services = std::move(*Services::start(std::move(config)));
    EXPECT_FALSE(log_in(*services, person(*services, "owner")).endpoints.count("key-manager"));
}

TEST(Services, TokensOfOneAreGoodAtAll) {
    const auto services = std::move(*Services::start({}));
    const auto login = log_in(*services, person(*services, "admin"));
    const std::pair<const char*, const char*> reads[] = {{"placement", "/resource_providers"},
                                                         {"key-manager", "/v1/secrets"},
                                                         {"image", "/v2/images"},
                                                         {"network", "/v2.0/networks"}};
    for (const auto& [type, path] : reads) {
        ApiClient client(test::origin_of(login.endpoints.at(type)));
        EXPECT_EQ(client.get(path).status, 401) << type;
        EXPECT_EQ(client.with("X-Auth-Token", login.token).get(path).status, 200) << type;
    }
}

TEST(Services, WhatIsLeftIsSeenInTheStores) {
    const auto services = std::move(*Services::start({}));
    EXPECT_TRUE(services->leftovers().empty());
    const auto login = log_in(*services, person(*services, "owner"));
    ApiClient barbican(login.endpoints.at("key-manager"));
    barbican.with("X-Auth-Token", login.token);
    const std::string ref = barbican.post("/v1/secrets", passphrase("x")).json()["secret_ref"];
    ASSERT_EQ(services->leftovers().size(), 1u);
    EXPECT_EQ(services->leftovers()[0].store, "barbican");
    EXPECT_EQ(barbican.remove(ref.substr(test::origin_of(ref).size())).status, 204);
    EXPECT_TRUE(services->leftovers().empty());
}

TEST(Services, AStateDirectoryBringsEverythingBackAndHoldsNoSecret) {
    const auto directory =
        std::filesystem::temp_directory_path() / ("vtpmlab-state-" + std::to_string(::getpid()));
    const std::string secret = "a-passphrase-that-must-not-be-found";
    std::string path, token, journal;
    const auto read_payload = [&](const Services& services) {
        const auto login = log_in(services, person(services, "owner"));
        token = login.token;
        ApiClient barbican(login.endpoints.at("key-manager"));
        barbican.with("X-Auth-Token", login.token).with("Accept", "text/plain");
        if (path.empty()) {
            const std::string ref =
                barbican.post("/v1/secrets", passphrase(secret)).json()["secret_ref"];
            path = ref.substr(test::origin_of(ref).size()) + "/payload";
        }
        return barbican.get(path).body;
    };
    std::string passwords;
    for (int run = 0; run < 2; ++run) {
        ServicesConfig config;
        config.state_dir = directory;
        const auto services = std::move(*Services::start(std::move(config)));
        EXPECT_EQ(read_payload(*services), secret) << run;
        journal += services->journal().to_jsonl();
        passwords = person(*services, "owner").password.reveal();
    }
    std::string everything = journal;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
        if (!entry.is_regular_file())
            continue;
        std::ifstream in(entry.path(), std::ios::binary);
        everything.append(std::istreambuf_iterator<char>(in), {});
    }
    for (const auto& hidden : {secret, token, passwords})
        EXPECT_EQ(everything.find(hidden), std::string::npos);
    EXPECT_EQ(std::filesystem::status(directory).permissions() & std::filesystem::perms::all,
              std::filesystem::perms::owner_all);
    std::filesystem::remove_all(directory);
}

TEST(Services, AStateFileOfAnotherVersionIsNamed) {
    const auto directory =
        std::filesystem::temp_directory_path() / ("vtpmlab-version-" + std::to_string(::getpid()));
    const auto start = [&] {
        ServicesConfig config;
        config.state_dir = directory;
        return Services::start(std::move(config));
    };
    ASSERT_TRUE(start());
    // Another digest means other tables: raise the version of that store, in its store.cpp.
    const std::tuple<const char*, int, const char*> stores[] = {
        {"keystone.sqlite", 1, "16833623415711874941"},
        {"placement.sqlite", 1, "16425202349267356996"},
        {"barbican.sqlite", 1, "17815340802753869883"},
        {"glance.sqlite", 1, "3701203167916864331"},
    };
    for (const auto& [name, version, digest] : stores) {
        const auto file = (directory / name).string();
        const auto kept = vtpmlab::test::read_state_file(file);
        EXPECT_EQ(kept.version, version) << name;
        EXPECT_EQ(vtpmlab::test::digest_of(kept.tables), digest) << name;
        vtpmlab::test::set_version(file, version + 1);
        const auto refused = start();
        ASSERT_FALSE(refused) << name;
        EXPECT_EQ(refused.error().message,
                  "the database " + file + " is of version " + std::to_string(version + 1) +
                      "; this vtpmlab knows version " + std::to_string(version));
        EXPECT_EQ(refused.error().hint, "bring the cloud up with the vtpmlab that wrote it, or "
                                        "begin anew in another directory");
        vtpmlab::test::set_version(file, version);
    }
    EXPECT_TRUE(start());
    std::filesystem::remove_all(directory);
}

TEST(Services, TwoCloudsDoNotKnowEachOther) {
    const auto one = std::move(*Services::start({})), two = std::move(*Services::start({}));
    const auto login = log_in(*one, person(*one, "admin"));
    ApiClient foreign(test::origin_of(two->auth_url()));
    EXPECT_EQ(foreign.with("X-Auth-Token", login.token).get("/v3/auth/projects").status, 401);
}

} // namespace
} // namespace vtpmlab::fakes
