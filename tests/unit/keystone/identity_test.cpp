// Users, groups, roles and what hangs on them, as openstackclient makes and shows them.

#include "keystone_fixture.h"

#include <set>
#include <vector>

namespace vtpmlab::fakes::keystone {
namespace {

class IdentityTest : public KeystoneTest {
protected:
    void SetUp() override {
        KeystoneTest::SetUp();
        client_->with("X-Auth-Token", token("admin", "admin"));
    }
    std::string made(const std::string& plural, const std::string& kind, json body) {
        const auto answer = client_->post("/v3/" + plural, {{kind, std::move(body)}});
        EXPECT_EQ(answer.status, 201) << answer.body;
        return answer.json()[kind].value("id", "");
    }
    std::string role(const std::string& name) {
        return client_->get("/v3/roles?name=" + name).json()["roles"][0]["id"];
    }
    std::string message(const test::Answer& answer) {
        return answer.json()["error"].value("message", "");
    }
    int put(const std::string& path) { return client_->send("PUT", path).status; }
    int head(const std::string& path) { return client_->send("HEAD", path).status; }
};

TEST_F(IdentityTest, AGroupsRolesAreItsMembers) {
    const auto group = made("groups", "group", {{"name", "auditors"}});
    const auto eve = made("users", "user", {{"name", "eve"}, {"password", "eve-pw"}});
    const auto member = "/v3/groups/" + group + "/users/" + eve;
    EXPECT_EQ(head(member), 404);
    EXPECT_EQ(put(member), 204);
    EXPECT_EQ(head(member), 204);
    EXPECT_EQ(client_->get("/v3/groups/" + group + "/users").json()["users"][0]["id"], eve);
    EXPECT_EQ(client_->get("/v3/users/" + eve + "/groups").json()["groups"][0]["id"], group);
    const auto grant = "/v3/projects/" + demo_ + "/groups/" + group + "/roles/" + role("audit");
    EXPECT_EQ(put(grant), 204);
    EXPECT_EQ(head(grant), 204);
    EXPECT_NE(token("eve", "demo"), "");
    const auto effective = client_
                               ->get("/v3/role_assignments?effective=True&include_names=True&"
                                     "user.id=" +
                                     eve)
                               .json()["role_assignments"];
    ASSERT_EQ(effective.size(), 1u);
    EXPECT_EQ(effective[0]["role"]["name"], "audit");
    EXPECT_EQ(effective[0]["scope"]["project"]["name"], "demo");
    EXPECT_EQ(client_->get("/v3/role_assignments?group.id=" + group)
                  .json()["role_assignments"][0]["group"]["id"],
              group);
    EXPECT_EQ(client_->remove(member).status, 204);
    EXPECT_EQ(
        client_->post("/v3/auth/tokens", password_auth("eve", "eve-pw", project_scope("demo")))
            .status,
        401);
}

TEST_F(IdentityTest, RolesAreGivenOnDomainsAndTheSystemToo) {
    const auto domain = "/v3/domains/default/users/" + owner_ + "/roles";
    EXPECT_EQ(put(domain + "/" + role("admin")), 204);
    EXPECT_EQ(client_->get(domain).json()["roles"][0]["name"], "admin");
    const auto system = "/v3/system/users/" + owner_ + "/roles";
    EXPECT_EQ(put(system + "/" + role("reader")), 204);
    const auto issue = [&](const json& scope) {
        return client_->post("/v3/auth/tokens", password_auth("owner", "owner-pw", scope));
    };
    EXPECT_EQ(issue({{"domain", {{"id", "default"}}}}).json()["token"]["domain"]["id"], "default");
    const auto reader = issue({{"system", {{"all", true}}}}).header("X-Subject-Token");
    EXPECT_EQ(client_->get("/v3/users", {{"X-Auth-Token", reader}}).status, 200);
    EXPECT_EQ(client_->get("/v3/auth/system", {{"X-Auth-Token", reader}}).json()["system"],
              json::array({json{{"all", true}}}));
    EXPECT_EQ(
        client_->get("/v3/auth/domains", {{"X-Auth-Token", reader}}).json()["domains"][0]["id"],
        "default");
    EXPECT_EQ(
        client_->post("/v3/users", {{"user", {{"name", "x"}}}}, {{"X-Auth-Token", reader}}).status,
        403);
    EXPECT_EQ(client_->get("/v3/role_assignments?scope.system=all&user.id=" + owner_)
                  .json()["role_assignments"]
                  .size(),
              1u);
    EXPECT_EQ(client_->remove(system + "/" + role("reader")).status, 204);
    EXPECT_EQ(message(client_->remove(system + "/" + role("reader"))),
              "Could not find role assignment with role: " + role("reader") +
                  ", user or group: " + owner_ + ", project, domain, or system: system.");
}

TEST_F(IdentityTest, RolesImplyRoles) {
    const auto names = [&](const std::string& user, const std::string& project) {
        std::set<std::string> found;
        const auto answer = client_->post(
            "/v3/auth/tokens", password_auth(user, user + "-pw", project_scope(project)));
        const auto token = answer.json()["token"];
        for (const auto& one : token["roles"])
            found.insert(one["name"].get<std::string>());
        return found;
    };
    EXPECT_EQ(names("admin", "admin"), (std::set<std::string>{"admin", "member", "reader"}));
    EXPECT_EQ(names("owner", "demo"), (std::set<std::string>{"member", "reader"}));
    const auto pair = "/v3/roles/" + role("member") + "/implies/" + role("creator");
    EXPECT_EQ(message(client_->get(pair)),
              role("member") + " does not imply " + role("creator") + ".");
    EXPECT_EQ(client_->send("PUT", pair).status, 201);
    EXPECT_EQ(names("owner", "demo"), (std::set<std::string>{"creator", "member", "reader"}));
    EXPECT_EQ(client_->get("/v3/roles/" + role("member") + "/implies")
                  .json()["role_inference"]["implies"]
                  .size(),
              2u);
    EXPECT_EQ(client_->get("/v3/role_inferences").json()["role_inferences"].size(), 2u);
    EXPECT_EQ(client_->remove(pair).status, 204);
    EXPECT_EQ(names("owner", "demo"), (std::set<std::string>{"member", "reader"}));
}

TEST_F(IdentityTest, WhoIsDisabledOrHasAnotherPasswordStartsAnew) {
    const auto works = [&](const std::string& token) {
        return client_->get("/v3/auth/projects", {{"X-Auth-Token", token}}).status;
    };
    const auto user = "/v3/users/" + owner_;
    const auto patch = [&](const json& change) {
        return client_->send("PATCH", user, json{{"user", change}}.dump()).status;
    };
    auto before = token("owner", "demo");
    EXPECT_EQ(patch({{"description", "no change for tokens"}}), 200);
    EXPECT_EQ(works(before), 200);
    EXPECT_EQ(patch({{"password", "owner-pw"}}), 200);
    EXPECT_EQ(works(before), 401);
    before = token("owner", "demo");
    const json change = {{"user", {{"original_password", "owner-pw"}, {"password", "new-pw"}}}};
    EXPECT_EQ(client_->post(user + "/password", change).status, 204);
    EXPECT_EQ(works(before), 401);
    EXPECT_EQ(client_->post(user + "/password", change).status, 401);
    EXPECT_EQ(patch({{"password", "owner-pw"}}), 200);
    before = token("owner", "demo");
    EXPECT_EQ(patch({{"enabled", false}}), 200);
    EXPECT_EQ(works(before), 401);
    EXPECT_EQ(client_->post("/v3/auth/tokens", password_auth("owner", "owner-pw")).status, 401);
    EXPECT_EQ(patch({{"enabled", true}}), 200);
    EXPECT_EQ(works(token("owner", "demo")), 200);
}

TEST_F(IdentityTest, WhatHangsOnAThingGoesWithIt) {
    const auto service = made("services", "service", {{"type", "dns"}, {"name", "designate"}});
    const auto endpoint = made("endpoints", "endpoint",
                               {{"service_id", service},
                                {"interface", "public"},
                                {"region", "RegionOne"},
                                {"url", "http://127.0.0.1:1"}});
    EXPECT_EQ(client_->get("/v3/endpoints/" + endpoint).json()["endpoint"]["region_id"],
              "RegionOne");
    EXPECT_EQ(client_->get("/v3/endpoints?service_id=" + service).json()["endpoints"].size(), 1u);
    EXPECT_EQ(client_->remove("/v3/services/" + service).status, 204);
    EXPECT_EQ(client_->get("/v3/endpoints/" + endpoint).status, 404);

    const auto domain = made("domains", "domain", {{"name", "acme"}});
    const auto user = made("users", "user", {{"name", "ann"}, {"domain_id", domain}});
    EXPECT_EQ(message(client_->remove("/v3/domains/" + domain)),
              "Cannot delete a domain that is enabled, please disable it first.");
    EXPECT_EQ(
        client_->send("PATCH", "/v3/domains/" + domain, R"({"domain": {"enabled": false}})").status,
        200);
    EXPECT_EQ(client_->remove("/v3/domains/" + domain).status, 204);
    EXPECT_EQ(client_->get("/v3/users/" + user).status, 404);
}

TEST_F(IdentityTest, AProjectIsNeitherDeeperNorFreerThanThoseAboveItAllow) {
    const auto patch = [&](const std::string& id, bool enabled) {
        return client_->send("PATCH", "/v3/projects/" + id,
                             json{{"project", {{"enabled", enabled}}}}.dump());
    };
    std::vector<std::string> branch = {"default"};
    for (const char* name : {"one", "two", "three", "four", "five"})
        branch.push_back(
            made("projects", "project", {{"name", name}, {"parent_id", branch.back()}}));
    const json below = {{"project", {{"name", "six"}, {"parent_id", branch.back()}}}};
    const auto deep = client_->post("/v3/projects", below);
    EXPECT_EQ(deep.status, 403);
    EXPECT_EQ(message(deep), "Max hierarchy depth reached for " + branch.back() + " branch.");

    EXPECT_EQ(message(patch(branch[4], false)), "Cannot disable project " + branch[4] +
                                                    " since its subtree contains enabled "
                                                    "projects.");
    EXPECT_EQ(patch(branch[5], false).status, 200);
    EXPECT_EQ(patch(branch[4], false).status, 200);
    EXPECT_EQ(message(patch(branch[5], true)),
              "Cannot enable project " + branch[5] + " since it has disabled parents");
    const json beside = {{"project", {{"name", "beside"}, {"parent_id", branch[4]}}}};
    EXPECT_EQ(message(client_->post("/v3/projects", beside)),
              "cannot create a project in a branch containing a disabled project: " + branch[4]);
}

TEST_F(IdentityTest, NamesThatAreTakenAndThingsThatAreMissingAreNamed) {
    const auto create = [&](const std::string& plural, const std::string& kind, json body) {
        return client_->post("/v3/" + plural, {{kind, std::move(body)}});
    };
    EXPECT_EQ(message(create("users", "user", {{"name", "owner"}})),
              "Conflict occurred attempting to store user - Duplicate entry found with name owner "
              "at domain ID default.");
    EXPECT_EQ(message(create("roles", "role", {{"name", "member"}})),
              "Conflict occurred attempting to store role - Duplicate entry found with name "
              "member.");
    EXPECT_EQ(message(create("projects", "project", {{"name", "demo"}})).substr(0, 119),
              "Conflict occurred attempting to store project - it is not permitted to have two "
              "projects with either the same name or s");
    EXPECT_EQ(message(create("domains", "domain", {{"name", "Default"}})),
              "Conflict occurred attempting to store project - it is not permitted to have two "
              "projects acting as domains with the same name: Default.");
    EXPECT_EQ(message(create("users", "user", {{"name", "x"}, {"domain_id", "mars"}})),
              "Could not find domain: mars.");
    EXPECT_EQ(create("users", "user", {{"name", 7}}).status, 400);
    EXPECT_EQ(create("users", "user", {{"name", ""}}).status, 400);
    EXPECT_EQ(create("users", "user", {{"name", "x"}, {"enabled", "yes"}}).status, 400);
}

} // namespace
} // namespace vtpmlab::fakes::keystone
