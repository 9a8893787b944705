// The compute API as a client meets it: versions, flavors, policies, errors, what a server shows.

#include "cloud_fixture.h"

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;

class ComputeApi : public CloudTest {
protected:
    // With the endpoint's own root instead of the catalog's URL, and no token.
    [[nodiscard]] Answered open(const std::string& path, const client::Headers& headers = {}) {
        client::HttpRequest request;
        const auto endpoint = cloud_->endpoint();
        request.url = endpoint.substr(0, endpoint.rfind("/v2.1")) + path;
        request.headers = headers;
        const auto answer = client::send(request).value();
        return {answer.status, json::parse(answer.body, nullptr, false), answer.headers};
    }
};

TEST_F(ComputeApi, SaysItsVersionsToEverybody) {
    start();
    const auto root = open("/");
    EXPECT_EQ(root.status, 200);
    EXPECT_EQ(root.body.at("versions").at(1).at("id"), "v2.1");
    EXPECT_EQ(root.body.at("versions").at(1).at("min_version"), "2.1");
    EXPECT_EQ(root.body.at("versions").at(1).at("version"), "2.101");
    EXPECT_EQ(open("/v2.1/").body.at("version").at("status"), "CURRENT");
}

TEST_F(ComputeApi, AsksForATokenElsewhere) {
    start();
    EXPECT_EQ(open("/v2.1/servers").status, 401);
    EXPECT_EQ(open("/v2.1/servers", {{"X-Auth-Token", "made-up"}}).status, 401);
}

TEST_F(ComputeApi, NegotiatesMicroversionsInBothHeaders) {
    CloudOptions options;
    options.release = "zed";
    start(options);
    auto answer = call("owner", "GET", "/flavors", nullptr, "latest");
    EXPECT_EQ(answer.headers.at("openstack-api-version"), "compute 2.93");
    EXPECT_EQ(answer.headers.at("x-openstack-nova-api-version"), "2.93");
    answer = call("owner", "GET", "/flavors", nullptr, "2.94");
    EXPECT_EQ(answer.status, 406);
    EXPECT_EQ(answer.body.at("computeFault").at("message"),
              "Version 2.94 is not supported by the API. Minimum is 2.1 and maximum is 2.93.");
    answer = call("owner", "GET", "/flavors", nullptr, "banana");
    EXPECT_EQ(answer.status, 400);
    client::RequestOptions old_header;
    old_header.headers["X-OpenStack-Nova-API-Version"] = "2.61";
    EXPECT_EQ(as("owner")
                  .request("compute", "GET", "/flavors", old_header)
                  ->header("x-openstack-nova-api-version"),
              "2.61");
}

TEST_F(ComputeApi, UnknownPathsAndMethodsAreNovas) {
    start();
    EXPECT_EQ(call("owner", "GET", "/os-nonsense").status, 404);
    EXPECT_EQ(call("owner", "POST", "/servers/x/action", {{"os-stop", nullptr}}).status, 404);
    const auto answer = call("owner", "DELETE", "/flavors");
    EXPECT_EQ(answer.status, 405);
    EXPECT_TRUE(answer.body.contains("badMethod"));
}

// Nova hides what a microversion does not have yet, or any more.
TEST_F(ComputeApi, AMethodOfAnotherMicroversionIsNotFound) {
    start();
    const auto flavor = "/flavors/" + make_flavor();
    const json body = {{"flavor", {{"description", "new"}}}};
    const auto early = call("admin", "PUT", flavor, body, "2.54");
    EXPECT_EQ(early.status, 404);
    EXPECT_EQ(early.body.at("itemNotFound").at("message"), "The resource could not be found.");
    EXPECT_EQ(call("admin", "PUT", flavor, body, "2.55").status, 200);
}

TEST_F(ComputeApi, FlavorsAreTheAdministrators) {
    start();
    const json body = {
        {"flavor",
         {{"name", "f"}, {"ram", "64"}, {"vcpus", 1}, {"disk", 0}, {"id", "f1"}, {"swap", 0}}}};
    const auto refused = call("owner", "POST", "/flavors", body);
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(refused.body.at("forbidden").at("message"),
              "Policy doesn't allow os_compute_api:os-flavor-manage:create to be performed.");
    const auto made = call("admin", "POST", "/flavors", body);
    ASSERT_EQ(made.status, 200) << made.body;
    EXPECT_EQ(made.body.at("flavor").at("ram"), 64);
    EXPECT_EQ(made.body.at("flavor").at("swap"), 0);
    EXPECT_EQ(made.body.at("flavor").at("extra_specs"), json::object());
    const auto again = call("admin", "POST", "/flavors", body);
    EXPECT_EQ(again.status, 409);
    EXPECT_EQ(again.body.at("conflictingRequest").at("message"),
              "Flavor with name f already exists.");
    EXPECT_EQ(call("owner", "GET", "/flavors").body.at("flavors").at(0).at("id"), "f1");
    EXPECT_EQ(call("owner", "GET", "/flavors/detail", nullptr, "2.54")
                  .body.at("flavors")
                  .at(0)
                  .at("swap"),
              "");
    EXPECT_EQ(call("owner", "GET", "/flavors/f1").status, 200);
    EXPECT_EQ(call("owner", "DELETE", "/flavors/f1").status, 403);
    EXPECT_EQ(call("admin", "DELETE", "/flavors/f1").status, 202);
    EXPECT_EQ(call("owner", "GET", "/flavors/f1").body.at("itemNotFound").at("message"),
              "Flavor f1 could not be found.");
    EXPECT_EQ(call("admin", "DELETE", "/flavors/f1").status, 404);
}

