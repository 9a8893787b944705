// What users and operators look up beside servers: key pairs, limits, zones, hypervisors.

#include "cloud/key_pair.h"
#include "cloud_fixture.h"

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// The fingerprint is ssh-keygen's: -E md5 -lf.
const std::string public_key =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEB1VtFXXPC7Zm4g450P3jtbKibQJv8v65gOz+ZVRwzM ann@example";
constexpr const char* fingerprint = "f0:1f:68:49:4f:be:9b:04:ef:5f:9e:a1:4d:f7:9d:00";

TEST(KeyPair, HasTheFingerprintOfSshKeygen) {
    EXPECT_EQ(ssh_fingerprint(public_key), fingerprint);
    EXPECT_EQ(ssh_fingerprint(public_key + "\n"), fingerprint);
    for (const char* wrong : {"", "ssh-rsa", "ssh-rsa !!!", "ssh-rsa AAAA",
                              // An Ed25519 key that says it is another one.
                              "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIA=="})
        EXPECT_EQ(ssh_fingerprint(wrong), std::nullopt) << wrong;
    EXPECT_EQ(x509_fingerprint("-----BEGIN CERTIFICATE-----\n"), std::nullopt);
}

class OperatorTest : public CloudTest {
protected:
    void SetUp() override { start({.hosts = hosts_named({"compute-1", "compute-2"})}); }
    [[nodiscard]] Answered import(const std::string& persona, const std::string& name,
                                  const std::string& microversion = "latest") {
        return call(persona, "POST", "/os-keypairs",
                    {{"keypair", {{"name", name}, {"public_key", public_key}}}}, microversion);
    }
};

TEST_F(OperatorTest, AKeyPairIsItsUsers) {
    const auto made = import("owner", "k", "2.1");
    EXPECT_EQ(made.status, 200);
    EXPECT_EQ(made.body["keypair"]["fingerprint"], fingerprint);
    EXPECT_FALSE(made.body["keypair"].contains("private_key"));
    EXPECT_FALSE(made.body["keypair"].contains("type"));
    EXPECT_EQ(refusal(import("owner", "k")), "409 Key pair 'k' already exists.");
    EXPECT_EQ(call("peer", "GET", "/os-keypairs").body["keypairs"], json::array());
    const std::string of_owner = "/os-keypairs/k?user_id=" + who("owner").user_id;
    EXPECT_EQ(call("admin", "GET", of_owner).body["keypair"]["public_key"], public_key);
    EXPECT_EQ(refusal(call("peer", "GET", of_owner)),
              "403 Policy doesn't allow os_compute_api:os-keypairs:show to be performed.");
    // Before 2.10 nobody's but one's own.
    EXPECT_EQ(call("admin", "GET", of_owner, nullptr, "2.9").status, 404);
    EXPECT_EQ(call("owner", "DELETE", "/os-keypairs/k").status, 204);
    EXPECT_EQ(refusal(call("owner", "DELETE", "/os-keypairs/k")),
              "404 Keypair k not found for user " + who("owner").user_id);
}

TEST_F(OperatorTest, AKeyPairThatIsNoneIsRefused) {
    const auto ask = [&](const json& pair, const char* microversion) {
        return refusal(call("owner", "POST", "/os-keypairs", {{"keypair", pair}}, microversion));
    };
    EXPECT_EQ(ask({{"name", "k"}, {"public_key", "ssh-rsa none"}}, "2.2"),
              "400 Keypair data is invalid: failed to generate fingerprint");
    EXPECT_EQ(ask({{"name", "a@b"}, {"public_key", public_key}}, "2.91"),
              "400 Keypair data is invalid: Keypair name contains unsafe characters");
    EXPECT_EQ(import("owner", "a@b.c", "2.92").status, 201);
    EXPECT_THAT(ask({{"name", "k"}}, "2.92"), HasSubstr("public_key"));
    EXPECT_THAT(ask({{"name", "k"}, {"type", "ssh"}}, "2.1"), HasSubstr("400 "));
}

