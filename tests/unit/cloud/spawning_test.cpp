// Table P of the reference and the requests that spawn and delete send, in order.

#include "cloud_fixture.h"
#include "support/mischievous_key_manager.h"

#include <regex>
#include <sstream>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class Spawning : public CloudTest {
protected:
    void start_with(test::MischievousKeyManager& barbican, const std::string& release = "gazpacho",
                    std::size_t hosts = 1) {
        CloudOptions options;
        options.release = release;
        options.key_manager_url = barbican.url();
        std::vector<std::string> names;
        for (std::size_t i = 1; i <= hosts; ++i)
            names.push_back("compute-" + std::to_string(i));
        options.hosts = hosts_named(names);
        start(options);
    }
    std::string create_vtpm() { return create_with({{"hw:tpm_version", "2.0"}}); }
    static std::string fault(const json& server) { return server.at("fault").at("message"); }
};

std::string exhausted(const std::string& id) {
    return "Exceeded maximum number of retries. Exhausted all hosts available for retrying build "
           "failures for instance " +
           id + ".";
}
std::string aborted(const std::string& id) {
    return "Build of instance " + id +
           " aborted: Failed to allocate the network(s), not rescheduling.";
}

// spec: nova-vtpm §6.4, row P07
TEST_F(Spawning, AsksBarbicanInTheOrderOfNovasClients) {
    test::MischievousKeyManager barbican;
    start_with(barbican);
    const auto id = create_vtpm();
    static_cast<void>(wait_for(id, "ACTIVE"));
    remove(id);
    EXPECT_THAT(barbican.seen(),
                ElementsAre("GET /", "POST /v1/secrets/", //
                            "GET /", "GET /v1/secrets/{id}", "GET /v1/secrets/{id}/payload",
                            "GET /", "GET /v1/secrets/{id}", "DELETE /v1/secrets/{id}"));
}

// spec: nova-vtpm §SPN-1, row P07
TEST_F(Spawning, SecretIsTheOwnersAndItsValueIsBase64Of384Bytes) {
    start();
    const auto id = create_vtpm();
    static_cast<void>(wait_for(id, "ACTIVE"));
    const auto passphrase = hypervisor().passphrase_of(id);
    EXPECT_EQ(passphrase.size(), 512u);
    EXPECT_EQ(base64_decode(passphrase).value().size(), 384u);
    for (const auto& entry : entries_of("barbican"))
        if (entry.method == "POST") {
            EXPECT_EQ(entry.target, "/v1/secrets/");
            EXPECT_EQ(entry.user, "owner");
            EXPECT_EQ(entry.service_user, "");
            EXPECT_THAT(entry.request_body,
                        AllOf(HasSubstr("vTPM secret for instance " + id),
                              HasSubstr("\"secret_type\":\"passphrase\""),
                              HasSubstr("\"payload_content_type\":\"application/octet-stream\""),
                              HasSubstr("\"payload_content_encoding\":\"base64\"")));
        }
    EXPECT_EQ(services_->journal().to_jsonl().find(passphrase), std::string::npos);
    EXPECT_EQ(cloud_->log().find(passphrase), std::string::npos);
}

TEST_F(Spawning, IsToldStepByStepInTheLog) {
    start();
    const auto id = create_vtpm();
    static_cast<void>(wait_for(id, "ACTIVE"));
    remove(id);
    std::string steps;
    std::istringstream lines(cloud_->log());
    const std::string begin = " INFO nova-compute compute-1: instance " + id + ": ";
    for (std::string line; std::getline(lines, line);)
        if (const auto at = line.find(begin); at != std::string::npos)
            steps += std::regex_replace(line.substr(at + begin.size()), std::regex("[0-9]+ ms"),
                                        "N ms") +
                     "\n";
    EXPECT_EQ(steps, "vTPM secret made after N ms\n"
                     "disks made after N ms\n"
                     "vTPM secret on the host after N ms\n"
                     "domain defined after N ms\n"
                     "domain started after N ms\n"
                     "domain stopped after N ms\n"
                     "domain and TPM state removed after N ms\n"
                     "record marked deleted after N ms\n"
                     "allocation given back after N ms\n"
                     "vTPM secret deleted after N ms\n");
}

