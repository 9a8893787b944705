// The pure rules of the compute cloud: no HTTP, no threads.

#include "cloud/api/extra_spec_rules.h"
#include "cloud/api/policy.h"
#include "cloud/api/server_request.h"
#include "cloud/compute/startup_rules.h"
#include "cloud/instance_fault.h"
#include "cloud/scheduler/resource_request.h"

#include <vtpmlab/traits.h>

#include <gtest/gtest.h>

namespace vtpmlab::cloud {
namespace {

const ReleaseProfile& release(std::string_view name) { return *find_release(name); }

Flavor flavor(Properties extra_specs) {
    Flavor small;
    small.name = "small";
    small.vcpus = 1;
    small.memory_mib = 512;
    small.disk_gib = 5;
    small.extra_specs = std::move(extra_specs);
    return small;
}

ImageCopy image(Properties properties = {}) {
    ImageCopy micro;
    micro.name = "micro";
    micro.properties = std::move(properties);
    return micro;
}

// spec: nova-vtpm §SCH-1 §SCH-2 §SCH-4, row H07
TEST(ResourceRequest, AsksForVersionModelAndModeSinceGazpacho) {
    const auto request =
        resource_request(release("gazpacho"),
                         flavor({{"hw:tpm_version", "2.0"}, {"hw:tpm_model", "tpm-crb"}}), image());
    ASSERT_TRUE(request) << request.error();
    EXPECT_EQ(request->query(),
              "limit=1000&required=COMPUTE_SECURITY_TPM_2_0%2CCOMPUTE_SECURITY_TPM_CRB"
              "&resources=DISK_GB%3A5%2CMEMORY_MB%3A512%2CVCPU%3A1"
              "&root_required=COMPUTE_SECURITY_TPM_SECRET_SECURITY_USER%2C%21"
              "COMPUTE_STATUS_DISABLED");
}

TEST(ResourceRequest, AsksForNoModelBeforeDalmatian) {
    const auto asked = flavor({{"hw:tpm_version", "1.2"}});
    EXPECT_EQ(resource_request(release("caracal"), asked, image())->required,
              (std::set<std::string>{"COMPUTE_SECURITY_TPM_1_2"}));
    const auto dalmatian = resource_request(release("dalmatian"), asked, image());
    EXPECT_EQ(dalmatian->required,
              (std::set<std::string>{"COMPUTE_SECURITY_TPM_1_2", "COMPUTE_SECURITY_TPM_TIS"}));
    EXPECT_TRUE(dalmatian->root_required.empty());
}

// spec: nova-vtpm §11.2 row H12
TEST(ResourceRequest, PlainServerAsksForNoTpmTrait) {
    const auto request = resource_request(release("gazpacho"), flavor({}), image());
    EXPECT_EQ(request->query(), "limit=1000&resources=DISK_GB%3A5%2CMEMORY_MB%3A512%2CVCPU%3A1"
                                "&root_required=%21COMPUTE_STATUS_DISABLED");
}

// spec: nova-vtpm §SCH-7, row Q20
TEST(ResourceRequest, TraitsSteerAndDoNotTrigger) {
    const auto request = resource_request(
        release("gazpacho"),
        flavor({{"trait:COMPUTE_SECURITY_TPM_2_0", "required"}, {"trait:HW_X", "forbidden"}}),
        image({{"trait:COMPUTE_SECURITY_TPM_CRB", "required"}}));
    EXPECT_EQ(request->required,
              (std::set<std::string>{"COMPUTE_SECURITY_TPM_2_0", "COMPUTE_SECURITY_TPM_CRB"}));
    EXPECT_EQ(request->forbidden, std::set<std::string>{"HW_X"});
    EXPECT_TRUE(request->root_required.empty());
}

TEST(ResourceRequest, LeavesOutWhatIsZeroAndRoundsSwapUp) {
    auto diskless = flavor({{"resources:VCPU", "0"}, {"resources:CUSTOM_X", "2"}});
    diskless.disk_gib = 0;
    diskless.swap_mib = 1;
    EXPECT_EQ(resource_request(release("gazpacho"), diskless, image())->resources,
              (Resources{{"CUSTOM_X", 2}, {"DISK_GB", 1}, {"MEMORY_MB", 512}}));
}

// spec: nova-vtpm §REQ-10, row Q18
TEST(ResourceRequest, UnknownModeIsNoValidHostAndOnlyWithAVtpm) {
    const Properties bogus = {{"hw:tpm_version", "2.0"}, {"hw:tpm_secret_security", "bogus"}};
    EXPECT_EQ(resource_request(release("gazpacho"), flavor(bogus), image()).error(),
              "No valid host was found. Scheduling failed: TPM secret security 'bogus' is not "
              "supported.");
    EXPECT_TRUE(resource_request(release("flamingo"), flavor(bogus), image()));
    EXPECT_TRUE(resource_request(release("gazpacho"), flavor({{"hw:tpm_secret_security", "bogus"}}),
                                 image()));
}

// spec: nova-vtpm §REQ-8, row Q13
TEST(ResourceRequest, InvalidRequestIsTheExceptionsText) {
    EXPECT_EQ(resource_request(release("gazpacho"),
                               flavor({{"hw:tpm_version", "1.2"}, {"hw:tpm_model", "tpm-crb"}}),
                               image())
                  .error(),
              "TPM model CRB is only valid with TPM version 2.0.");
}

struct SpecRow {
    const char* name;
    const char* key;
    const char* value;
    const char* violation; // null: accepted
};
class ExtraSpecRules : public testing::TestWithParam<SpecRow> {};

TEST_P(ExtraSpecRules, AnswersAsNovasValidators) {
    const auto& row = GetParam();
    const auto violation = extra_spec_violation(release("gazpacho"), row.key, row.value);
    if (row.violation)
        EXPECT_EQ(violation, row.violation);
    else
        EXPECT_EQ(violation, std::nullopt);
}

// spec: nova-vtpm §REQ-4, row Q16
INSTANTIATE_TEST_SUITE_P(
    Rows, ExtraSpecRules,
    testing::Values(
        SpecRow{"Version", "hw:tpm_version", "2.0", nullptr},
        SpecRow{"BadVersion", "hw:tpm_version", "1.3",
                "Validation failed; '1.3' is not one of: 1.2, 2.0."},
        SpecRow{"BadModel", "hw:tpm_model", "TIS",
                "Validation failed; 'TIS' is not one of: tpm-tis, tpm-crb."},
        SpecRow{"Mode", "hw:tpm_secret_security", "host", nullptr},
        SpecRow{"BadMode", "hw:tpm_secret_security", "bogus",
                "Validation failed; 'bogus' is not one of: user, host, deployment."},
        SpecRow{"UnknownKey", "hw:tpm_foo", "1",
                "Validation failed; extra spec 'hw:tpm_foo' does not appear to be a valid extra "
                "spec."},
        SpecRow{"OtherNamespace", "mine:tpm_foo", "1", nullptr},
        SpecRow{"NoNamespace", "tpm", "1", nullptr},
        SpecRow{"Boolean", "hw:boot_menu", " Yes", nullptr},
        SpecRow{"NoBoolean", "hw:boot_menu", "2",
                "Validation failed; '2' is not a valid boolean-like value."},
        SpecRow{"Integer", "hw:cpu_cores", "2", nullptr},
        SpecRow{"NoInteger", "hw:cpu_cores", "2x",
                "Validation failed; '2x' is not a valid integer value."},
        SpecRow{"TooSmall", "hw:cpu_cores", "0",
                "Validation failed; '0' is less than the min value of '1'."},
        SpecRow{"NumberedKey", "hw:numa_mem.1", "512", nullptr},
        SpecRow{"NumberedKeyWithoutNumber", "hw:numa_mem.x", "512",
                "Validation failed; extra spec 'hw:numa_mem.x' does not appear to be a valid extra "
                "spec."},
        SpecRow{"Pattern", "hw:mem_page_size", "2MB", nullptr}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(ExtraSpecs, SecretSecurityIsUnknownBeforeItsRelease) {
    EXPECT_EQ(extra_spec_violation(release("flamingo"), "hw:tpm_secret_security", "host"),
              "Validation failed; extra spec 'hw:tpm_secret_security' does not appear to be a "
              "valid extra spec.");
}

// spec: nova-vtpm §REQ-5, row Q15
TEST(ImageMetadata, EnumerationsAreCheckedAndNothingElse) {
    EXPECT_EQ(image_metadata_violation(image({{"hw_tpm_version", "1.3"}})),
              "Invalid image metadata. Error: Field value 1.3 is invalid");
    EXPECT_EQ(image_metadata_violation(image({{"hw_tpm_model", "TIS"}})),
              "Invalid image metadata. Error: Field value TIS is invalid");
    EXPECT_EQ(
        image_metadata_violation(image({{"hw_tpm_version", "1.2"}, {"hw_tpm_model", "tpm-crb"}})),
        std::nullopt);
    // spec: nova-vtpm §REQ-6
    EXPECT_EQ(image_metadata_violation(image({{"hw_tpm_secret_security", "bogus"}})), std::nullopt);
}

HypervisorCapabilities capable() {
    HypervisorCapabilities capabilities;
    capabilities.supports_emulated_tpm = true;
    capabilities.tpm_models = {TpmModel::tis};
    capabilities.tpm_versions = {TpmVersion::v2_0};
    return capabilities;
}

// spec: nova-vtpm §2.3
TEST(Startup, TraitsFollowTheCapabilities) {
    EXPECT_EQ(
        tpm_traits(release("gazpacho"), HostSpec{}, capable()),
        (std::map<std::string, bool>{{"COMPUTE_SECURITY_TPM_1_2", false},
                                     {"COMPUTE_SECURITY_TPM_2_0", true},
                                     {"COMPUTE_SECURITY_TPM_CRB", false},
                                     {"COMPUTE_SECURITY_TPM_TIS", true},
                                     {"COMPUTE_SECURITY_TPM_SECRET_SECURITY_USER", true},
                                     {"COMPUTE_SECURITY_TPM_SECRET_SECURITY_HOST", true},
                                     {"COMPUTE_SECURITY_TPM_SECRET_SECURITY_DEPLOYMENT", true}}));
}

TEST(Startup, OldLibvirtWithoutVersionsCountsForBoth) {
    auto old = capable();
    old.tpm_versions.clear();
    const auto traits = tpm_traits(release("gazpacho"), HostSpec{}, old);
    EXPECT_TRUE(traits.at("COMPUTE_SECURITY_TPM_1_2"));
    EXPECT_TRUE(traits.at("COMPUTE_SECURITY_TPM_2_0"));
}

// spec: nova-vtpm §SCH-12
TEST(Startup, BeforeDalmatianTheSwitchAloneDecidesAndModelsAreNotReported) {
    EXPECT_EQ(tpm_traits(release("zed"), HostSpec{}, capable()),
              (std::map<std::string, bool>{{"COMPUTE_SECURITY_TPM_1_2", true},
                                           {"COMPUTE_SECURITY_TPM_2_0", true}}));
}

// spec: nova-vtpm §SCH-10
TEST(Startup, DisablingRemovesTheFourAndNotTheModes) {
    HostSpec disabled;
    disabled.swtpm_enabled = false;
    EXPECT_EQ(tpm_traits(release("gazpacho"), disabled, capable()),
              (std::map<std::string, bool>{{"COMPUTE_SECURITY_TPM_1_2", false},
                                           {"COMPUTE_SECURITY_TPM_2_0", false},
                                           {"COMPUTE_SECURITY_TPM_CRB", false},
                                           {"COMPUTE_SECURITY_TPM_TIS", false}}));
}

// spec: nova-vtpm §3.2, rows I02 and I04
TEST(Startup, RefusesWithNovasWordsUserBeforeGroup) {
    const auto nobody = [](const std::string&) { return false; };
    EXPECT_EQ(check_vtpm_support(HostSpec{}, HypervisorCapabilities{}, {}).error().message,
              "vTPM support is configured but it's not supported by libvirt.");
    EXPECT_EQ(check_vtpm_support(HostSpec{}, capable(), {nobody, nobody}).error().message,
              "The user configured in '[libvirt] swtpm_user' does not exist on this host; expected "
              "'tss'.");
    EXPECT_EQ(check_vtpm_support(HostSpec{}, capable(), {{}, nobody}).error().message,
              "The group configured in '[libvirt] swtpm_group' does not exist on this host; "
              "expected 'tss'.");
    EXPECT_TRUE(check_vtpm_support(HostSpec{}, capable(), {}));
    HostSpec disabled;
    disabled.swtpm_enabled = false;
    EXPECT_TRUE(check_vtpm_support(disabled, HypervisorCapabilities{}, {nobody, nobody}));
}

http::Caller caller(std::vector<std::string> roles, std::string project = "demo") {
    http::Caller someone;
    someone.roles = std::move(roles);
    someone.project_id = std::move(project);
    return someone;
}

TEST(Policy, RolesOfTheNewDefaults) {
    const auto may = [](std::vector<std::string> roles, Need need, std::string project = "demo") {
        return authorize(release("gazpacho"), caller(std::move(roles), std::move(project)), need,
                         "rule", "demo")
            .has_value();
    };
    EXPECT_TRUE(may({"member"}, Need::project_member));
    EXPECT_FALSE(may({"reader"}, Need::project_member));
    EXPECT_TRUE(may({"reader"}, Need::project_reader));
    EXPECT_FALSE(may({"creator"}, Need::project_reader));
    EXPECT_FALSE(may({"member"}, Need::project_reader, "other"));
    EXPECT_TRUE(may({"admin"}, Need::project_member, "other"));
    EXPECT_FALSE(may({"member"}, Need::admin));
    EXPECT_TRUE(may({}, Need::anyone));
}

TEST(Policy, OldDefaultsAskForTheProjectOnly) {
    EXPECT_TRUE(
        authorize(release("zed"), caller({"creator"}), Need::project_member, "rule", "demo"));
    EXPECT_EQ(authorize(release("zed"), caller({"member"}), Need::admin,
                        "os_compute_api:os-flavor-manage:create", "")
                  .error()
                  .message,
              "Policy doesn't allow os_compute_api:os-flavor-manage:create to be performed.");
}

TEST(Fault, MessageIsCutAtTheColumnsWidthBetweenCharacters) {
    ServerRecord server;
    set_error(server, std::string(254, 'x') + "\u00e9tail", "all of it", Clock::Time{});
    EXPECT_EQ(server.fault->message, std::string(254, 'x'));
    EXPECT_EQ(server.fault->details, "all of it");
    EXPECT_EQ(server.vm_state, VmState::error);
    EXPECT_EQ(server.task_state, TaskState::none);
}

} // namespace
} // namespace vtpmlab::cloud
