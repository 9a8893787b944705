#include <vtpmlab/release_profile.h>
#include <vtpmlab/tpm_rules.h>
#include <vtpmlab/traits.h>

#include <gtest/gtest.h>

#include <tuple>

namespace vtpmlab {
namespace {

constexpr TpmDevice tis_12{TpmVersion::v1_2, TpmModel::tis};
constexpr TpmDevice tis_20{TpmVersion::v2_0, TpmModel::tis};
constexpr TpmDevice crb_20{TpmVersion::v2_0, TpmModel::crb};

struct Accepted {
    const char* name;
    Properties extra_specs;
    Properties image;
    std::optional<TpmDevice> device;
};

class TpmRulesAccept : public testing::TestWithParam<Accepted> {};

TEST_P(TpmRulesAccept, GivesTheDevice) {
    const auto& row = GetParam();
    const auto device = vtpm_constraint({"small", row.extra_specs}, {"micro", row.image});
    ASSERT_TRUE(device) << device.error().message;
    EXPECT_EQ(*device, row.device);
}

// spec: nova-vtpm §REQ-1 §REQ-2, rows Q01 to Q08
INSTANTIATE_TEST_SUITE_P(
    Rows, TpmRulesAccept,
    testing::Values(
        Accepted{"NothingAsked", {}, {}, std::nullopt},
        Accepted{"Q01VersionAloneIsTis", {{"hw:tpm_version", "2.0"}}, {}, tis_20},
        Accepted{"Q02VersionOneTwoTis",
                 {{"hw:tpm_version", "1.2"}, {"hw:tpm_model", "tpm-tis"}},
                 {},
                 tis_12},
        Accepted{"Q03Crb", {{"hw:tpm_version", "2.0"}, {"hw:tpm_model", "tpm-crb"}}, {}, crb_20},
        Accepted{"Q04Image", {}, {{"hw_tpm_version", "2.0"}, {"hw_tpm_model", "tpm-crb"}}, crb_20},
        Accepted{"Q05VersionInFlavorModelInImage",
                 {{"hw:tpm_version", "2.0"}},
                 {{"hw_tpm_model", "tpm-crb"}},
                 crb_20},
        Accepted{"Q05VersionInImageModelInFlavor",
                 {{"hw:tpm_model", "tpm-crb"}},
                 {{"hw_tpm_version", "2.0"}},
                 crb_20},
        Accepted{"Q06EqualValues",
                 {{"hw:tpm_version", "1.2"}, {"hw:tpm_model", "tpm-tis"}},
                 {{"hw_tpm_version", "1.2"}, {"hw_tpm_model", "tpm-tis"}},
                 tis_12},
        Accepted{"Q07ModelOnly", {{"hw:tpm_model", "tpm-crb"}}, {}, std::nullopt},
        Accepted{"Q07UnknownModelOnly", {{"hw:tpm_model", "tpm-foo"}}, {}, std::nullopt},
        Accepted{"Q08ConflictingModelsNoVersion",
                 {{"hw:tpm_model", "tpm-crb"}},
                 {{"hw_tpm_model", "tpm-tis"}},
                 std::nullopt},
        Accepted{"Q20TraitIsNoTrigger",
                 {{"trait:COMPUTE_SECURITY_TPM_2_0", "required"}},
                 {},
                 std::nullopt},
        Accepted{"EmptyFlavorValueDoesNotConflict",
                 {{"hw:tpm_version", ""}},
                 {{"hw_tpm_version", "2.0"}},
                 tis_20},
        Accepted{"EmptyFlavorValueAlone", {{"hw:tpm_version", ""}}, {}, std::nullopt}),
    [](const auto& row) { return std::string(row.param.name); });

struct Refused {
    const char* name;
    Properties extra_specs;
    Properties image;
    RuleViolation::Kind kind;
    const char* message;
};

class TpmRulesRefuse : public testing::TestWithParam<Refused> {};

TEST_P(TpmRulesRefuse, WithNovasWords) {
    const auto& row = GetParam();
    const auto device = vtpm_constraint({"small", row.extra_specs}, {"micro", row.image});
    ASSERT_FALSE(device);
    EXPECT_EQ(device.error().message, row.message);
    EXPECT_EQ(device.error().kind, row.kind);
}

constexpr auto conflict = RuleViolation::Kind::flavor_image_conflict;
constexpr auto invalid = RuleViolation::Kind::invalid;

// spec: nova-vtpm §REQ-2 §REQ-3, rows Q09 to Q13
INSTANTIATE_TEST_SUITE_P(
    Rows, TpmRulesRefuse,
    testing::Values(
        Refused{"Q09VersionConflict",
                {{"hw:tpm_version", "2.0"}},
                {{"hw_tpm_version", "1.2"}},
                conflict,
                "Flavor small has hw:tpm_version extra spec explicitly set to 2.0, conflicting "
                "with image micro which has hw_tpm_version explicitly set to 1.2."},
        Refused{"Q10ModelConflict",
                {{"hw:tpm_version", "2.0"}, {"hw:tpm_model", "tpm-crb"}},
                {{"hw_tpm_model", "tpm-tis"}},
                conflict,
                "Flavor small has hw:tpm_model extra spec explicitly set to tpm-crb, conflicting "
                "with image micro which has hw_tpm_model explicitly set to tpm-tis."},
        Refused{"Q11BadVersion",
                {{"hw:tpm_version", "1.3"}},
                {},
                invalid,
                "Invalid TPM version '1.3'. Allowed values: 1.2, 2.0."},
        Refused{"Q12BadModel",
                {{"hw:tpm_version", "2.0"}, {"hw:tpm_model", "tpm-foo"}},
                {},
                invalid,
                "Invalid TPM model 'tpm-foo'. Allowed values: tpm-tis, tpm-crb."},
        Refused{"Q13CrbWithOneTwo",
                {{"hw:tpm_version", "1.2"}, {"hw:tpm_model", "tpm-crb"}},
                {},
                invalid,
                "TPM model CRB is only valid with TPM version 2.0."},
        // The order of the checks shows where two rules are broken at once.
        Refused{"VersionConflictBeforeBadVersion",
                {{"hw:tpm_version", "1.3"}},
                {{"hw_tpm_version", "1.2"}},
                conflict,
                "Flavor small has hw:tpm_version extra spec explicitly set to 1.3, conflicting "
                "with image micro which has hw_tpm_version explicitly set to 1.2."},
        Refused{"BadVersionBeforeModelConflict",
                {{"hw:tpm_version", "1.3"}, {"hw:tpm_model", "tpm-crb"}},
                {{"hw_tpm_model", "tpm-tis"}},
                invalid,
                "Invalid TPM version '1.3'. Allowed values: 1.2, 2.0."},
        Refused{"QuotesAsPythonDoes",
                {{"hw:tpm_version", "it's"}},
                {},
                invalid,
                "Invalid TPM version \"it's\". Allowed values: 1.2, 2.0."}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(TpmRules, ConflictCarries500AndInvalid400) {
    EXPECT_EQ((RuleViolation{conflict, ""}.http_code()), 500);
    EXPECT_EQ((RuleViolation{invalid, ""}.http_code()), 400);
}

// spec: nova-vtpm §REQ-10
TEST(TpmRules, UnknownSecretSecurityIsTreatedAsUser) {
    EXPECT_EQ(secret_security({"f", {}}), SecretSecurity::user);
    EXPECT_EQ(secret_security({"f", {{"hw:tpm_secret_security", "host"}}}), SecretSecurity::host);
    EXPECT_EQ(secret_security({"f", {{"hw:tpm_secret_security", "bogus"}}}), SecretSecurity::user);
    EXPECT_EQ(requested_secret_security({"f", {{"hw:tpm_secret_security", "bogus"}}}), "bogus");
}

// spec: nova-vtpm §REQ-1, row Q07
TEST(TpmRules, NoticesAModelWithoutVersion) {
    EXPECT_TRUE(has_model_without_version({"f", {{"hw:tpm_model", "tpm-crb"}}}, {}));
    EXPECT_TRUE(has_model_without_version({}, {"i", {{"hw_tpm_model", "tpm-crb"}}}));
    EXPECT_FALSE(has_model_without_version({"f", {{"hw:tpm_model", "tpm-crb"}}},
                                           {"i", {{"hw_tpm_version", "2.0"}}}));
    EXPECT_FALSE(has_model_without_version({}, {}));
}

// spec: nova-vtpm §2.1
TEST(Traits, FollowTheDevice) {
    EXPECT_EQ(traits::of(TpmVersion::v1_2), "COMPUTE_SECURITY_TPM_1_2");
    EXPECT_EQ(traits::of(TpmModel::crb), "COMPUTE_SECURITY_TPM_CRB");
    EXPECT_EQ(traits::of(SecretSecurity::deployment),
              "COMPUTE_SECURITY_TPM_SECRET_SECURITY_DEPLOYMENT");
}

// spec: nova-vtpm §0.3
TEST(ReleaseProfile, SwitchesComeWithTheirEra) {
    ASSERT_EQ(find_release("train"), nullptr);
    EXPECT_FALSE(find_release("caracal")->model_traits);
    EXPECT_TRUE(find_release("dalmatian")->model_traits);
    EXPECT_FALSE(find_release("flamingo")->secret_security);
    EXPECT_TRUE(find_release("gazpacho")->secret_security);
    EXPECT_TRUE(find_release("gazpacho")->forbidden_secret_aborts_build);
    EXPECT_FALSE(find_release("dalmatian")->manager_deletes_secret);
    EXPECT_TRUE(find_release("epoxy")->manager_deletes_secret);
}

// Everything but the names; a switch that is added has to be added here.
auto switches_of(const ReleaseProfile& profile) {
    const auto& [name, display, microversion, policy, model_traits, from_capabilities,
                 manager_deletes, security, aborts, status, keeps, libvirt_keeps, live, resize,
                 manager_migrates] = profile;
    static_cast<void>(name), static_cast<void>(display);
    return std::tuple(microversion, policy, model_traits, from_capabilities, manager_deletes,
                      security, aborts, status, keeps, libvirt_keeps, live, resize,
                      manager_migrates);
}

// Flags K and M; what else a release is, its variants are too.
TEST(ReleaseProfile, VariantsDifferInNamedSwitchesAlone) {
    const auto with = [](const char* name, auto change) {
        auto profile = *find_release(name);
        change(profile);
        return profile;
    };
    const auto differ_in_names_alone = [](const ReleaseProfile& a, const ReleaseProfile& b) {
        return switches_of(a) == switches_of(b);
    };
    const auto without_fixes = [](ReleaseProfile& profile) {
        profile.keeps_tpm_on_temporary_undefine = profile.manager_deletes_secret = false;
    };
    EXPECT_TRUE(differ_in_names_alone(*find_release("epoxy-31.2"), with("epoxy", without_fixes)));
    EXPECT_TRUE(
        differ_in_names_alone(*find_release("flamingo-32.1"), with("flamingo", without_fixes)));
    for (const std::string release : {"epoxy", "flamingo", "gazpacho"}) {
        const auto* variant = find_release(release + "-old-libvirt");
        ASSERT_NE(variant, nullptr) << release;
        EXPECT_FALSE(variant->libvirt_keeps_tpm);
        EXPECT_TRUE(variant->keeps_tpm_on_temporary_undefine);
        EXPECT_TRUE(variant->manager_deletes_secret);
        EXPECT_TRUE(
            differ_in_names_alone(*variant, with(release.c_str(), [](ReleaseProfile& profile) {
                profile.libvirt_keeps_tpm = false;
            })));
    }
    for (const auto& profile : release_profiles)
        EXPECT_FALSE(profile.name.empty());
}

} // namespace
} // namespace vtpmlab