// spec: nova-vtpm §4.3 §4.2, rows P08 and P09
TEST_F(Spawning, LibvirtSecretStandsOnlyInModeHostAfterTheLaunch) {
    start();
    const auto image = make_image();
    const auto in_mode = [&](const std::string& mode) {
        const auto id =
            create(make_flavor({{"hw:tpm_version", "2.0"}, {"hw:tpm_secret_security", mode}}, mode),
                   image);
        static_cast<void>(wait_for(id, "ACTIVE"));
        return id;
    };
    for (const char* mode : {"user", "deployment"}) {
        const auto id = in_mode(mode);
        const auto secret = hypervisor().secret_of(id);
        EXPECT_EQ(secret.usage_name, id);
        EXPECT_TRUE(secret.ephemeral && secret.is_private) << mode;
        EXPECT_TRUE(hypervisor().secrets()->empty()) << mode;
    }
    const auto id = in_mode("host");
    ASSERT_EQ(hypervisor().secrets()->size(), 1u);
    const auto secret = hypervisor().secrets()->front();
    EXPECT_EQ(secret.usage_name, id);
    EXPECT_FALSE(secret.ephemeral || secret.is_private);
    remove(id);
    EXPECT_TRUE(hypervisor().secrets()->empty());
}

// spec: nova-vtpm §4.2
TEST_F(Spawning, ModeDeploymentAsksAsNova) {
    start();
    const auto id =
        create_active({{"hw:tpm_version", "2.0"}, {"hw:tpm_secret_security", "deployment"}});
    remove(id);
    for (const auto& entry : entries_of("barbican"))
        EXPECT_EQ(entry.user, entry.target == "/" ? "" : "nova") << entry.target;
    expect_nothing_left();
}

// spec: nova-vtpm §4.2
TEST_F(Spawning, ModeHostAsksBarbicanOnceOnly) {
    test::MischievousKeyManager barbican;
    start_with(barbican);
    const auto id = create_active({{"hw:tpm_version", "2.0"}, {"hw:tpm_secret_security", "host"}});
    EXPECT_THAT(barbican.seen(), ElementsAre("GET /", "POST /v1/secrets/"));
}

// spec: nova-vtpm §4.4, row P01
TEST_F(Spawning, ForbiddenSecretAbortsTheBuildSinceGazpacho) {
    test::MischievousKeyManager barbican;
    start_with(barbican, "gazpacho", 2);
    barbican.refuse("POST /v1/secrets/", 403);
    const auto id = create_vtpm();
    EXPECT_EQ(fault(wait_for(id, "ERROR")), aborted(id));
    EXPECT_THAT(barbican.seen(), ElementsAre("GET /", "POST /v1/secrets/"));
    expect_nothing_left();
    remove(id);
}

// spec: nova-vtpm §4.4, row P02
TEST_F(Spawning, ForbiddenSecretGoesToEveryAlternateBefore) {
    test::MischievousKeyManager barbican;
    start_with(barbican, "flamingo", 2);
    barbican.refuse("POST /v1/secrets/", 403);
    const auto id = create_vtpm();
    EXPECT_EQ(fault(wait_for(id, "ERROR")), exhausted(id));
    EXPECT_THAT(barbican.seen(),
                ElementsAre("GET /", "POST /v1/secrets/", "GET /", "POST /v1/secrets/"));
    expect_nothing_left();
}

// spec: nova-vtpm §KEY-4, row P03
TEST_F(Spawning, PlainMemberMayNotMakeASecretUnderTheLegacyPolicy) {
    start();
    const auto id = create(make_flavor({{"hw:tpm_version", "2.0"}}), make_image(), "member");
    ASSERT_FALSE(id.empty());
    EXPECT_EQ(fault(wait_for(id, "ERROR")), aborted(id));
    remove(id, "member");
    expect_nothing_left();
}

