// What people do every day beside starting and stopping: servers with a key, in a zone, with
// metadata; flavors of their own; quotas.

#include "cloud_fixture.h"

#include <thread>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class Everyday : public CloudTest {
protected:
    [[nodiscard]] std::string ask(const json& more, const std::string& persona = "owner",
                                  const std::string& microversion = "latest") {
        json server = {
            {"name", "s"}, {"flavorRef", flavor()}, {"imageRef", image()}, {"networks", "none"}};
        if (microversion != "latest" && std::stoi(microversion.substr(2)) < 37)
            server.erase("networks");
        server.update(more);
        return refusal(call(persona, "POST", "/servers", {{"server", server}}, microversion));
    }
    [[nodiscard]] const std::string& flavor() {
        if (flavor_.empty())
            flavor_ = make_flavor();
        return flavor_;
    }
    [[nodiscard]] const std::string& image() {
        if (image_.empty())
            image_ = make_image();
        return image_;
    }
    [[nodiscard]] std::string server(const json& more = json::object(),
                                     const std::string& persona = "owner") {
        const auto made = try_create(flavor(), image(), persona, more);
        EXPECT_EQ(made.status, 202) << made.body;
        const std::string id = made.body.at("server").at("id");
        static_cast<void>(wait_for(id, "ACTIVE"));
        return id;
    }

    std::string flavor_, image_;
};

TEST_F(Everyday, WhatAServerIsGivenIsShown) {
    start();
    const json pair = {{"name", "mine"},
                       {"public_key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEB1VtFXXPC7Zm4g450P3jt"
                                      "bKibQJv8v65gOz+ZVRwzM ann@example"}};
    ASSERT_EQ(call("owner", "POST", "/os-keypairs", {{"keypair", pair}}).status, 201);
    const auto id = server({{"key_name", "mine"},
                            {"availability_zone", "nova"},
                            {"tags", {"red"}},
                            {"accessIPv4", "192.0.2.7"},
                            {"OS-DCF:diskConfig", "AUTO"},
                            {"trusted_image_certificates", {"cert"}}});
    const auto shown = call("owner", "GET", "/servers/" + id).body.at("server");
    EXPECT_EQ(shown.at("key_name"), "mine");
    EXPECT_EQ(shown.at("OS-EXT-AZ:availability_zone"), "nova");
    EXPECT_EQ(shown.at("pinned_availability_zone"), "nova");
    EXPECT_EQ(shown.at("tags"), json({"red"}));
    EXPECT_EQ(shown.at("accessIPv4"), "192.0.2.7");
    EXPECT_EQ(shown.at("OS-DCF:diskConfig"), "AUTO");
    EXPECT_EQ(shown.at("trusted_image_certificates"), json({"cert"}));
    const auto bare = call("owner", "GET", "/servers/" + server()).body.at("server");
    EXPECT_TRUE(bare.at("key_name").is_null());
    EXPECT_TRUE(bare.at("pinned_availability_zone").is_null());
    EXPECT_EQ(call("owner", "GET", "/servers?tags=red").body.at("servers").size(), 1u);
    EXPECT_EQ(call("owner", "GET", "/servers?not-tags=red").body.at("servers").size(), 1u);
    EXPECT_EQ(call("owner", "GET", "/servers?key_name=mine").body.at("servers").size(), 1u);
    // A rebuild may change the key, and take it away.
    EXPECT_EQ(refusal(act(id, "rebuild", {{"imageRef", image()}, {"key_name", "other"}})),
              "400 Invalid key_name provided.");
    EXPECT_EQ(act(id, "rebuild", {{"imageRef", image()}, {"key_name", nullptr}}).status, 202);
    EXPECT_TRUE(wait_for(id, "ACTIVE").at("key_name").is_null());
}

