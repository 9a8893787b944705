// Tables Q and H of the reference, over HTTP, on hypervisors in memory.

#include "cloud_fixture.h"
#include "xml/domain_xml.h"

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;

constexpr TpmDevice tis_12{TpmVersion::v1_2, TpmModel::tis};
constexpr TpmDevice tis_20{TpmVersion::v2_0, TpmModel::tis};
constexpr TpmDevice crb_20{TpmVersion::v2_0, TpmModel::crb};

struct Row {
    const char* name;
    Properties extra_specs;
    Properties image;
    std::string status; // "ACTIVE", "ERROR", or the HTTP status of the refusal
    std::string text;   // of fault or refusal
    std::optional<TpmDevice> device;
    std::string release = "gazpacho";
};

class Requesting : public CloudTest, public testing::WithParamInterface<Row> {};

TEST_P(Requesting, EndsAsNovaEndsIt) {
    const auto& row = GetParam();
    CloudOptions options;
    options.release = row.release;
    start(options);
    const auto answer = try_create(make_flavor(row.extra_specs), make_image(row.image));
    if (answer.status != 202) {
        EXPECT_EQ(std::to_string(answer.status), row.status) << answer.body;
        EXPECT_NE(answer.body.dump().find(row.text), std::string::npos) << answer.body;
        EXPECT_TRUE(call("owner", "GET", "/servers").body.at("servers").empty());
        return expect_nothing_left();
    }
    const std::string id = answer.body.at("server").at("id");
    const auto server = wait_for(id, row.status);
    if (row.status == "ERROR") {
        EXPECT_EQ(server.at("fault").at("code"), 500);
        EXPECT_EQ(server.at("fault").at("message"), row.text);
        EXPECT_TRUE(server.at("OS-EXT-SRV-ATTR:host").is_null());
        expect_nothing_left();
    } else {
        const auto tpm = xml::parse_domain_tpm(cloud_->domain_xml(id).value()).value();
        EXPECT_EQ(tpm ? std::optional(tpm->device) : std::nullopt, row.device);
    }
    remove(id);
    expect_nothing_left();
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Requesting,
    testing::Values(
        Row{"Q01", {{"hw:tpm_version", "2.0"}}, {}, "ACTIVE", "", tis_20},
        Row{"Q01Zed", {{"hw:tpm_version", "2.0"}}, {}, "ACTIVE", "", tis_20, "zed"},
        Row{"Q01Dalmatian", {{"hw:tpm_version", "2.0"}}, {}, "ACTIVE", "", tis_20, "dalmatian"},
        Row{"Q01Victoria", {{"hw:tpm_version", "2.0"}}, {}, "ACTIVE", "", tis_20, "victoria"},
        Row{"Q02",
            {{"hw:tpm_version", "1.2"}, {"hw:tpm_model", "tpm-tis"}},
            {},
            "ACTIVE",
            "",
            tis_12},
        Row{"Q03",
            {{"hw:tpm_version", "2.0"}, {"hw:tpm_model", "tpm-crb"}},
            {},
            "ACTIVE",
            "",
            crb_20},
        Row{"Q04",
            {},
            {{"hw_tpm_version", "2.0"}, {"hw_tpm_model", "tpm-crb"}},
            "ACTIVE",
            "",
            crb_20},
        Row{"Q05",
            {{"hw:tpm_version", "2.0"}},
            {{"hw_tpm_model", "tpm-crb"}},
            "ACTIVE",
            "",
            crb_20},
        Row{"Q06",
            {{"hw:tpm_version", "1.2"}, {"hw:tpm_model", "tpm-tis"}},
            {{"hw_tpm_version", "1.2"}, {"hw_tpm_model", "tpm-tis"}},
            "ACTIVE",
            "",
            tis_12},
        Row{"Q07", {{"hw:tpm_model", "tpm-crb"}}, {}, "ACTIVE", "", std::nullopt},
        Row{"Q08",
            {{"hw:tpm_model", "tpm-crb"}},
            {{"hw_tpm_model", "tpm-tis"}},
            "ACTIVE",
            "",
            std::nullopt},
        Row{"Q09",
            {{"hw:tpm_version", "2.0"}},
            {{"hw_tpm_version", "1.2"}},
            "ERROR",
            "Flavor small has hw:tpm_version extra spec explicitly set to 2.0, conflicting with "
            "image micro which has hw_tpm_version explicitly set to 1.2.",
            std::nullopt},
        Row{"Q10",
            {{"hw:tpm_version", "2.0"}, {"hw:tpm_model", "tpm-tis"}},
            {{"hw_tpm_model", "tpm-crb"}},
            "ERROR",
            "Flavor small has hw:tpm_model extra spec explicitly set to tpm-tis, conflicting with "
            "image micro which has hw_tpm_model explicitly set to tpm-crb.",
            std::nullopt},
        Row{"Q11",
            {{"hw:tpm_version", "1.3"}},
            {},
            "ERROR",
            "Invalid TPM version '1.3'. Allowed values: 1.2, 2.0.",
            std::nullopt},
        Row{"Q12",
            {{"hw:tpm_version", "2.0"}, {"hw:tpm_model", "tpm-foo"}},
            {},
            "ERROR",
            "Invalid TPM model 'tpm-foo'. Allowed values: tpm-tis, tpm-crb.",
            std::nullopt},
        Row{"Q13",
            {{"hw:tpm_version", "1.2"}, {"hw:tpm_model", "tpm-crb"}},
            {},
            "ERROR",
            "TPM model CRB is only valid with TPM version 2.0.",
            std::nullopt},
        Row{"Q15Version",
            {},
            {{"hw_tpm_version", "1.3"}},
            "400",
            "Invalid image metadata. Error: Field value 1.3 is invalid",
            std::nullopt},
        Row{"Q15Model",
            {},
            {{"hw_tpm_model", "TIS"}},
            "400",
            "Invalid image metadata. Error: Field value TIS is invalid",
            std::nullopt},
        Row{"Q18",
            {{"hw:tpm_version", "2.0"}, {"hw:tpm_secret_security", "bogus"}},
            {},
            "ERROR",
            "No valid host was found. Scheduling failed: TPM secret security 'bogus' is not "
            "supported.",
            std::nullopt},
        Row{"Q20",
            {{"trait:COMPUTE_SECURITY_TPM_2_0", "required"}},
            {},
            "ACTIVE",
            "",
            std::nullopt},
        // spec: nova-vtpm §SCH-5
        Row{"UnknownTraitIsNoValidHost",
            {{"trait:COMPUTE_SECURITY_TPM_9", "required"}},
            {},
            "ERROR",
            "No valid host was found. ",
            std::nullopt}),
    [](const auto& row) { return std::string(row.param.name); });