// spec: nova-vtpm §4.4, row P05
TEST_F(Spawning, BrokenBarbicanIsTriedFromThreeHostsAtMost) {
    for (const int status : {401, 500, 503}) {
        test::MischievousKeyManager barbican;
        start_with(barbican, "gazpacho", 4);
        barbican.refuse("POST /v1/secrets/", status);
        const auto id = create_vtpm();
        EXPECT_EQ(fault(wait_for(id, "ERROR")).substr(0, 84),
                  "Exceeded maximum number of retries. Exceeded max scheduling attempts 3 for "
                  "instance ");
        EXPECT_EQ(barbican.seen().size(), 6u);
        expect_nothing_left();
        TearDown();
        hypervisors_.clear();
    }
}

// spec: nova-vtpm §11.3 row I07
TEST_F(Spawning, NoKeyManagerInTheCatalogStartsFineAndFailsTheFirstBuild) {
    CloudOptions options;
    options.has_key_manager = false;
    start(options);
    const auto id = create_vtpm();
    EXPECT_EQ(fault(wait_for(id, "ERROR")), exhausted(id));
    EXPECT_THAT(cloud_->log(), HasSubstr("no public endpoint for key-manager"));
    const auto plain = create(make_flavor({}, "plain"), make_image());
    static_cast<void>(wait_for(plain, "ACTIVE"));
}

// spec: nova-vtpm §SPN-5, row P06
TEST_F(Spawning, RescheduledBuildKeepsTheSecret) {
    test::MischievousKeyManager barbican;
    start_with(barbican, "gazpacho", 2);
    hypervisor("compute-1").fail_at("start", "swtpm_setup failed");
    const auto id = create_vtpm();
    EXPECT_EQ(wait_for(id, "ACTIVE").at("OS-EXT-SRV-ATTR:host"), "compute-2");
    EXPECT_EQ(hypervisor("compute-1").secret_of(id).uuid,
              hypervisor("compute-2").secret_of(id).uuid);
    EXPECT_EQ(barbican.secrets(), 1u);
    EXPECT_TRUE(hypervisor("compute-1").domains()->empty());
    remove(id);
    EXPECT_EQ(barbican.secrets(), 0u);
    expect_nothing_left();
}

// spec: nova-vtpm §LIF-DEL-10
TEST_F(Spawning, OldDriverDeletesTheSecretOfAFailedBuild) {
    test::MischievousKeyManager barbican;
    start_with(barbican, "zed");
    hypervisor().fail_at("start", "swtpm died");
    const auto id = create_vtpm();
    EXPECT_EQ(fault(wait_for(id, "ERROR")), exhausted(id));
    EXPECT_EQ(barbican.secrets(), 0u);
}

// spec: nova-vtpm §11.4 row P10
TEST_F(Spawning, ModeDeploymentWithoutServiceUserFailsTheBuild) {
    CloudOptions options;
    options.has_service_user = false;
    start(options);
    const auto id =
        create_with({{"hw:tpm_version", "2.0"}, {"hw:tpm_secret_security", "deployment"}});
    EXPECT_EQ(fault(wait_for(id, "ERROR")), exhausted(id));
    EXPECT_THAT(cloud_->log(),
                HasSubstr("Failed to load auth plugin or session from configuration"));
    expect_nothing_left();
}

// spec: nova-vtpm §11.4 row P11
TEST_F(Spawning, SecretOfAFailedBuildGoesWithTheServer) {
    test::MischievousKeyManager barbican;
    start_with(barbican);
    hypervisor().fail_at("start", "swtpm died");
    const auto id = create_vtpm();
    static_cast<void>(wait_for(id, "ERROR"));
    EXPECT_EQ(barbican.secrets(), 1u);
    expect_nothing_left();
    remove(id);
    EXPECT_EQ(barbican.secrets(), 0u);
}