TEST_F(OperatorTest, ManyKeyPairsComeInPages) {
    for (const char* name : {"a", "b", "c"})
        ASSERT_EQ(import("owner", name).status, 201);
    const auto first = call("owner", "GET", "/os-keypairs?limit=2");
    EXPECT_EQ(first.body["keypairs"].size(), 2U);
    EXPECT_THAT(first.body["keypairs_links"][0]["href"].get<std::string>(),
                HasSubstr("/v2.1/os-keypairs?limit=2&marker=b"));
    const auto rest = call("owner", "GET", "/os-keypairs?limit=2&marker=b");
    EXPECT_EQ(rest.body["keypairs"][0]["keypair"]["name"], "c");
    EXPECT_FALSE(rest.body.contains("keypairs_links"));
    EXPECT_EQ(refusal(call("owner", "GET", "/os-keypairs?marker=z")),
              "400 Marker z could not be found.");
}

TEST_F(OperatorTest, WhatAServerTakesIsCounted) {
    const auto server = create(make_flavor(), make_image());
    const auto host = wait_for(server, "ACTIVE")["OS-EXT-SRV-ATTR:host"].get<std::string>();
    const auto used = call("owner", "GET", "/limits").body["limits"]["absolute"];
    EXPECT_EQ(used["totalInstancesUsed"], 1);
    EXPECT_EQ(used["maxTotalInstances"], 20000);
    EXPECT_EQ(used["maxTotalCores"], -1);
    EXPECT_FALSE(used.contains("maxImageMeta")); // went with 2.39
    EXPECT_EQ(call("other", "GET", "/limits").body["limits"]["absolute"]["totalInstancesUsed"], 0);

    const auto found =
        call("admin", "GET", "/os-hypervisors/detail?with_servers=true", nullptr, "2.87");
    ASSERT_EQ(found.body["hypervisors"].size(), 2U);
    for (const auto& node : found.body["hypervisors"]) {
        const bool has_it = node["hypervisor_hostname"] == host;
        EXPECT_EQ(node["running_vms"], has_it ? 1 : 0);
        EXPECT_EQ(node["servers"].size(), has_it ? 1U : 0U);
        EXPECT_EQ(node["vcpus"].get<int>() - node["vcpus_used"].get<int>(),
                  has_it ? 8 - used["totalCoresUsed"].get<int>() : 8);
    }
    const auto sum = call("admin", "GET", "/os-hypervisors/statistics", nullptr, "2.87");
    EXPECT_EQ(sum.body["hypervisor_statistics"]["count"], 2);
    EXPECT_EQ(sum.body["hypervisor_statistics"]["vcpus"], 16);
    remove(server);
}

TEST_F(OperatorTest, HypervisorsAreKnownByNumberThenByUuid) {
    EXPECT_EQ(call("admin", "GET", "/os-hypervisors/2", nullptr, "2.52")
                  .body["hypervisor"]["hypervisor_hostname"],
              "compute-2");
    const auto found = call("admin", "GET", "/os-hypervisors?hypervisor_hostname_pattern=ute-2");
    ASSERT_EQ(found.body["hypervisors"].size(), 1U);
    const std::string id = found.body["hypervisors"][0]["id"];
    const auto shown = call("admin", "GET", "/os-hypervisors/" + id).body["hypervisor"];
    EXPECT_FALSE(shown.contains("vcpus")); // went with 2.88
    EXPECT_THAT(shown["uptime"].get<std::string>(), HasSubstr("load average: "));
    EXPECT_EQ(refusal(call("admin", "GET", "/os-hypervisors/2")),
              "404 Compute host 2 could not be found.");
    EXPECT_EQ(call("admin", "GET", "/os-hypervisors/ute-1/search", nullptr, "2.52")
                  .body["hypervisors"][0]["hypervisor_hostname"],
              "compute-1");
    EXPECT_EQ(call("owner", "GET", "/os-hypervisors").status, 403);
}

TEST_F(OperatorTest, EveryHostIsInOneZone) {
    EXPECT_EQ(
        call("owner", "GET", "/os-availability-zone").body["availabilityZoneInfo"],
        json::array(
            {{{"zoneName", "nova"}, {"zoneState", {{"available", true}}}, {"hosts", nullptr}}}));
    const auto zones =
        call("admin", "GET", "/os-availability-zone/detail").body["availabilityZoneInfo"];
    ASSERT_EQ(zones.size(), 2U);
    EXPECT_TRUE(zones[1]["hosts"]["compute-2"]["nova-compute"]["available"].get<bool>());
    EXPECT_EQ(call("owner", "GET", "/os-availability-zone/detail").status, 403);
}

} // namespace
} // namespace vtpmlab::cloud
