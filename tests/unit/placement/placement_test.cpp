// Placement over HTTP: what a Nova does with it, version by version, and what nobody should.

#include "placement/placement.h"
#include "support/api_client.h"
#include "support/fake_tokens.h"

#include <vtpmlab/encoding.h>

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace vtpmlab::fakes::placement {
namespace {

using nlohmann::json;

const std::string rp1 = "11111111-1111-4111-8111-111111111111";
const std::string rp2 = "22222222-2222-4222-8222-222222222222";
const std::string server1 = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";
const std::string server2 = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb";
const std::string move1 = "cccccccc-cccc-4ccc-8ccc-cccccccccccc";

class PlacementTest : public ::testing::Test {
protected:
    void SetUp() override { start({}); }

    void start(PlacementConfig config) {
        placement_.reset();
        config.validator = std::make_shared<test::FakeTokens>();
        placement_ = std::move(*Placement::start(std::move(config)));
        client_ = std::make_unique<test::ApiClient>(placement_->url());
        client_->with("X-Auth-Token", test::fake_token("nova", "service", "admin+service"));
        version("1.39");
    }
    test::ApiClient& version(const std::string& text) {
        return client_->with("OpenStack-API-Version", "placement " + text);
    }
    // As nova-compute does when it starts.
    void host(const std::string& uuid, const std::string& name,
              const json& traits = json::array()) {
        ASSERT_EQ(client_->post("/resource_providers", {{"uuid", uuid}, {"name", name}}).status,
                  200);
        const auto inventories =
            client_->put("/resource_providers/" + uuid + "/inventories",
                         {{"resource_provider_generation", 0},
                          {"inventories",
                           {{"VCPU", {{"total", 8}, {"allocation_ratio", 4.0}}},
                            {"MEMORY_MB", {{"total", 8192}, {"reserved", 512}}},
                            {"DISK_GB", {{"total", 100}}}}}});
        ASSERT_EQ(inventories.status, 200) << inventories.body;
        ASSERT_EQ(client_
                      ->put("/resource_providers/" + uuid + "/traits",
                            {{"resource_provider_generation", 1}, {"traits", traits}})
                      .status,
                  200);
    }
    json allocation(const std::string& provider, int vcpus, const json& generation = nullptr) {
        return {
            {"allocations", {{provider, {{"resources", {{"VCPU", vcpus}, {"MEMORY_MB", 64}}}}}}},
            {"project_id", "p"},
            {"user_id", "u"},
            {"consumer_generation", generation},
            {"consumer_type", "INSTANCE"}};
    }
    std::string detail(const test::Answer& answer) { return answer.json()["errors"][0]["detail"]; }

    std::unique_ptr<Placement> placement_;
    std::unique_ptr<test::ApiClient> client_;
};

TEST_F(PlacementTest, ANovaFindsAHostByItsTraitsAndTakesIt) {
    host(rp1, "compute-1", {"COMPUTE_SECURITY_TPM_2_0", "COMPUTE_SECURITY_TPM_CRB"});
    host(rp2, "compute-2", {"COMPUTE_SECURITY_TPM_2_0", "COMPUTE_STATUS_DISABLED"});
    version("1.36");
    const auto candidates = client_->get(
        "/allocation_candidates?limit=1000&required=COMPUTE_SECURITY_TPM_2_0"
        "&resources=DISK_GB:1,MEMORY_MB:64,VCPU:1&root_required=%21COMPUTE_STATUS_DISABLED");
    ASSERT_EQ(candidates.status, 200) << candidates.body;
    const auto body = candidates.json();
    ASSERT_EQ(body["allocation_requests"].size(), 1u);
    EXPECT_EQ(body["allocation_requests"][0]["mappings"], json({{"", {rp1}}}));
    EXPECT_EQ(body["provider_summaries"][rp1]["resources"]["VCPU"],
              json({{"capacity", 32}, {"used", 0}}));

    json request = {{"allocations", body["allocation_requests"][0]["allocations"]},
                    {"mappings", body["allocation_requests"][0]["mappings"]},
                    {"project_id", "p"},
                    {"user_id", "u"},
                    {"consumer_generation", nullptr}};
    EXPECT_EQ(client_->put("/allocations/" + server1, request).status, 204);
    EXPECT_EQ(placement_->allocations().size(), 1u);
    EXPECT_EQ(placement_->allocations()[0].provider_name, "compute-1");
    const auto shown = version("1.28").get("/allocations/" + server1).json();
    EXPECT_EQ(shown["consumer_generation"], 1);
    EXPECT_EQ(shown["allocations"][rp1]["resources"]["DISK_GB"], 1);
    EXPECT_EQ(client_->remove("/allocations/" + server1).status, 204);
    EXPECT_TRUE(placement_->allocations().empty());
}

TEST_F(PlacementTest, TheBodyOfACreatedProviderBeginsWith120) {
    version("1.19");
    const auto old = client_->post("/resource_providers", {{"uuid", rp1}, {"name", "a"}});
    EXPECT_EQ(old.status, 201);
    EXPECT_EQ(old.body, "");
    EXPECT_EQ(old.header("Location"), placement_->url() + "/resource_providers/" + rp1);
    version("1.20");
    EXPECT_EQ(client_->post("/resource_providers", {{"uuid", rp2}, {"name", "b"}}).json()["uuid"],
              rp2);
}

TEST_F(PlacementTest, RoutesBeginWithTheirVersions) {
    host(rp1, "a");
    const auto status = [&](const std::string& v, const std::string& path) {
        return version(v).get(path).status;
    };
    const std::string of = "/resource_providers/" + rp1;
    EXPECT_EQ(status("1.0", of + "/aggregates"), 404);
    EXPECT_EQ(status("1.1", of + "/aggregates"), 200);
    EXPECT_EQ(status("1.5", "/traits"), 404);
    EXPECT_EQ(status("1.6", "/traits"), 200);
    EXPECT_EQ(status("1.9", "/allocation_candidates?resources=VCPU:1"), 404);
    EXPECT_EQ(status("1.10", "/allocation_candidates?resources=VCPU:1"), 200);
    EXPECT_EQ(status("1.16", "/allocation_candidates?resources=VCPU:1&required=HW_CPU_X86_AVX"),
              400);
    EXPECT_EQ(status("1.17", "/allocation_candidates?resources=VCPU:1&required=HW_CPU_X86_AVX"),
              200);
    EXPECT_EQ(
        status("1.34", "/allocation_candidates?resources=VCPU:1&root_required=HW_CPU_X86_AVX"),
        400);
    EXPECT_EQ(status("1.13", "/resource_providers?in_tree=" + rp1), 400);
    EXPECT_EQ(status("1.14", "/resource_providers?in_tree=" + rp1), 200);
}

TEST_F(PlacementTest, ErrorCodesBeginWith123) {
    EXPECT_FALSE(
        version("1.22").get("/resource_providers/" + rp1).json()["errors"][0].contains("code"));
    EXPECT_EQ(version("1.23").get("/resource_providers/" + rp1).json()["errors"][0]["code"],
              "placement.undefined_code");
}

TEST_F(PlacementTest, AStaleGenerationIsAConflict) {
    host(rp1, "a");
    const auto stale =
        client_->put("/resource_providers/" + rp1 + "/inventories",
                     {{"resource_provider_generation", 7}, {"inventories", json::object()}});
    EXPECT_EQ(stale.status, 409);
    EXPECT_EQ(stale.json()["errors"][0]["code"], "placement.concurrent_update");
    EXPECT_EQ(client_->put("/allocations/" + server1, allocation(rp1, 1)).status, 204);
    const auto conflict = client_->put("/allocations/" + server1, allocation(rp1, 1));
    EXPECT_EQ(conflict.status, 409);
    EXPECT_EQ(detail(conflict),
              "There was a conflict when trying to complete your request.\n\n consumer "
              "generation conflict - expected 1 but got None  ");
    EXPECT_EQ(conflict.json()["errors"][0]["code"], "placement.concurrent_update");
}

TEST_F(PlacementTest, AMigrationSwapsConsumersInOneStep) {
    host(rp1, "a");
    host(rp2, "b");
    ASSERT_EQ(client_->put("/allocations/" + server1, allocation(rp1, 32)).status, 204);
    // The server's allocation goes to the migration, and the server takes the other host.
    json swap = {{server1, allocation(rp2, 32, 1)}, {move1, allocation(rp1, 32)}};
    const auto swapped = client_->post("/allocations", swap);
    EXPECT_EQ(swapped.status, 204) << swapped.body;
    // A batch that does not fit as a whole changes nothing.
    json too_much = {{server1, allocation(rp1, 32, 2)}, {server2, allocation(rp2, 1)}};
    EXPECT_EQ(client_->post("/allocations", too_much).status, 409);
    EXPECT_EQ(client_->get("/allocations/" + server1).json()["allocations"].begin().key(), rp2);
    EXPECT_EQ(placement_->allocations().size(), 2u);
}

TEST_F(PlacementTest, EmptyAllocationsTakeTheConsumerOut) {
    host(rp1, "a");
    ASSERT_EQ(client_->put("/allocations/" + server1, allocation(rp1, 1)).status, 204);
    json empty = allocation(rp1, 1, 1);
    empty["allocations"] = json::object();
    EXPECT_EQ(client_->put("/allocations/" + server1, empty).status, 204);
    EXPECT_EQ(client_->get("/allocations/" + server1).json(),
              json({{"allocations", json::object()}}));
}

TEST_F(PlacementTest, InventoryInUseStays) {
    host(rp1, "a", {"HW_CPU_X86_AVX"});
    ASSERT_EQ(client_->put("/allocations/" + server1, allocation(rp1, 1)).status, 204);
    const auto refused = client_->put(
        "/resource_providers/" + rp1 + "/inventories",
        {{"resource_provider_generation", 2 + 1}, {"inventories", {{"DISK_GB", {{"total", 10}}}}}});
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(refused.json()["errors"][0]["code"], "placement.inventory.inuse");
    EXPECT_EQ(client_->remove("/resource_providers/" + rp1).status, 409);
}

TEST_F(PlacementTest, OnlyAdministratorsAndServicesAreServed) {
    host(rp1, "a");
    const auto status = [&](const std::string& roles, const std::string& path) {
        client_->with("X-Auth-Token", test::fake_token("ann", "demo", roles));
        return client_->get(path).status;
    };
    EXPECT_EQ(status("service", "/resource_providers"), 200);
    EXPECT_EQ(status("member+reader", "/resource_providers"), 403);
    EXPECT_EQ(detail(client_->get("/resource_providers/" + rp1 + "/traits")),
              "Access was denied to this resource.\n\n Policy does not allow "
              "placement:resource_providers:traits:list to be performed.  ");
    EXPECT_EQ(client_->remove("/resource_providers/" + rp1).status, 403);
    // What a project uses its own readers may see.
    EXPECT_EQ(status("reader", "/usages?project_id=demo"), 200);
    EXPECT_EQ(status("reader", "/usages?project_id=other"), 403);
    EXPECT_EQ(status("member", "/usages?project_id=demo"), 403);
}

TEST_F(PlacementTest, UsagesAreCountedByTypeOfConsumer) {
    host(rp1, "a");
    ASSERT_EQ(client_->put("/allocations/" + server1, allocation(rp1, 2)).status, 204);
    ASSERT_EQ(client_->put("/allocations/" + server2, allocation(rp1, 3)).status, 204);
    json move = allocation(rp1, 1);
    move["consumer_type"] = "MIGRATION";
    ASSERT_EQ(client_->put("/allocations/" + move1, move).status, 204);
    const auto usages = [&](const std::string& more) {
        return client_->get("/usages?project_id=p" + more).json()["usages"];
    };
    const json servers = {{"consumer_count", 2}, {"VCPU", 5}, {"MEMORY_MB", 128}};
    const json moves = {{"consumer_count", 1}, {"VCPU", 1}, {"MEMORY_MB", 64}};
    EXPECT_EQ(usages(""), json({{"INSTANCE", servers}, {"MIGRATION", moves}}));
    EXPECT_EQ(usages("&consumer_type=MIGRATION"), json({{"MIGRATION", moves}}));
    EXPECT_EQ(usages("&consumer_type=all"),
              json({{"all", {{"consumer_count", 3}, {"VCPU", 6}, {"MEMORY_MB", 192}}}}));
    EXPECT_EQ(usages("&consumer_type=unknown"), json::object());
    version("1.37");
    EXPECT_EQ(usages(""), json({{"VCPU", 6}, {"MEMORY_MB", 192}}));
}

TEST_F(PlacementTest, AnOldOsTraitsDoesNotKnowNewTraits) {
    PlacementConfig config;
    config.os_traits_release = "3.2.0";
    start(std::move(config));
    const std::string user = "COMPUTE_SECURITY_TPM_SECRET_SECURITY_USER";
    EXPECT_EQ(client_->get("/traits/" + user).status, 404);
    EXPECT_EQ(client_->get("/traits/COMPUTE_SECURITY_TPM_CRB").status, 204);
    EXPECT_EQ(client_->send("PUT", "/traits/" + user).status, 400);
    EXPECT_EQ(
        detail(client_->get("/allocation_candidates?resources=VCPU:1&root_required=" + user)),
        "The server could not comply with the request since it is either malformed or otherwise "
        "incorrect.\n\n No such trait(s): COMPUTE_SECURITY_TPM_SECRET_SECURITY_USER.  ");
}

TEST_F(PlacementTest, TreesAreMovedAndKept) {
    host(rp1, "a");
    EXPECT_EQ(client_
                  ->post("/resource_providers",
                         {{"uuid", rp2}, {"name", "b"}, {"parent_provider_uuid", rp1}})
                  .json()["root_provider_uuid"],
              rp1);
    EXPECT_EQ(
        client_->get("/resource_providers?in_tree=" + rp2).json()["resource_providers"].size(), 2u);
    const auto loop =
        client_->put("/resource_providers/" + rp1, {{"name", "a"}, {"parent_provider_uuid", rp2}});
    EXPECT_EQ(loop.status, 400);
    const auto refused = client_->remove("/resource_providers/" + rp1);
    EXPECT_EQ(refused.json()["errors"][0]["code"],
              "placement.resource_provider.cannot_delete_parent");
    EXPECT_EQ(client_->remove("/resource_providers/" + rp2).status, 204);
    EXPECT_EQ(client_->remove("/resource_providers/" + rp1).status, 204);
}

TEST_F(PlacementTest, EverythingIsThereAgainAfterARestart) {
    const auto directory = std::filesystem::temp_directory_path() /
                           ("vtpmlab-placement-" + std::to_string(::getpid()));
    std::filesystem::create_directory(directory);
    PlacementConfig config;
    config.database = directory / "placement.sqlite";
    start(config);
    host(rp1, "a", {"COMPUTE_SECURITY_TPM_2_0"});
    ASSERT_EQ(client_
                  ->post("/resource_providers",
                         {{"uuid", rp2}, {"name", "b"}, {"parent_provider_uuid", rp1}})
                  .status,
              200);
    ASSERT_EQ(client_->send("PUT", "/traits/CUSTOM_GOLD").status, 201);
    ASSERT_EQ(client_->put("/allocations/" + server1, allocation(rp1, 3)).status, 204);
    const auto before = [&] {
        return client_->get("/resource_providers").body +
               client_->get("/allocations/" + server1).body +
               client_->get("/resource_providers/" + rp1 + "/usages").body +
               client_->get("/resource_providers/" + rp1 + "/inventories").body +
               client_->get("/resource_providers/" + rp1 + "/traits").body +
               client_->get("/traits").body;
    };
    const auto expected = before();
    start(config);
    EXPECT_EQ(before(), expected);
    placement_.reset();
    std::filesystem::remove_all(directory);
}

TEST_F(PlacementTest, HostileRequestsAreRefusedAndChangeNothing) {
    host(rp1, "a", {"HW_CPU_X86_AVX"});
    struct Case {
        const char* method;
        std::string path;
        std::string body;
    };
    const std::string of = "/resource_providers/" + rp1;
    for (
        const Case& c : std::vector<Case>{
            {"POST", "/resource_providers", "{"},
            {"POST", "/resource_providers", "[]"},
            {"POST", "/resource_providers", R"({"name": 1})"},
            {"POST", "/resource_providers", R"({"name": "x", "uuid": "no"})"},
            {"POST", "/resource_providers",
             R"({"name": "x", "parent_provider_uuid": ")" + rp2 + "\"}"},
            {"POST", "/resource_providers", R"({"name": ")" + std::string(201, 'x') + "\"}"},
            {"PUT", of + "/inventories", R"({"resource_provider_generation": 2})"},
            {"PUT", of + "/inventories",
             R"({"resource_provider_generation": 2, "inventories": {"VCPU": {"total": -1}}})"},
            {"PUT", of + "/inventories",
             R"({"resource_provider_generation": 2, "inventories": {"VCPU": {"total": "8"}}})"},
            {"PUT", of + "/inventories",
             R"({"resource_provider_generation": 2, "inventories": {"VCPU": {"total": 1, "reserved": 2}}})"},
            {"PUT", of + "/inventories",
             R"({"resource_provider_generation": 2, "inventories": {"CUSTOM_NO": {"total": 1}}})"},
            {"PUT", of + "/traits", R"({"resource_provider_generation": 2, "traits": ["x y"]})"},
            {"PUT", of + "/traits", R"({"resource_provider_generation": 2, "traits": "VCPU"})"},
            {"PUT", of + "/aggregates",
             R"({"resource_provider_generation": 2, "aggregates": ["x"]})"},
            {"PUT", of + "/aggregates", R"([])"},
            {"PUT", "/allocations/" + server1, R"({})"},
            {"PUT", "/allocations/" + server1, R"([])"},
            {"PUT", "/allocations/not-a-uuid", allocation(rp1, 1).dump()},
            {"PUT", "/allocations/" + server1, allocation(rp2, 1).dump()},
            {"PUT", "/allocations/" + server1, allocation(rp1, -1).dump()},
            {"PUT", "/allocations/" + server1, allocation(rp1, 0).dump()},
            {"POST", "/allocations", "{}"},
            {"POST", "/allocations", R"({"x": 1})"},
            {"GET", "/allocation_candidates?resources=VCPU:0", ""},
            {"GET", "/allocation_candidates?resources=", ""},
            {"GET", "/allocation_candidates?resources=VCPU:1&limit=0", ""},
            {"GET", "/allocation_candidates?resources=VCPU:1&required=", ""},
            {"GET", "/allocation_candidates?resources=VCPU:1&required=%21", ""},
            {"GET", "/allocation_candidates?resources=VCPU:1&member_of=x", ""},
            {"GET", "/allocation_candidates?resources=VCPU:1&in_tree=x", ""},
            {"GET", "/allocation_candidates?resources=VCPU:1&same_subtree=_X", ""},
            {"GET", "/allocation_candidates?resources1=VCPU:1&resources2=VCPU:1", ""},
            {"GET",
             "/allocation_candidates?resources=VCPU:1&required=HW_CPU_X86_AVX,%21HW_CPU_X86_AVX",
             ""},
            {"GET", "/traits?name=COMPUTE", ""},
            {"GET", "/traits?associated=maybe", ""},
            {"GET", "/usages", ""},
        }) {
        const auto answer = client_->send(c.method, c.path, c.body);
        EXPECT_EQ(answer.status, 400) << c.method << " " << c.path << " " << c.body << "\n"
                                      << answer.body;
        EXPECT_EQ(answer.json()["errors"][0]["title"], "Bad Request") << answer.body;
    }
    EXPECT_EQ(client_->get(of).json()["generation"], 2);
    EXPECT_TRUE(placement_->allocations().empty());
}

} // namespace
} // namespace vtpmlab::fakes::placement