// Whatever fails at whichever call of the hypervisor, the host is left as it was.
class SpawnFailure : public Spawning, public testing::WithParamInterface<const char*> {};

TEST_P(SpawnFailure, LeavesNothingOnTheHost) {
    start();
    hypervisor().fail_at(GetParam(), "injected");
    const auto id = create_vtpm();
    EXPECT_EQ(fault(wait_for(id, "ERROR")), exhausted(id));
    EXPECT_THAT(cloud_->log(), HasSubstr("injected"));
    remove(id);
    hypervisor().forgive();
    expect_nothing_left();
}
INSTANTIATE_TEST_SUITE_P(Calls, SpawnFailure, testing::Values("define_secret", "define", "start"),
                         [](const auto& row) { return std::string(row.param); });

// spec: nova-vtpm §11.6 row X01
TEST_F(Spawning, DeleteTakesEverythingAway) {
    start();
    const auto id = create_vtpm();
    static_cast<void>(wait_for(id, "ACTIVE"));
    EXPECT_EQ(leftovers().size(), 3u); // domain, TPM state, instance directory
    remove(id);
    expect_nothing_left();
}

// spec: nova-vtpm §LIF-DEL-4, row X02
TEST_F(Spawning, DeleteDoesNotMindALostSecret) {
    test::MischievousKeyManager barbican;
    start_with(barbican);
    const auto id = create_vtpm();
    static_cast<void>(wait_for(id, "ACTIVE"));
    barbican.lose_all_secrets();
    remove(id);
    expect_nothing_left();
}

// spec: nova-vtpm §LIF-DEL-2, rows X03, X04 and X13
TEST_F(Spawning, RefusedSecretLeavesAServerInErrorThatCanBeDeletedAgain) {
    test::MischievousKeyManager barbican;
    start_with(barbican);
    const auto id = create_vtpm();
    static_cast<void>(wait_for(id, "ACTIVE"));
    barbican.refuse("DELETE", 403);
    EXPECT_EQ(call("owner", "DELETE", "/servers/" + id).status, 204);
    EXPECT_EQ(fault(wait_for(id, "ERROR")), "KeyManagerError");
    expect_nothing_left(); // but for the secret
    EXPECT_EQ(barbican.secrets(), 1u);
    barbican.forgive();
    remove(id);
    EXPECT_EQ(barbican.secrets(), 0u);
}

// spec: nova-vtpm §LIF-DEL-11
TEST_F(Spawning, OldDriverStopsBeforeTheDomainIsUndefined) {
    test::MischievousKeyManager barbican;
    start_with(barbican, "zed");
    const auto id = create_vtpm();
    static_cast<void>(wait_for(id, "ACTIVE"));
    barbican.refuse("DELETE", 403);
    EXPECT_EQ(call("owner", "DELETE", "/servers/" + id).status, 204);
    static_cast<void>(wait_for(id, "ERROR"));
    EXPECT_EQ(hypervisor().state(id).value(), DomainState::shut_off);
    barbican.forgive();
    remove(id);
    expect_nothing_left();
}

TEST_F(Spawning, FailedLibvirtLeavesTheServerInErrorAndASecondDeleteWorks) {
    start();
    const auto id = create_vtpm();
    static_cast<void>(wait_for(id, "ACTIVE"));
    hypervisor().fail_at("undefine", "injected");
    EXPECT_EQ(call("owner", "DELETE", "/servers/" + id).status, 204);
    EXPECT_EQ(fault(wait_for(id, "ERROR")), "libvirtError");
    hypervisor().forgive();
    remove(id);
    expect_nothing_left();
}

TEST_F(Spawning, DeleteDuringTheBuildWins) {
    start();
    hypervisor().hold_starts();
    const auto id = create_vtpm();
    ASSERT_TRUE(hypervisor().wait_for_held_start(std::chrono::seconds(20)));
    EXPECT_EQ(call("owner", "DELETE", "/servers/" + id).status, 204);
    EXPECT_EQ(call("owner", "DELETE", "/servers/" + id).status, 204);
    hypervisor().release();
    static_cast<void>(wait_for(id, "gone"));
    expect_nothing_left();
}