TEST_F(ComputeApi, MalformedFlavorsAreBadRequests) {
    start();
    const auto status = [&](const json& flavor) {
        return call("admin", "POST", "/flavors", {{"flavor", flavor}}).status;
    };
    EXPECT_EQ(status({{"name", "f"}, {"ram", 64}, {"vcpus", 1}}), 400);
    EXPECT_EQ(status({{"name", "f"}, {"ram", 0}, {"vcpus", 1}, {"disk", 0}}), 400);
    EXPECT_EQ(status({{"name", "f"}, {"ram", "many"}, {"vcpus", 1}, {"disk", 0}}), 400);
    EXPECT_EQ(status({{"name", ""}, {"ram", 64}, {"vcpus", 1}, {"disk", 0}}), 400);
    EXPECT_EQ(status({{"name", "f"}, {"ram", 64}, {"vcpus", 1}, {"disk", 0}, {"x", 1}}), 400);
    EXPECT_EQ(call("admin", "POST", "/flavors", json::array()).status, 400);
}

// spec: nova-vtpm §REQ-4, rows Q16 and Q17
TEST_F(ComputeApi, ExtraSpecsAreCheckedFrom286On) {
    start();
    const auto flavor = "/flavors/" + make_flavor() + "/os-extra_specs";
    const auto set = [&](const Properties& specs, const std::string& microversion) {
        return call("admin", "POST", flavor, {{"extra_specs", specs}}, microversion);
    };
    const auto refused = set({{"hw:tpm_version", "1.3"}, {"hw:cpu_cores", "1"}}, "2.86");
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.body.at("badRequest").at("message"),
              "Validation failed; '1.3' is not one of: 1.2, 2.0.");
    EXPECT_EQ(call("owner", "GET", flavor).body.at("extra_specs"), json::object());
    EXPECT_EQ(set({{"hw:tpm_version", "1.3"}}, "2.85").status, 200);
    // Each key alone: CRB beside 1.2 passes.
    EXPECT_EQ(set({{"hw:tpm_version", "1.2"}, {"hw:tpm_model", "tpm-crb"}}, "2.86").status, 200);
    EXPECT_EQ(
        call("admin", "PUT", flavor + "/hw:tpm_model", {{"hw:tpm_model", "TIS"}}, "2.86").status,
        400);
    EXPECT_EQ(call("admin", "PUT", flavor + "/hw:tpm_model", {{"hw:other", "x"}}, "2.1")
                  .body.at("badRequest")
                  .at("message"),
              "Request body and URI mismatch");
    EXPECT_EQ(call("owner", "GET", flavor + "/hw:tpm_model").body,
              (json{{"hw:tpm_model", "tpm-crb"}}));
    EXPECT_EQ(call("admin", "DELETE", flavor + "/hw:tpm_model").status, 200);
    EXPECT_EQ(call("admin", "DELETE", flavor + "/hw:tpm_model").status, 404);
    EXPECT_EQ(call("owner", "DELETE", flavor + "/hw:tpm_version").status, 403);
}

TEST_F(ComputeApi, CreateRefusesWhatNovaRefuses) {
    start();
    const auto flavor = make_flavor();
    const auto image = make_image();
    const auto text = [&](const Answered& answer) {
        return std::to_string(answer.status) + " " +
               answer.body.value("badRequest", json::object()).value("message", "");
    };
    EXPECT_EQ(text(try_create("nothing", image)), "400 Flavor nothing could not be found.");
    EXPECT_EQ(text(try_create(flavor, "")), "400 Invalid imageRef provided.");
    EXPECT_EQ(text(try_create(flavor, "5ec4e700-0000-4000-8000-000000000001")),
              "400 Can not find requested image");
    EXPECT_EQ(text(try_create(flavor, "../../etc")), "400 Can not find requested image");
    EXPECT_EQ(text(try_create(flavor, image, "owner", {{"min_count", 3}, {"max_count", 2}})),
              "400 min_count must be <= max_count");
    EXPECT_EQ(try_create(flavor, image, "owner", {{"min_count", 0}}).status, 400);
    EXPECT_EQ(try_create(flavor, image, "owner", {{"name", " "}}).status, 400);
    EXPECT_EQ(try_create(flavor, image, "owner", {{"nonsense", 1}}).status, 400);
    EXPECT_EQ(try_create(flavor, image, "reader").status, 403);
    EXPECT_EQ(call("owner", "POST", "/servers",
                   {{"server", {{"name", "s"}, {"flavorRef", flavor}, {"imageRef", image}}}},
                   "2.37")
                  .status,
              400);
    EXPECT_EQ(call("owner", "POST", "/servers", json::object()).status, 400);
    EXPECT_TRUE(call("owner", "GET", "/servers").body.at("servers").empty());
}