using CloudRequests = CloudTest;

// spec: nova-vtpm §REQ-9, row Q14
TEST_F(CloudRequests, UnifiedLimitsAnswer500AndMakeNoServer) {
    CloudOptions options;
    options.quota_driver = "unified-limits";
    start(options);
    const auto bad = make_flavor({{"hw:tpm_version", "1.2"}, {"hw:tpm_model", "tpm-crb"}});
    const auto image = make_image();
    const auto answer = try_create(bad, image);
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.body.at("computeFault").at("message"),
              "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/ and "
              "attach the Nova API log if possible.\n<class 'nova.exception.Invalid'>");
    EXPECT_TRUE(call("owner", "GET", "/servers").body.at("servers").empty());
    // The image is not looked at there.
    const auto good = make_flavor({{"hw:tpm_version", "2.0"}}, "good");
    const auto id = create(good, make_image({{"hw_tpm_version", "1.2"}}));
    static_cast<void>(wait_for(id, "ERROR"));
}

// spec: nova-vtpm §REQ-6, row Q19
TEST_F(CloudRequests, ImageCannotChooseTheMode) {
    start();
    const auto id =
        create_active({{"hw:tpm_version", "2.0"}}, {{"hw_tpm_secret_security", "host"}});
    EXPECT_TRUE(hypervisor().secret_of(id).is_private);
    EXPECT_TRUE(hypervisor().secrets()->empty());
}