TEST_F(Spawning, CloudThatGoesDownDuringABuildLeavesNothingOnTheHost) {
    start();
    hypervisor().hold_starts();
    static_cast<void>(create_vtpm());
    ASSERT_TRUE(hypervisor().wait_for_held_start(std::chrono::seconds(20)));
    std::thread down([&] { cloud_.reset(); });
    hypervisor().release();
    down.join();
    EXPECT_TRUE(hypervisor().domains()->empty());
    EXPECT_TRUE(hypervisor().secrets()->empty());
    EXPECT_TRUE(hypervisor().tpm_states()->empty());
}

TEST_F(Spawning, CloudThatGoesDownTakesRunningServersWithIt) {
    start();
    const auto id = create_active({{"hw:tpm_version", "2.0"}, {"hw:tpm_secret_security", "host"}});
    cloud_.reset();
    EXPECT_TRUE(hypervisor().domains()->empty());
    EXPECT_TRUE(hypervisor().secrets()->empty());
    EXPECT_TRUE(hypervisor().tpm_states()->empty());
}

// spec: real-nova §1
TEST_F(Spawning, ComputeReportsItselfToPlacementInNovasOrder) {
    start();
    EXPECT_THAT(journal_of("placement"),
                ElementsAre("GET /resource_providers?in_tree={id}", "POST /resource_providers",
                            "GET /resource_providers?in_tree={id}",
                            "PUT /resource_providers/{id}/inventories",
                            "GET /resource_providers/{id}/traits", HasSubstr("GET /traits?name=in"),
                            "GET /resource_providers?in_tree={id}",
                            "PUT /resource_providers/{id}/traits"));
}

TEST_F(Spawning, ImageIsDownloadedOnceAHostWithTheUsersTokenAndNovasBesideIt) {
    start();
    const auto flavor = make_flavor();
    const auto image = make_image({}, "the disk");
    const auto first = create(flavor, image);
    static_cast<void>(wait_for(first, "ACTIVE"));
    const auto second = create(flavor, image);
    static_cast<void>(wait_for(second, "ACTIVE"));
    EXPECT_EQ(read_file(directory_.path() / "compute-1" / second / "disk").value(), "the disk");
    int downloads = 0;
    for (const auto& entry : entries_of("glance"))
        if (entry.method == "GET" && entry.target.ends_with("/file")) {
            ++downloads;
            EXPECT_EQ(entry.user, "owner");
            EXPECT_EQ(entry.service_user, "nova");
        }
    EXPECT_EQ(downloads, 1);
}

TEST_F(Spawning, ImageWithAKernelBootsItDirectly) {
    start();
    const auto kernel = make_image({}, "kernel");
    const auto ramdisk = make_image({}, "ramdisk");
    const auto id = create(make_flavor(), make_image({{"kernel_id", kernel},
                                                      {"ramdisk_id", ramdisk},
                                                      {"os_command_line", "console=ttyS0 x=1"}}));
    static_cast<void>(wait_for(id, "ACTIVE"));
    EXPECT_THAT(cloud_->domain_xml(id).value(),
                AllOf(HasSubstr("/_base/" + kernel), HasSubstr("/_base/" + ramdisk),
                      HasSubstr("console=ttyS0 x=1")));
}

TEST_F(Spawning, MissingKernelEndsInError) {
    start();
    const auto id =
        create(make_flavor(), make_image({{"kernel_id", "5ec4e700-0000-4000-8000-000000000001"}}));
    EXPECT_EQ(fault(wait_for(id, "ERROR")), exhausted(id));
    EXPECT_THAT(cloud_->log(),
                HasSubstr("Image 5ec4e700-0000-4000-8000-000000000001 could not be found."));
    expect_nothing_left();
}

} // namespace
} // namespace vtpmlab::cloud