TEST_F(ComputeApi, NetworksMayBeLeftOutBefore237) {
    start();
    const auto answer = call(
        "owner", "POST", "/servers",
        {{"server", {{"name", "s"}, {"flavorRef", make_flavor()}, {"imageRef", make_image()}}}},
        "2.36");
    ASSERT_EQ(answer.status, 202) << answer.body;
    static_cast<void>(wait_for(answer.body["server"]["id"], "ACTIVE"));
}

TEST_F(ComputeApi, ServersOfOthersDoNotExist) {
    start();
    const auto id = create(make_flavor(), make_image());
    static_cast<void>(wait_for(id, "ACTIVE"));
    const auto hidden = call("other", "GET", "/servers/" + id);
    EXPECT_EQ(hidden.status, 404);
    EXPECT_EQ(hidden.body.at("itemNotFound").at("message"),
              "Instance " + id + " could not be found.");
    EXPECT_EQ(call("other", "DELETE", "/servers/" + id).status, 404);
    EXPECT_TRUE(call("other", "GET", "/servers").body.at("servers").empty());
    EXPECT_EQ(call("peer", "GET", "/servers/" + id).status, 200);
    EXPECT_EQ(call("admin", "GET", "/servers/" + id).status, 200);
    EXPECT_TRUE(call("admin", "GET", "/servers").body.at("servers").empty());
    EXPECT_EQ(call("admin", "GET", "/servers?all_tenants=1").body.at("servers").size(), 1u);
    EXPECT_EQ(call("owner", "GET", "/servers?all_tenants=1").status, 403);
    EXPECT_EQ(call("reader", "GET", "/servers/" + id).status, 200);
    EXPECT_EQ(call("reader", "DELETE", "/servers/" + id).status, 403);
    EXPECT_EQ(call("owner", "GET", "/servers?status=ERROR").body.at("servers").size(), 0u);
    EXPECT_EQ(call("owner", "GET", "/servers?name=%28").status, 400);
}

// spec: nova-vtpm §LIF-0e
TEST_F(ComputeApi, ServerShowsTheRequestByMicroversionAndNeverTheSecret) {
    start();
    const auto flavor = make_flavor({{"hw:tpm_version", "2.0"}});
    const auto id = create(flavor, make_image({{"hw_tpm_model", "tpm-crb"}}));
    static_cast<void>(wait_for(id, "ACTIVE"));
    const auto shown = [&](const std::string& microversion, const std::string& persona = "owner") {
        return call(persona, "GET", "/servers/" + id, nullptr, microversion).body.at("server");
    };
    EXPECT_EQ(shown("2.1").at("flavor").at("id"), flavor);
    EXPECT_EQ(shown("2.47").at("flavor").at("extra_specs"), (json{{"hw:tpm_version", "2.0"}}));
    EXPECT_FALSE(shown("2.97").at("image").contains("properties"));
    EXPECT_EQ(shown("2.98").at("image").at("properties").at("hw_tpm_model"), "tpm-crb");
    EXPECT_FALSE(shown("2.98").contains("OS-EXT-SRV-ATTR:host"));
    EXPECT_EQ(shown("2.98", "admin").at("OS-EXT-SRV-ATTR:instance_name"), "instance-00000001");
    EXPECT_EQ(shown("2.98", "admin").dump().find(hypervisor().secret_of(id).uuid),
              std::string::npos);
    EXPECT_EQ(shown("2.1").at("OS-EXT-STS:vm_state"), "active");
    EXPECT_EQ(shown("2.1").at("OS-EXT-STS:power_state"), 1);
    EXPECT_EQ(shown("2.1").at("hostId").get<std::string>().size(), 56u);
}

TEST_F(ComputeApi, FaultDetailsAreForAdministrators) {
    start();
    hypervisor().fail_at("undefine", "injected");
    const auto id = create(make_flavor(), make_image());
    static_cast<void>(wait_for(id, "ACTIVE"));
    EXPECT_EQ(call("owner", "DELETE", "/servers/" + id).status, 204);
    EXPECT_EQ(wait_for(id, "ERROR", "admin").at("fault").at("details"), "injected");
    EXPECT_FALSE(wait_for(id, "ERROR", "owner").at("fault").contains("details"));
    hypervisor().forgive();
}

TEST_F(ComputeApi, WrongReleaseIsAnErrorWithAHint) {
    ComputeCloudConfig config;
    config.release = "gaspacho";
    const auto cloud = ComputeCloud::start(std::move(config));
    ASSERT_FALSE(cloud);
    EXPECT_EQ(cloud.error().message, "unknown release 'gaspacho'");
    EXPECT_EQ(cloud.error().hint, "did you mean 'gazpacho'?");
    EXPECT_EQ(cloud.error().kind, ErrorKind::scenario);
}

} // namespace
} // namespace vtpmlab::cloud