// spec: nova-vtpm §SPN-6, row Q23
TEST_F(CloudRequests, ServersOfOneRequestHaveSecretsOfTheirOwn) {
    start();
    const auto flavor = make_flavor({{"hw:tpm_version", "2.0"}});
    const auto answer = try_create(flavor, make_image(), "owner", {{"min_count", 2}});
    ASSERT_EQ(answer.status, 202);
    const auto listed = call("owner", "GET", "/servers?name=%5Es1-%5B0-9%5D%2B%24").body;
    ASSERT_EQ(listed.at("servers").size(), 2u);
    std::set<std::string> secrets, passphrases;
    for (const auto& server : listed.at("servers")) {
        const std::string id = server.at("id");
        static_cast<void>(wait_for(id, "ACTIVE"));
        secrets.insert(hypervisor().secret_of(id).uuid);
        passphrases.insert(hypervisor().passphrase_of(id));
    }
    EXPECT_EQ(secrets.size(), 2u);
    EXPECT_EQ(passphrases.size(), 2u);
    for (const auto& server : listed.at("servers"))
        remove(server.at("id"));
    expect_nothing_left();
}

// spec: nova-vtpm §REQ-1, row Q07
TEST_F(CloudRequests, ModelWithoutVersionIsWarnedAbout) {
    start();
    const auto id = create_with({{"hw:tpm_model", "tpm-crb"}});
    EXPECT_EQ(cloud_->warnings(id).value(),
              std::vector<std::string>{
                  "a TPM model is asked for without a TPM version: server s1 gets no TPM"});
    static_cast<void>(wait_for(id, "ACTIVE"));
}

// spec: nova-vtpm §REQ-7
TEST_F(CloudRequests, FlavorChangedLaterChangesNoServer) {
    start();
    const auto flavor = make_flavor({{"hw:tpm_version", "2.0"}});
    const auto id = create(flavor, make_image());
    static_cast<void>(wait_for(id, "ACTIVE"));
    EXPECT_EQ(
        call("admin", "DELETE", "/flavors/" + flavor + "/os-extra_specs/hw:tpm_version").status,
        200);
    EXPECT_EQ(wait_for(id, "ACTIVE").at("flavor").at("extra_specs"),
              (json{{"hw:tpm_version", "2.0"}}));
}

HostSpec host(const std::string& name, std::set<SecretSecurity> modes = {SecretSecurity::user}) {
    HostSpec spec;
    spec.name = name;
    spec.supported_tpm_secret_security = std::move(modes);
    return spec;
}

// spec: nova-vtpm §11.2 row H01
TEST_F(CloudRequests, NoHostWithSwtpmIsNoValidHost) {
    CloudOptions options;
    options.hosts[0].swtpm_enabled = false;
    start(options);
    const auto id = create_with({{"hw:tpm_version", "2.0"}});
    EXPECT_EQ(wait_for(id, "ERROR").at("fault").at("message"), "No valid host was found. ");
}

// spec: nova-vtpm §11.2 rows H02 and H03
TEST_F(CloudRequests, CrbOnAHostWithoutItFailsInSchedulingSinceDalmatian) {
    CloudOptions options;
    options.models["compute-1"].tpm_models = {TpmModel::tis};
    start(options);
    const auto id = create_with({{"hw:tpm_version", "2.0"}, {"hw:tpm_model", "tpm-crb"}});
    EXPECT_EQ(wait_for(id, "ERROR").at("fault").at("message"), "No valid host was found. ");
    EXPECT_EQ(hypervisor().count("define"), 0);
}

TEST_F(CloudRequests, CrbOnAHostWithoutItFailsInLibvirtBefore) {
    CloudOptions options;
    options.release = "caracal";
    options.models["compute-1"].tpm_models = {TpmModel::tis};
    start(options);
    const auto id = create_with({{"hw:tpm_version", "2.0"}, {"hw:tpm_model", "tpm-crb"}});
    EXPECT_EQ(wait_for(id, "ERROR").at("fault").at("message"),
              "Exceeded maximum number of retries. Exhausted all hosts available for retrying "
              "build failures for instance " +
                  id + ".");
    EXPECT_EQ(hypervisor().count("define"), 1);
    expect_nothing_left();
}

// spec: nova-vtpm §11.2 rows H04 to H06
TEST_F(CloudRequests, ModeChoosesTheHost) {
    CloudOptions options;
    options.hosts = {host("compute-1", {SecretSecurity::user}),
                     host("compute-2", {SecretSecurity::host}), host("compute-3", {})};
    start(options);
    const auto image = make_image();
    const auto in_mode = [&](const std::string& mode) {
        return create(
            make_flavor({{"hw:tpm_version", "2.0"}, {"hw:tpm_secret_security", mode}}, mode),
            image);
    };
    EXPECT_EQ(wait_for(in_mode("host"), "ACTIVE").at("OS-EXT-SRV-ATTR:host"), "compute-2");
    EXPECT_EQ(wait_for(in_mode("user"), "ACTIVE").at("OS-EXT-SRV-ATTR:host"), "compute-1");
    EXPECT_EQ(wait_for(in_mode("deployment"), "ERROR").at("fault").at("message"),
              "No valid host was found. ");
}