TEST_F(Everyday, WhatAServerCannotHaveIsSaidInNovasWords) {
    start();
    EXPECT_EQ(ask({{"key_name", "none"}}), "400 Invalid key_name provided.");
    EXPECT_EQ(ask({{"availability_zone", "moon"}}),
              "400 The requested availability zone is not available");
    EXPECT_EQ(ask({{"availability_zone", "nova:compute-1"}}),
              "403 Policy doesn't allow os_compute_api:servers:create:forced_host to be "
              "performed.");
    EXPECT_EQ(ask({{"availability_zone", "nova:a:b:c"}}, "admin"),
              "400 Invalid input received: Unable to parse availability_zone");
    EXPECT_EQ(ask({{"availability_zone", "nova:compute-1"}, {"host", "compute-1"}}, "admin"),
              "400 One mechanism with host and/or hypervisor_hostname and another mechanism with "
              "zone:host:node are mutually exclusive.");
    EXPECT_EQ(ask({{"host", "nowhere"}}, "admin"), "400 Compute host nowhere could not be found.");
    EXPECT_EQ(
        ask({{"block_device_mapping_v2",
              {{{"source_type", "volume"}, {"destination_type", "volume"}, {"uuid", "v1"}}}}}),
        "400 Block Device Mapping is Invalid: failed to get volume v1.");
    EXPECT_EQ(ask({{"block_device_mapping_v2",
                    {{{"source_type", "blank"}, {"destination_type", "local"}}}}}),
              "400 Block Device Mapping is Invalid: this cloud has no volume service and no disk "
              "but the image's.");
    EXPECT_EQ(ask({{"user_data", "!!"}}),
              "400 Invalid input for field/attribute user_data. Value: !!. '!!' is not a 'base64'");
    EXPECT_THAT(call("owner", "GET", "/servers").body.at("servers"), testing::IsEmpty());
}

TEST_F(Everyday, ABodysKeysComeAndGoWithTheMicroversion) {
    start();
    const auto status = [&](const json& more, const std::string& microversion) {
        return ask(more, "owner", microversion).substr(0, 3);
    };
    const json file = {{"personality", {{{"path", "/f"}, {"contents", "YQ=="}}}}};
    EXPECT_EQ(status(file, "2.56"), "202");
    EXPECT_EQ(status(file, "2.57"), "400");
    EXPECT_EQ(status({{"description", "d"}}, "2.18"), "400");
    EXPECT_EQ(status({{"description", "d"}}, "2.19"), "202");
    EXPECT_EQ(status({{"tags", {"t"}}}, "2.51"), "400");
    EXPECT_EQ(status({{"tags", {"t"}}}, "2.52"), "202");
    EXPECT_EQ(status({{"trusted_image_certificates", {"c"}}}, "2.62"), "400");
    EXPECT_EQ(status({{"hostname", "h"}}, "2.89"), "400");
    EXPECT_EQ(status({{"hostname", "h"}}, "2.90"), "202");
    EXPECT_EQ(status({{"host", "compute-1"}}, "2.73"), "400");
    EXPECT_EQ(status({{"networks", "none"}}, "2.36"), "400");
    EXPECT_EQ(status({{"networks", json::array()}}, "2.36"), "202");
    EXPECT_EQ(status({{"tags", {"a/b"}}}, "2.52"), "400");
    EXPECT_EQ(status({{"name", " s"}}, "2.1"), "400");
}

TEST_F(Everyday, AnAdministratorPinsTheHostWithItsZone) {
    start({.hosts = hosts_named({"compute-1", "compute-2"})});
    for (const char* place : {"nova:compute-2", "nova:compute-2:compute-2", "nova::compute-2"}) {
        const auto id = server({{"availability_zone", place}}, "admin");
        EXPECT_EQ(wait_for(id, "ACTIVE").at("OS-EXT-SRV-ATTR:host"), "compute-2") << place;
    }
    // A host that is not there is the scheduler's to miss.
    const auto missed = [&](const char* place) {
        const auto made = try_create(flavor(), image(), "admin", {{"availability_zone", place}});
        EXPECT_EQ(made.status, 202) << place;
        return wait_for(made.body.at("server").at("id"), "ERROR").at("fault").at("message");
    };
    EXPECT_EQ(missed("nova:c"), "No valid host was found. No such host - host: c node: None ");
    EXPECT_EQ(missed("nova::c"), "No valid host was found. No such host - host: None node: c ");
}

