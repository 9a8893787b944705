// Containers, the consumers of containers and secrets, and the quotas of projects.

#include "key_manager_fixture.h"

namespace vtpmlab::fakes::barbican {
namespace {

class ContainersTest : public KeyManagerTest {
protected:
    std::string ref(const std::string& path) { return barbican_->url() + path; }
    test::Answer create(const json& body, const char* who = "owner") {
        return client_->post("/v1/containers", body, by(who));
    }
    std::string container(const json& body, const char* who = "owner") {
        const auto answer = create(body, who);
        EXPECT_EQ(answer.status, 201) << answer.body;
        const auto reference = answer.json().value("container_ref", "");
        EXPECT_EQ(answer.header("Location"), reference);
        return reference.substr(reference.find("/v1/"));
    }
    test::Answer send(const char* method, const std::string& path, const json& body,
                      const char* who = "owner") {
        return client_->send(method, path, body.dump(), by(who));
    }
};

TEST_F(ContainersTest, OneHoldsSecretsUnderNames) {
    const auto first = made_by("owner"), second = made_by("owner");
    const auto path = container(
        {{"name", "c"},
         {"type", "generic"},
         {"secret_refs", json::array({json{{"name", "one"}, {"secret_ref", ref(first)}}})}});
    const auto seen = client_->get(path, by("owner")).json();
    EXPECT_EQ(seen["container_ref"], ref(path));
    EXPECT_EQ(seen["secret_refs"],
              json::array({json{{"name", "one"}, {"secret_ref", ref(first)}}}));
    EXPECT_EQ(seen["creator_id"], user_ids_["owner"]);
    EXPECT_EQ(seen["consumers"], json::array());

    const json entry = {{"name", "two"}, {"secret_ref", ref(second)}};
    EXPECT_EQ(send("POST", path + "/secrets", entry).status, 201);
    EXPECT_EQ(send("POST", path + "/secrets", entry).json()["description"],
              "Conflict. A secret with that name and ID is already stored in this container. The "
              "same secret can exist in a container as long as the name is unique.");
    EXPECT_EQ(client_->get(path, by("owner")).json()["secret_refs"].size(), 2u);
    EXPECT_EQ(send("DELETE", path + "/secrets", entry).status, 204);
    EXPECT_EQ(send("DELETE", path + "/secrets", entry).json()["description"],
              "Secret provided is not in the container");
    // A secret that goes leaves the containers it was in.
    EXPECT_EQ(client_->remove(first, by("owner")).status, 204);
    EXPECT_EQ(client_->get(path, by("owner")).json()["secret_refs"], json::array());
    EXPECT_EQ(client_->remove(path, by("owner")).status, 204);
    EXPECT_EQ(client_->get(path, by("owner")).json()["description"],
              "Secrets container not found.");
}

TEST_F(ContainersTest, EachTypeHasItsNames) {
    const auto a = ref(made_by("owner")), b = ref(made_by("owner"));
    const auto said = [&](const json& body) {
        const auto answer = create(body);
        EXPECT_EQ(answer.status, 400) << answer.body;
        return answer.json().value("description", "");
    };
    const auto refs = [](std::initializer_list<std::pair<const char*, std::string>> list) {
        auto array = json::array();
        for (const auto& [name, secret] : list)
            array.push_back({{"name", name}, {"secret_ref", secret}});
        return array;
    };
    const std::string start = "Provided object does not match schema 'Container': ";
    const std::string end = ". Invalid property: 'secret_refs'";
    EXPECT_EQ(said({{"type", "rsa"}, {"secret_refs", refs({{"public_key", a}})}}),
              start +
                  "The minimum required reference names are 'public_key' and'private_key' for "
                  "RSA type" +
                  end);
    EXPECT_EQ(said({{"type", "rsa"}, {"secret_refs", refs({{"public_key", a}, {"x", b}})}}),
              start +
                  "only 'private_key', 'public_key' and 'private_key_passphrase' reference "
                  "names are allowed for RSA type" +
                  end);
    EXPECT_EQ(said({{"type", "certificate"}, {"secret_refs", refs({{"private_key", a}})}}),
              start + "The minimum required reference name is 'certificate' for Certificate type" +
                  end);
    EXPECT_EQ(said({{"type", "generic"}, {"secret_refs", refs({{"x", a}, {"x", b}})}}),
              start + "Duplicate reference names are not allowed" + end);
    EXPECT_EQ(said({{"type", "generic"}, {"secret_refs", refs({{"x", a}, {"y", a}})}}),
              start + "Duplicate secret ids are not allowed" + end);
    EXPECT_EQ(said({{"type", "generic"},
                    {"secret_refs", refs({{"x", "http://elsewhere/v1/secrets/1"}})}}),
              "Provided field value is not supported");
    EXPECT_EQ(said({{"name", "c"}}),
              start + "'type' is a required property. Invalid property: 'None'");
    EXPECT_EQ(said({{"type", "box"}}),
              start + "'box' is not one of ['generic', 'rsa', 'certificate']. Invalid property: "
                      "'type'");
    const auto gone = create(
        {{"type", "generic"}, {"secret_refs", refs({{"x", ref("/v1/secrets/" + random_uuid())}})}});
    EXPECT_EQ(gone.status, 404);
    EXPECT_EQ(gone.json()["description"], "Secret provided for 'x' doesn't exist.");
    const auto pair = container(
        {{"type", "rsa"}, {"secret_refs", refs({{"public_key", a}, {"private_key", b}})}});
    EXPECT_EQ(send("POST", pair + "/secrets", {{"secret_ref", a}}).json()["description"],
              "Only 'generic' containers can be modified.");
}

TEST_F(ContainersTest, TheyAreTheProjectsAndObeyTheirRules) {
    const auto path = container({{"name", "mine"}, {"type", "generic"}});
    container({{"name", "yours"}, {"type", "generic"}}, "other");
    EXPECT_EQ(client_->get("/v1/containers", by("owner")).json()["total"], 1);
    EXPECT_EQ(client_->get("/v1/containers?name=yours", by("owner")).json()["total"], 0);
    EXPECT_EQ(client_->get(path, by("other")).status, 403);
    EXPECT_EQ(client_->get(path, by("audit")).status, 200);
    EXPECT_EQ(client_->remove(path, by("peer")).status, 403);
    EXPECT_EQ(create({{"type", "generic"}}, "audit").status, 403);
    EXPECT_EQ(send("PUT", path + "/acl", {{"read", {{"users", {user_ids_["other"]}}}}}).json(),
              (json{{"acl_ref", ref(path) + "/acl"}}));
    EXPECT_EQ(client_->get(path, by("other")).status, 200);
    EXPECT_EQ(client_->get("/v1/containers/x", by("owner")).json()["description"],
              "Not Found. Provided container id is invalid.");
}

TEST_F(ContainersTest, SecretsHaveConsumers) {
    const auto path = made_by("owner");
    const json consumer = {
        {"service", "compute"}, {"resource_type", "instance"}, {"resource_id", "i1"}};
    const auto added = send("POST", path + "/consumers", consumer);
    EXPECT_EQ(added.status, 200) << added.body;
    EXPECT_EQ(added.json()["consumers"], json::array({consumer}));
    EXPECT_EQ(send("POST", path + "/consumers", consumer).json()["consumers"].size(), 1u);
    const auto shown = [&](const char* version) {
        return client_->get(path, by("owner", {{"OpenStack-API-Version", version}})).json();
    };
    EXPECT_EQ(shown("key-manager 1.1")["consumers"], json::array({consumer}));
    EXPECT_FALSE(shown("key-manager 1.0").contains("consumers"));
    const auto all = client_->get(path + "/consumers", by("owner")).json();
    EXPECT_EQ(all["total"], 1);
    EXPECT_EQ(all["consumers"][0]["service"], "compute");
    EXPECT_EQ(all["consumers"][0]["status"], "ACTIVE");
    EXPECT_EQ(send("POST", path + "/consumers", consumer, "other").status, 403);
    EXPECT_EQ(send("POST", path + "/consumers", {{"service", "x"}}).json()["description"],
              "Provided object does not match schema 'Secret Consumer': 'resource_type' is a "
              "required property. Invalid property: 'None'");
    EXPECT_EQ(send("DELETE", path + "/consumers", consumer).json()["consumers"], json::array());
    EXPECT_EQ(send("DELETE", path + "/consumers", consumer).json()["description"],
              "Consumer not found.");
}

TEST_F(ContainersTest, ContainersHaveConsumers) {
    const auto path = container({{"type", "generic"}});
    const json consumer = {{"name", "lb"}, {"URL", "http://lb/1"}};
    EXPECT_EQ(send("POST", path + "/consumers", consumer).json()["consumers"],
              json::array({consumer}));
    EXPECT_EQ(client_->get(path + "/consumers", by("owner")).json()["total"], 1);
    EXPECT_EQ(send("DELETE", path + "/consumers", consumer).status, 200);
    EXPECT_EQ(client_->get(path, by("owner")).json()["consumers"], json::array());
}

TEST_F(ContainersTest, AQuotaEndsWhatAProjectMayMake) {
    person("quota", "demo", {"key-manager:service-admin"});
    const auto demo = keystone_->ensure_project("demo");
    const auto path = "/v1/project-quotas/" + demo;
    EXPECT_EQ(client_->get("/v1/quotas", by("owner")).json(), (json{{"quotas",
                                                                     {{"secrets", -1},
                                                                      {"orders", -1},
                                                                      {"containers", -1},
                                                                      {"consumers", -1},
                                                                      {"cas", -1}}}}));
    EXPECT_EQ(client_->get(path, by("quota")).json()["description"], "Project quotas not found.");
    EXPECT_EQ(send("PUT", path, json::object(), "owner").status, 403);
    EXPECT_EQ(send("PUT", path, {{"project_quotas", {{"secrets", 1}, {"containers", 0}}}}, "quota")
                  .status,
              204);
    EXPECT_EQ(client_->get(path, by("quota")).json()["project_quotas"]["secrets"], 1);
    EXPECT_TRUE(client_->get(path, by("quota")).json()["project_quotas"]["orders"].is_null());
    EXPECT_EQ(client_->get("/v1/quotas", by("owner")).json()["quotas"]["containers"], 0);
    const auto secret = made_by("owner");
    const auto refused = client_->post("/v1/secrets", passphrase("x"), by("peer"));
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(refused.json()["description"], "Secret creation issue seen - Creation not allowed "
                                             "because a quota has been reached.");
    EXPECT_EQ(create({{"type", "generic"}}).json()["description"],
              "Container creation issue seen - Creation not allowed because a quota has been "
              "reached.");
    made_by("other"); // another project's
    EXPECT_EQ(client_->remove(secret, by("owner")).status, 204);
    made_by("owner");
    EXPECT_EQ(client_->get("/v1/project-quotas", by("quota")).json()["total"], 1);
    EXPECT_EQ(send("PUT", path, {{"project_quotas", {{"spells", 1}}}}, "quota").status, 400);
    EXPECT_EQ(client_->remove(path, by("quota")).status, 204);
    EXPECT_EQ(client_->remove(path, by("quota")).status, 404);
    made_by("owner");
}

TEST_F(ContainersTest, UsersWriteMetadataBesideASecret) {
    const auto path = made_by("owner");
    const auto metadata = path + "/metadata";
    EXPECT_EQ(client_->get(metadata, by("owner")).json(), (json{{"metadata", json::object()}}));
    const auto all = send("PUT", metadata, {{"metadata", {{"Colour", "red"}, {"size", "l"}}}});
    EXPECT_EQ(all.status, 201);
    EXPECT_EQ(all.json(), (json{{"metadata_ref", ref(metadata)}}));
    EXPECT_EQ(client_->get(metadata, by("owner")).json()["metadata"],
              (json{{"colour", "red"}, {"size", "l"}}));
    const auto added = send("POST", metadata, {{"key", "shape"}, {"value", "round"}});
    EXPECT_EQ(added.status, 201);
    EXPECT_EQ(added.header("Location"), ref(metadata) + "/shape");
    EXPECT_EQ(send("POST", metadata, {{"key", "shape"}, {"value", "x"}}).json()["description"],
              "Conflict. Key in request is already in the secret metadata");
    EXPECT_EQ(send("PUT", metadata + "/shape", {{"key", "shape"}, {"value", "flat"}}).status, 200);
    EXPECT_EQ(client_->get(metadata + "/shape", by("owner")).json(),
              (json{{"key", "shape"}, {"value", "flat"}}));
    EXPECT_EQ(send("PUT", metadata + "/shape", {{"key", "x"}, {"value", "y"}}).status, 409);
    EXPECT_EQ(send("PUT", metadata + "/none", {{"key", "none"}, {"value", "y"}}).status, 404);
    EXPECT_EQ(send("PUT", metadata, {{"metadata", {{"a b", "c"}}}}).json()["description"],
              "Invalid Key. Key must be URL safe.");
    EXPECT_EQ(send("PUT", metadata, {{"metadata", {{"a", 1}}}}).json()["description"],
              "Invalid Metadata. Keys and Values must be Strings.");
    EXPECT_EQ(client_->remove(metadata + "/shape", by("owner")).status, 204);
    EXPECT_EQ(client_->get(metadata + "/shape", by("owner")).json()["description"],
              "Secret metadata not found.");
    EXPECT_EQ(client_->get(metadata, by("other")).status, 403);
    EXPECT_EQ(send("POST", metadata, {{"key", "k"}, {"value", "v"}}, "audit").status, 403);
}

} // namespace
} // namespace vtpmlab::fakes::barbican
