// Who may not, at every route of every service: without a token, with a forged one, with the token
// of another project or of a member.

#include "bad_input_fixture.h"

#include <vtpmlab/encoding.h>

namespace vtpmlab::fakes::test {
namespace {

TEST_F(BadInput, WithoutAGoodTokenEveryRouteIs401) {
    const std::string forged[] = {"",
                                  "forged",
                                  admin_.token.substr(1),
                                  admin_.token + "x",
                                  "' OR 1=1 --",
                                  "\xc3\x28\xff",
                                  std::string(4000, 'g')};
    for (const auto& route : every_route()) {
        if (route.is_open())
            continue;
        for (const auto& token : forged) {
            const auto answer =
                client(route.service, token).send(route.method, route.filled(random_uuid()));
            EXPECT_EQ(answer.status, 401)
                << route.name() << " with '" << token.substr(0, 20) << "'";
            EXPECT_NE(answer.header("X-Openstack-Request-Id"), "") << route.name();
        }
    }
}

// A service that speaks for a user must be one: its forged token spoils the user's good one.
TEST_F(BadInput, WithAForgedServiceTokenEveryRouteIs401) {
    for (const auto& route : every_route())
        if (!route.is_open() && route.service != "keystone") { // which has no such middleware
            const auto answer = client(route.service, admin_.token)
                                    .send(route.method, route.filled(random_uuid()), "",
                                          {{"X-Service-Token", admin_.token.substr(1)}});
            EXPECT_EQ(answer.status, 401) << route.name();
        }
}

TEST_F(BadInput, PlacementIsNobodysButAdministratorsAndServices) {
    for (const auto& route : every_route())
        if (route.service == "placement" && !route.is_open() && route.method != "HEAD") {
            const auto answer =
                client("placement", owner_.token)
                    .send(route.method, route.filled(random_uuid()), route.writes() ? "{}" : "",
                          {{"Content-Type", "application/json"}});
            EXPECT_EQ(answer.status, 403) << route.name();
            expect_refusal(route, answer, "a member's token");
        }
}

TEST_F(BadInput, OpenRoutesAreAnsweredToAnybody) {
    for (const auto& route : every_route())
        if (route.is_open() && !route.writes()) {
            // 405: what Placement itself answers to HEAD /.
            const int status =
                client(route.service, "").send(route.method, route.filled("v2")).status;
            EXPECT_TRUE(status < 401 || status == 405) << route.name() << ": " << status;
        }
}

// Things of the owner's: where they are in the table, and what is there.
struct Foreign {
    const char* service;
    const char* prefix;
    std::string id;
};

TEST_F(BadInput, WhatBelongsToAnotherProjectIsOutOfReach) {
    auto barbican = client("barbican", owner_.token);
    auto glance = client("glance", owner_.token);
    auto keystone = client("keystone", owner_.token);
    const auto last_part = [](const std::string& reference) {
        return reference.substr(reference.rfind('/') + 1);
    };
    const std::string secret = last_part(
        barbican
            .post("/v1/secrets",
                  {{"name", "mine"}, {"payload", "s3cret"}, {"payload_content_type", "text/plain"}})
            .json()["secret_ref"]);
    const std::string container =
        last_part(barbican.post("/v1/containers", {{"name", "mine"}, {"type", "generic"}})
                      .json()["container_ref"]);
    const std::string order = last_part(
        barbican
            .post("/v1/orders",
                  {{"type", "key"},
                   {"meta", {{"name", "mine"}, {"algorithm", "aes"}, {"bit_length", 128}}}})
            .json()["order_ref"]);
    const std::string image =
        glance.post("/v2/images", {{"name", "mine"}, {"visibility", "private"}}).json()["id"];
    const std::string user = owner_.body["user"]["id"];
    keystone.post("/v3/users/" + user + "/application_credentials",
                  {{"application_credential", {{"name", "mine"}}}});
    const Foreign things[] = {{"barbican", "/v1/secrets/{", secret},
                              {"barbican", "/v1/containers/{", container},
                              {"barbican", "/v1/orders/{", order},
                              {"glance", "/v2/images/{", image},
                              {"keystone", "/v3/users/{", user}};
    std::size_t tried = 0;
    for (const auto& route : every_route())
        for (const auto& thing : things) {
            if (route.service != thing.service || route.path.rfind(thing.prefix, 0) != 0 ||
                route.is_open())
                continue;
            ++tried;
            auto foreign = client(route.service, other_.token);
            foreign.with("Accept",
                         route.path.ends_with("/payload") ? "text/plain" : "application/json");
            std::string path = route.filled("x");
            path.replace(path.find("/x") + 1, 1, thing.id);
            const std::string type = route.service == "glance" && route.method == "PATCH"
                                         ? "application/openstack-images-v2.1-json-patch"
                                     : route.path.ends_with("/file") ? "application/octet-stream"
                                                                     : "application/json";
            const auto answer =
                foreign.send(route.method, path,
                             route.method == "PATCH" && route.service == "glance" ? "[]"
                             : route.writes()                                     ? "{}"
                                                                                  : "",
                             {{"Content-Type", type}});
            expect_refusal(route, answer, "another project's token");
            // Glance refuses HEAD to everybody alike.
            EXPECT_TRUE(answer.status == 403 || answer.status == 404 || answer.status == 400 ||
                        answer.status == 415 || (route.method == "HEAD" && answer.status == 405))
                << route.name() << " → " << answer.status;
            EXPECT_EQ(answer.body.find("s3cret"), std::string::npos);
            EXPECT_EQ(answer.body.find("mine"), std::string::npos);
        }
    EXPECT_GT(tried, 40u);
    EXPECT_EQ(barbican.get("/v1/orders/" + order).status, 200);
    EXPECT_EQ(glance.get("/v2/images/" + image).json()["name"], "mine");
    for (const auto& path : {"/v1/secrets/" + secret, "/v1/containers/" + container})
        EXPECT_EQ(barbican.remove(path).status, 204);
    EXPECT_EQ(glance.remove("/v2/images/" + image).status, 204);
}

} // namespace
} // namespace vtpmlab::fakes::test
