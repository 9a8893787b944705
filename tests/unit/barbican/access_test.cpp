// Who may do what with whose secret: the policy table of the reference, one row a parameter.

#include "barbican/atmosphere_policy.h"
#include "key_manager_fixture.h"

namespace vtpmlab::fakes::barbican {
namespace {

// spec: nova-vtpm §KEY-11
const auto atmosphere_admin = atmosphere_policy({.admin_secret_access = true});
const auto atmosphere_nova = atmosphere_policy({.nova_secret_access = true});

enum class Guard { none, made_private, caller_listed };

constexpr int not_asked = 0;

struct Row {
    const char* id;
    const char* caller;
    Guard guard;
    // Payload and deletion under legacy, new, Atmosphere admin, Atmosphere nova.
    int payload[4];
    int removal[4];
};

std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.id; }

class PolicyTable : public KeyManagerTest, public ::testing::WithParamInterface<Row> {};

// spec: nova-vtpm §11.10 K01 to K09
TEST_P(PolicyTable, GivesAndRefusesAsTheRealOne) {
    const Row& row = GetParam();
    for (int set = 0; set < 4; ++set) {
        SCOPED_TRACE(set);
        start(set == 1 ? PolicyDefaults::new_defaults : PolicyDefaults::legacy,
              set == 2   ? atmosphere_admin
              : set == 3 ? atmosphere_nova
                         : std::map<std::string, std::string>());
        const auto secret = made_by("owner");
        if (row.guard != Guard::none) {
            const json read = row.guard == Guard::made_private
                                  ? json{{"project-access", false}}
                                  : json{{"users", {user_ids_[row.caller]}}};
            ASSERT_EQ(client_->put(secret + "/acl", {{"read", read}}, by("owner")).status, 200);
        }
        if (row.payload[set] == not_asked)
            continue;
        EXPECT_EQ(payload_status(secret, row.caller), row.payload[set]);
        EXPECT_EQ(client_->remove(secret, by(row.caller)).status, row.removal[set]);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, PolicyTable,
    ::testing::Values(
        Row{"K01", "owner", Guard::none, {200, 200, 200, 200}, {204, 204, 204, 204}},
        // In the demo project with role member alone, as is the owner of a secret under new rules.
        Row{"K02", "owner-member", Guard::none, {403, 200, 403, 403}, {403, 204, 403, 403}},
        Row{"K03", "peer", Guard::none, {200, 200, 200, 200}, {204, 204, 204, 204}},
        Row{"K04", "peer", Guard::made_private, {403, 403, 200, 200}, {403, 403, 403, 403}},
        Row{"K05", "admin", Guard::none, {403, 403, 200, 403}, {403, 204, 403, 403}},
        Row{"K06", "nova", Guard::none, {403, 403, 200, 200}, {403, 204, 403, 403}},
        Row{"K07", "service-only", Guard::none, {403, 403, 403, 403}, {403, 403, 403, 403}},
        Row{"K08", "other", Guard::caller_listed, {200, 200, 200, 200}, {403, 403, 403, 403}},
        Row{"K09", "audit", Guard::none, {403, not_asked, 200, 200}, {403, not_asked, 403, 403}}),
    [](const auto& row) { return std::string(row.param.id); });

class AccessTest : public KeyManagerTest {};

// spec: nova-vtpm §KEY-11
TEST_F(AccessTest, BothAtmosphereOptionsTogetherOpenToBoth) {
    EXPECT_TRUE(atmosphere_policy({}).empty());
    start(PolicyDefaults::legacy,
          atmosphere_policy({.nova_secret_access = true, .admin_secret_access = true}));
    const auto secret = made_by("owner");
    EXPECT_EQ(payload_status(secret, "admin"), 200);
    EXPECT_EQ(payload_status(secret, "nova"), 200);
    EXPECT_EQ(payload_status(secret, "other"), 403);
    EXPECT_EQ(payload_status(secret, "service-only"), 403);
    // Metadata is for those who are not only auditors, the payload for all: swapped, as it is
    // there.
    EXPECT_EQ(client_->get(secret, by("audit")).status, 403);
    EXPECT_EQ(payload_status(secret, "audit"), 200);
}

// spec: nova-vtpm §11.10 K01, K02
TEST_F(AccessTest, CreatingNeedsCreatorOrMember) {
    const auto create = [&](const char* who) {
        return client_->post("/v1/secrets", passphrase("x"), by(who)).status;
    };
    EXPECT_EQ(create("owner"), 201);
    EXPECT_EQ(create("admin"), 201);
    EXPECT_EQ(create("owner-member"), 403);
    EXPECT_EQ(create("audit"), 403);
    start(PolicyDefaults::new_defaults);
    EXPECT_EQ(create("owner-member"), 201);
    EXPECT_EQ(create("audit"), 403);
}

// spec: nova-vtpm §11.10 K10
TEST_F(AccessTest, WithoutATokenEverythingIsUnauthorized) {
    const auto secret = made_by("owner");
    for (const auto& path : {secret, secret + "/payload", secret + "/acl",
                             std::string("/v1/secrets"), std::string("/v1/no/such/thing")}) {
        EXPECT_EQ(client_->get(path).status, 401) << path;
        EXPECT_EQ(client_->get(path, {{"X-Auth-Token", "no token"}}).status, 401) << path;
    }
    EXPECT_EQ(client_->remove(secret).status, 401);
    EXPECT_EQ(client_->post("/v1/secrets", passphrase("x")).status, 401);
    EXPECT_EQ(client_->get(secret, by("owner")).status, 200);
}

// spec: nova-vtpm §KEY-2
TEST_F(AccessTest, AnotherProjectsSecretIsForbiddenAndNotMissing) {
    const auto secret = made_by("owner");
    const auto refused = client_->get(secret, by("other"));
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(refused.json(),
              (json{{"code", 403},
                    {"title", "Forbidden"},
                    {"description", "Secret retrieval attempt not allowed - please review your "
                                    "user/project privileges"}}));
    EXPECT_EQ(client_->get("/v1/secrets/" + random_uuid(), by("other")).status, 404);
}

TEST_F(AccessTest, EveryRefusalNamesWhatWasTried) {
    const auto secret = made_by("owner");
    const auto tried = [](const test::Answer& answer) {
        EXPECT_EQ(answer.status, 403);
        const auto text = answer.json().value("description", "");
        const auto end = text.find(" attempt not allowed - please review your user/project "
                                   "privileges");
        EXPECT_NE(end, std::string::npos) << text;
        return text.substr(0, end);
    };
    const auto other = by("other");
    EXPECT_EQ(tried(client_->post("/v1/secrets", passphrase("x"), by("audit"))), "Secret creation");
    EXPECT_EQ(tried(client_->get(secret + "/payload", other)), "Secret payload retrieval");
    EXPECT_EQ(tried(client_->remove(secret, other)), "Secret deletion");
    EXPECT_EQ(tried(client_->get("/v1/secrets", by("audit"))), "Secret(s) retrieval");
    EXPECT_EQ(tried(client_->get(secret + "/acl", other)), "SecretACL(s) retrieval");
    EXPECT_EQ(tried(client_->put(secret + "/acl", json::object(), other)), "SecretACL(s) Update");
    EXPECT_EQ(tried(client_->remove(secret + "/acl", other)), "SecretACL(s) deletion");
    EXPECT_EQ(
        tried(client_->send("PUT", secret, "x", by("other", {{"Content-Type", "text/plain"}}))),
        "Secret update");
}

// spec: nova-vtpm §KEY-4
TEST_F(AccessTest, UnderNewRulesAnAdminSeesTheMetadataButNotThePayload) {
    const auto legacy = made_by("owner");
    EXPECT_EQ(client_->get(legacy, by("admin")).status, 403);
    start(PolicyDefaults::new_defaults);
    const auto secret = made_by("owner");
    EXPECT_EQ(client_->get(secret, by("admin")).status, 200);
    EXPECT_EQ(payload_status(secret, "admin"), 403);
}

TEST_F(AccessTest, AuditSeesTheMetadataButNotThePayload) {
    const auto secret = made_by("owner");
    EXPECT_EQ(client_->get(secret, by("audit")).status, 200);
    EXPECT_EQ(payload_status(secret, "audit"), 403);
    EXPECT_EQ(payload_status(secret, "observer"), 200);
    EXPECT_EQ(client_->remove(secret, by("observer")).status, 403);
}

TEST_F(AccessTest, TheProjectsAdminMayDoEverythingEvenWithAPrivateSecret) {
    const auto secret = made_by("owner");
    ASSERT_EQ(
        client_->put(secret + "/acl", {{"read", {{"project-access", false}}}}, by("owner")).status,
        200);
    EXPECT_EQ(payload_status(secret, "demo-admin"), 200);
    EXPECT_EQ(client_->remove(secret, by("demo-admin")).status, 204);
}

TEST_F(AccessTest, ATokenCountsOnlyAsLongAsItLives) {
    const auto secret = made_by("owner");
    clock_->advance(std::chrono::hours(2));
    EXPECT_EQ(client_->get(secret, by("owner")).status, 401);
}

} // namespace
} // namespace vtpmlab::fakes::barbican