// The filters would see that the host is down; the server waits there until it is back.
TEST_F(Everyday, AForcedHostIsNotJudgedByTheFilters) {
    auto clock = std::make_shared<ManualClock>(SystemClock().now());
    start({.hosts = hosts_named({"compute-1", "compute-2"}), .clock = clock});
    compute("compute-2").kill();
    clock->advance(std::chrono::seconds(61));
    const auto made = [&](const char* key, const char* place) -> std::string {
        const auto answer = try_create(flavor(), image(), "admin", {{key, place}});
        EXPECT_EQ(answer.status, 202);
        return answer.body.at("server").at("id");
    };
    // A host that is only asked for is judged, whatever its name is asked with.
    EXPECT_EQ(wait_for(made("host", "compute-2"), "ERROR").at("fault").at("message"),
              "No valid host was found. There are not enough hosts available.");
    const auto forced = made("availability_zone", "nova:compute-2");
    const auto held = [&] {
        const auto usages = services_->leftovers();
        return std::any_of(usages.begin(), usages.end(), [&](const Leftover& leftover) {
            return leftover.what == "allocation of consumer " + forced + " on compute-2";
        });
    };
    // Placement was asked, and gave it room.
    for (int i = 0; i < 200 && !held(); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ASSERT_TRUE(held());
    EXPECT_EQ(call("admin", "GET", "/servers/" + forced).body["server"]["status"], "BUILD");
    ASSERT_TRUE(compute("compute-2").start());
    EXPECT_EQ(wait_for(forced, "ACTIVE").at("OS-EXT-SRV-ATTR:host"), "compute-2");
    // Placement knows that a host is disabled, and refuses it even so.
    const auto services = call("admin", "GET", "/os-services?host=compute-2&binary=nova-compute");
    const std::string service = services.body.at("services")[0].at("id");
    ASSERT_EQ(call("admin", "PUT", "/os-services/" + service, {{"status", "disabled"}}).status,
              200);
    EXPECT_EQ(
        wait_for(made("availability_zone", "nova:compute-2"), "ERROR").at("fault").at("message"),
        "No valid host was found. ");
}

// nova's populate_retry: what fails on a forced host is not tried on another one.
TEST_F(Everyday, AForcedHostHasNoAlternates) {
    start({.hosts = hosts_named({"compute-1", "compute-2"})});
    hypervisor("compute-2").fail_at("start", "the guest does not start");
    const auto made =
        try_create(flavor(), image(), "admin", {{"availability_zone", "nova:compute-2"}});
    ASSERT_EQ(made.status, 202);
    const auto server = wait_for(made.body.at("server").at("id"), "ERROR");
    EXPECT_EQ(server.at("fault").at("message"), "the guest does not start");
}

TEST_F(Everyday, NobodyGetsMoreServersThanTheQuotaHas) {
    CloudOptions options;
    options.compute.instances_quota = 3;
    start(options);
    EXPECT_EQ(ask({{"min_count", 4}}),
              "403 Quota exceeded for instances: Requested 4, but already used 0 of 3 instances");
    for (const json& many :
         {json(std::uint64_t{1} << 62), json("99999999999999999999999"), json(4'000'000'000)})
        EXPECT_THAT(ask({{"min_count", many}}), HasSubstr("403 Quota exceeded for instances:"));
    EXPECT_EQ(ask({{"min_count", 0}}).substr(0, 3), "400");
    EXPECT_EQ(ask({{"min_count", "-1"}}).substr(0, 3), "400");
    // As many as there is room for, when that is enough.
    EXPECT_EQ(ask({{"min_count", 1}, {"max_count", 4'000'000'000}}).substr(0, 3), "202");
    EXPECT_EQ(call("owner", "GET", "/servers").body.at("servers").size(), 3u);
    EXPECT_EQ(ask(json::object()),
              "403 Quota exceeded for instances: Requested 1, but already used 3 of 3 "
              "instances");
    EXPECT_EQ(ask(json::object(), "other").substr(0, 3),
              "400"); // not the owner's image; but no quota's word
    const auto limits = call("owner", "GET", "/limits").body.at("limits").at("absolute");
    EXPECT_EQ(limits.at("maxTotalInstances"), 3);
    EXPECT_EQ(limits.at("totalInstancesUsed"), 3);
}

TEST_F(Everyday, QuotasAreToldAndTheSameForAll) {
    start();
    const auto project = who("owner").project_id;
    const auto path = "/os-quota-sets/" + project;
    const auto shown = call("owner", "GET", path).body.at("quota_set");
    EXPECT_EQ(shown.at("id"), project);
    EXPECT_EQ(shown.at("instances"), 20000);
    EXPECT_EQ(shown.at("cores"), -1);
    EXPECT_FALSE(shown.contains("floating_ips"));
    EXPECT_TRUE(
        call("owner", "GET", path, nullptr, "2.35").body.at("quota_set").contains("floating_ips"));
    EXPECT_EQ(call("owner", "GET", path + "/defaults").body.at("quota_set").at("instances"), 20000);
    EXPECT_EQ(call("other", "GET", path).status, 403);
    static_cast<void>(server());
    const auto detail = call("admin", "GET", path + "/detail").body.at("quota_set");
    EXPECT_EQ(detail.at("instances"), (json{{"limit", 20000}, {"in_use", 1}, {"reserved", 0}}));
    EXPECT_EQ(call("owner", "GET", path + "/detail").status, 403);
}

TEST_F(Everyday, MetadataIsWrittenPieceByPiece) {
    start();
    const auto id = server({{"metadata", {{"a", "1"}}}});
    const auto all = "/servers/" + id + "/metadata";
    EXPECT_EQ(call("owner", "POST", all, {{"metadata", {{"b", "2"}}}}).body.at("metadata"),
              (json{{"a", "1"}, {"b", "2"}}));
    EXPECT_EQ(call("owner", "PUT", all + "/b", {{"meta", {{"b", "3"}}}}).body.at("meta"),
              (json{{"b", "3"}}));
    EXPECT_EQ(refusal(call("owner", "PUT", all + "/b", {{"meta", {{"c", "3"}}}})),
              "400 Request body and URI mismatch");
    EXPECT_EQ(call("owner", "GET", all + "/b").body, (json{{"meta", {{"b", "3"}}}}));
    EXPECT_EQ(call("owner", "DELETE", all + "/a").status, 204);
    EXPECT_EQ(refusal(call("owner", "DELETE", all + "/a")), "404 Metadata item was not found");
    EXPECT_EQ(call("owner", "PUT", all, {{"metadata", {{"z", "9"}}}}).status, 200);
    EXPECT_EQ(call("reader", "GET", all).body.at("metadata"), (json{{"z", "9"}}));
    EXPECT_EQ(wait_for(id, "ACTIVE").at("metadata"), (json{{"z", "9"}}));
    EXPECT_EQ(call("reader", "PUT", all, {{"metadata", json::object()}}).status, 403);
    EXPECT_EQ(call("other", "GET", all).status, 404);
    EXPECT_EQ(call("owner", "POST", all, {{"metadata", {{"b", 2}}}}).status, 400);
    EXPECT_EQ(act(id, "lock", nullptr, "admin").status, 202);
    EXPECT_EQ(refusal(call("owner", "DELETE", all + "/z")), "409 Instance " + id + " is locked");
}

TEST_F(Everyday, APrivateFlavorIsForItsProjects) {
    start();
    const auto made = call("admin", "POST", "/flavors",
                           {{"flavor",
                             {{"name", "ours"},
                              {"id", "7"},
                              {"ram", 64},
                              {"vcpus", 1},
                              {"disk", 0},
                              {"os-flavor-access:is_public", false}}}});
    ASSERT_EQ(made.status, 200);
    const auto project = who("owner").project_id;
    const auto grant = [&](const char* what) {
        return call("admin", "POST", "/flavors/7/action", {{what, {{"tenant", project}}}});
    };
    EXPECT_EQ(refusal(call("owner", "GET", "/flavors/7")), "404 Flavor 7 could not be found.");
    EXPECT_EQ(ask({{"flavorRef", "7"}}), "400 Flavor 7 could not be found.");
    EXPECT_EQ(
        call("owner", "POST", "/flavors/7/action", {{"addTenantAccess", {{"tenant", "x"}}}}).status,
        403);
    EXPECT_EQ(grant("addTenantAccess").body.at("flavor_access"),
              json::array({{{"flavor_id", "7"}, {"tenant_id", project}}}));
    EXPECT_EQ(refusal(grant("addTenantAccess")),
              "409 Flavor access already exists for flavor 7 and project " + project +
                  " combination.");
    EXPECT_EQ(call("owner", "GET", "/flavors").body.at("flavors").size(), 2u);
    EXPECT_EQ(call("other", "GET", "/flavors").body.at("flavors").size(), 1u);
    EXPECT_EQ(ask({{"flavorRef", "7"}}).substr(0, 3), "202");
    // An administrator sees the public ones until they ask for others.
    EXPECT_EQ(call("admin", "GET", "/flavors").body.at("flavors").size(), 1u);
    EXPECT_EQ(call("admin", "GET", "/flavors?is_public=None").body.at("flavors").size(), 2u);
    EXPECT_EQ(call("admin", "GET", "/flavors?is_public=false").body.at("flavors").size(), 1u);
    EXPECT_EQ(call("admin", "GET", "/flavors/7/os-flavor-access").body.at("flavor_access").size(),
              1u);
    EXPECT_EQ(grant("removeTenantAccess").status, 200);
    EXPECT_EQ(refusal(grant("removeTenantAccess")),
              "404 Flavor access not found for 7 / " + project + " combination.");
    EXPECT_EQ(refusal(call("admin", "GET", "/flavors/" + flavor() + "/os-flavor-access")),
              "404 Access list not available for public flavors.");
    EXPECT_EQ(refusal(call("admin", "POST", "/flavors/" + flavor() + "/action",
                           {{"addTenantAccess", {{"tenant", project}}}})),
              "409 Can not add access to a public flavor.");
}

TEST_F(Everyday, AFlavorsDescriptionMayChangeFrom255On) {
    start();
    const auto path = "/flavors/" + flavor();
    const json body = {{"flavor", {{"description", "for us"}}}};
    EXPECT_NE(call("admin", "PUT", path, body, "2.54").status, 200);
    EXPECT_EQ(call("owner", "PUT", path, body).status, 403);
    EXPECT_EQ(call("admin", "PUT", path, body).body.at("flavor").at("description"), "for us");
    EXPECT_EQ(call("owner", "GET", path).body.at("flavor").at("description"), "for us");
    EXPECT_EQ(call("admin", "PUT", path, {{"flavor", {{"ram", 1}}}}).status, 400);
}

// The journal ties what the neighbours were asked to the request that made Nova ask.
TEST_F(Everyday, TheRequestIsTheCauseOfWhatTheNeighboursAreAsked) {
    start();
    flavor_ = make_flavor({{"hw:tpm_version", "2.0"}});
    const auto made = try_create(flavor(), image());
    ASSERT_EQ(made.status, 202);
    static_cast<void>(wait_for(made.body.at("server").at("id"), "ACTIVE"));
    const auto id = made.headers.at("x-openstack-request-id");
    const auto caused = [&](const std::string& service, const std::string& method,
                            const std::string& path) {
        for (const auto& entry : entries_of(service))
            if (entry.method == method && entry.target.find(path) != std::string::npos &&
                entry.cause == id)
                return true;
        return false;
    };
    EXPECT_TRUE(caused("placement", "GET", "/allocation_candidates"));
    EXPECT_TRUE(caused("placement", "PUT", "/allocations/"));
    EXPECT_TRUE(caused("glance", "GET", "/v2/images/" + image()));
    EXPECT_TRUE(caused("barbican", "POST", "/v1/secrets"));
}

} // namespace
} // namespace vtpmlab::cloud