// spec: nova-vtpm §11.2 rows H07 and H12
TEST_F(CloudRequests, QueriesHaveTheExactTraits) {
    start();
    const auto image = make_image();
    const auto query_of = [&](const Properties& extra_specs, const std::string& name) {
        static_cast<void>(wait_for(create(make_flavor(extra_specs, name), image), "ACTIVE"));
        std::string last;
        for (const auto& entry : entries_of("placement"))
            if (entry.target.starts_with("/allocation_candidates")) {
                last = entry.target;
                EXPECT_EQ(entry.microversion, "1.36");
                EXPECT_EQ(entry.user, "nova");
            }
        return last;
    };
    EXPECT_EQ(query_of({{"hw:tpm_version", "2.0"}, {"hw:tpm_model", "tpm-crb"}}, "crb"),
              "/allocation_candidates?limit=1000&required=COMPUTE_SECURITY_TPM_2_0%2C"
              "COMPUTE_SECURITY_TPM_CRB&resources=MEMORY_MB%3A64%2CVCPU%3A1&root_required="
              "COMPUTE_SECURITY_TPM_SECRET_SECURITY_USER%2C%21COMPUTE_STATUS_DISABLED");
    EXPECT_EQ(query_of({}, "plain"),
              "/allocation_candidates?limit=1000&resources=MEMORY_MB%3A64%2CVCPU%3A1"
              "&root_required=%21COMPUTE_STATUS_DISABLED");
}

TEST_F(CloudRequests, ServersSpreadOverFreeMemoryAndAFullCloudIsNoValidHost) {
    CloudOptions options;
    options.hosts = {host("compute-1"), host("compute-2")};
    for (auto& spec : options.hosts)
        spec.memory_mib = 100;
    start(options);
    const auto flavor = make_flavor();
    const auto image = make_image();
    EXPECT_EQ(wait_for(create(flavor, image), "ACTIVE").at("OS-EXT-SRV-ATTR:host"), "compute-1");
    EXPECT_EQ(wait_for(create(flavor, image), "ACTIVE").at("OS-EXT-SRV-ATTR:host"), "compute-2");
    EXPECT_EQ(wait_for(create(flavor, image), "ERROR").at("fault").at("message"),
              "No valid host was found. ");
}

TEST_F(CloudRequests, RequestThatDoesNotFitAsAWholeTakesNothing) {
    CloudOptions options;
    options.hosts[0].memory_mib = 100;
    start(options);
    const auto answer = try_create(make_flavor(), make_image(), "owner", {{"min_count", 2}});
    ASSERT_EQ(answer.status, 202);
    const auto listed = call("owner", "GET", "/servers").body;
    ASSERT_EQ(listed.at("servers").size(), 2u);
    for (const auto& server : listed.at("servers")) {
        EXPECT_EQ(wait_for(server.at("id"), "ERROR").at("fault").at("message"),
                  "No valid host was found. There are not enough hosts available.");
        remove(server.at("id"));
    }
    expect_nothing_left();
}

TEST_F(CloudRequests, AdministratorNamesTheHost) {
    CloudOptions options;
    options.hosts = {host("compute-1"), host("compute-2")};
    start(options);
    const auto flavor = make_flavor();
    const auto image = make_image();
    const auto on = [&](const std::string& persona, const std::string& name) {
        return try_create(flavor, image, persona, {{"host", name}});
    };
    EXPECT_EQ(on("owner", "compute-2").status, 403);
    EXPECT_EQ(on("admin", "compute-3").body.at("badRequest").at("message"),
              "Compute host compute-3 could not be found.");
    const auto answer = on("admin", "compute-2");
    // The image is the owner's; an administrator sees every image.
    ASSERT_EQ(answer.status, 202) << answer.body;
    EXPECT_EQ(wait_for(answer.body["server"]["id"], "ACTIVE").at("OS-EXT-SRV-ATTR:host"),
              "compute-2");
}

} // namespace
} // namespace vtpmlab::cloud
