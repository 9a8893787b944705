// Read ACLs: their default, changing them, and what they open and close.

#include "key_manager_fixture.h"

namespace vtpmlab::fakes::barbican {
namespace {

class AclTest : public KeyManagerTest {
protected:
    void SetUp() override {
        KeyManagerTest::SetUp();
        secret_ = made_by("owner");
    }
    test::Answer change(const char* method, const json& body, const char* who = "owner") {
        return client_->send(method, secret_ + "/acl", body.dump(), by(who));
    }
    json read_rule() { return client_->get(secret_ + "/acl", by("owner")).json()["read"]; }

    std::string secret_;
};

TEST_F(AclTest, WithoutOneTheProjectHasAccess) {
    EXPECT_EQ(read_rule(), (json{{"project-access", true}}));
    const auto put = change("PUT", {{"read", {{"users", {"u1"}}}}});
    EXPECT_EQ(put.status, 200);
    EXPECT_EQ(put.json(), (json{{"acl_ref", barbican_->url() + secret_ + "/acl"}}));
    EXPECT_EQ(client_->remove(secret_ + "/acl", by("owner")).status, 200);
    EXPECT_EQ(read_rule(), (json{{"project-access", true}}));
    EXPECT_EQ(client_->remove(secret_ + "/acl", by("owner")).status, 200);
}

TEST_F(AclTest, PutReplacesAndPatchAmends) {
    change("PUT", {{"read", {{"users", {"u1", "u2"}}, {"project-access", false}}}});
    const auto first = read_rule();
    clock_->advance(std::chrono::seconds(1));
    change("PATCH", {{"read", {{"users", {"u3"}}}}});
    auto now = read_rule();
    EXPECT_EQ(now["users"], json({"u3"}));
    EXPECT_EQ(now["project-access"], false);
    EXPECT_EQ(now["created"], first["created"]);
    EXPECT_NE(now["updated"], first["updated"]);
    change("PATCH", {{"read", {{"project-access", true}}}});
    EXPECT_EQ(read_rule()["users"], json({"u3"}));
    change("PATCH", json::object());
    EXPECT_EQ(read_rule()["users"], json({"u3"}));
    change("PUT", {{"read", {{"project-access", false}}}});
    EXPECT_EQ(read_rule()["users"], json::array());
    change("PUT", json::object());
    EXPECT_EQ(read_rule(), (json{{"project-access", true}}));
}

// spec: nova-vtpm §KEY-5
TEST_F(AclTest, AListedUserReadsAcrossProjectsAndNeverDeletes) {
    EXPECT_EQ(payload_status(secret_, "other"), 403);
    change("PUT", {{"read", {{"users", {user_ids_["other"]}}}}});
    EXPECT_EQ(client_->get(secret_, by("other")).status, 200);
    EXPECT_EQ(payload_status(secret_, "other"), 200);
    EXPECT_EQ(client_->remove(secret_, by("other")).status, 403);
    EXPECT_EQ(client_->get(secret_ + "/acl", by("other")).status, 403);
    EXPECT_EQ(payload_status(secret_, "peer"), 200);
}

TEST_F(AclTest, APrivateSecretIsItsCreatorsAndTheListedOnes) {
    change("PUT", {{"read", {{"project-access", false}, {"users", {user_ids_["audit"]}}}}});
    EXPECT_EQ(payload_status(secret_, "peer"), 403);
    EXPECT_EQ(client_->get(secret_, by("peer")).status, 403);
    EXPECT_EQ(payload_status(secret_, "audit"), 200);
    EXPECT_EQ(payload_status(secret_, "owner"), 200);
    EXPECT_EQ(client_->remove(secret_, by("peer")).status, 403);
    EXPECT_EQ(client_->remove(secret_, by("owner")).status, 204);
}

// spec: nova-vtpm §KEY-4
TEST_F(AclTest, WhoMayChangeItDependsOnTheRules) {
    // Barbican does not tell these rules whether the secret is private, so to them it is not.
    EXPECT_EQ(change("PUT", json::object(), "peer").status, 200);
    EXPECT_EQ(change("PUT", json::object(), "audit").status, 403);
    EXPECT_EQ(change("PUT", json::object(), "other").status, 403);
    EXPECT_EQ(change("PUT", json::object(), "demo-admin").status, 200);
    EXPECT_EQ(client_->get(secret_ + "/acl", by("peer")).status, 200);
    EXPECT_EQ(client_->get(secret_ + "/acl", by("owner-member")).status, 403);
    start(PolicyDefaults::new_defaults);
    secret_ = made_by("owner");
    EXPECT_EQ(change("PUT", json::object(), "owner-member").status, 403);
    EXPECT_EQ(change("PUT", json::object(), "owner").status, 200);
    EXPECT_EQ(change("PUT", json::object(), "admin").status, 403);
    change("PUT", {{"read", {{"project-access", false}}}});
    EXPECT_EQ(change("PUT", json::object(), "owner-member").status, 403);
    EXPECT_EQ(change("PATCH", json::object(), "owner").status, 200);
}

TEST_F(AclTest, ItGoesWithItsSecret) {
    change("PUT", {{"read", {{"users", {user_ids_["other"]}}}}});
    EXPECT_EQ(client_->get("/v1/secrets?acl_only=true", by("other")).json()["total"], 1);
    EXPECT_EQ(client_->remove(secret_, by("owner")).status, 204);
    EXPECT_EQ(client_->get(secret_ + "/acl", by("owner")).status, 404);
    EXPECT_EQ(client_->get("/v1/secrets?acl_only=true", by("other")).json()["total"], 0);
}

TEST_F(AclTest, WrongBodiesAreSaidToBeWrong) {
    for (const char* body :
         {R"({"write": {}})", R"({"read": []})", R"({"read": {"users": "u1"}})",
          R"({"read": {"users": [1]}})", R"({"read": {"project-access": "yes"}})",
          R"({"read": {"reader": true}})", R"([])", R"("read")", R"({)", "null"}) {
        const auto answer = client_->send("PUT", secret_ + "/acl", body, by("owner"));
        EXPECT_EQ(answer.status, 400) << body;
        EXPECT_TRUE(answer.json()["description"].is_string());
    }
    EXPECT_EQ(change("PUT", {{"read", {{"project-access", 1}}}}).json()["description"],
              "Provided object does not match schema 'ACL': 1 is not of type 'boolean'. Invalid "
              "property: 'read'");
    EXPECT_EQ(client_->send("PUT", secret_ + "/acl", R"({"write": {}})", by("owner"))
                  .json()["description"],
              "Provided object does not match schema 'ACL': Additional properties are not allowed "
              "('write' was unexpected). Invalid property: 'None'");
    EXPECT_EQ(
        client_->send("PUT", secret_ + "/acl", "{}", by("owner", {{"Content-Type", "text/plain"}}))
            .status,
        415);
    EXPECT_EQ(read_rule(), (json{{"project-access", true}}));
}

} // namespace
} // namespace vtpmlab::fakes::barbican
