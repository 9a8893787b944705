#include "core/error_text.h"
#include "golden.h"
#include "scenario/load.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vtpmlab::scenario {
namespace {

using nlohmann::json;

ScenarioFile loaded(const std::string& text, const std::string& name = "dir/tpm.yaml") {
    auto file = check_text(name, text);
    EXPECT_TRUE(file) << error_text(file.error().front());
    return file ? *std::move(file) : ScenarioFile{};
}

std::vector<std::string> case_names(const ScenarioFile& file) {
    std::vector<std::string> names;
    for (const auto& one : file.cases)
        names.push_back(one.name);
    return names;
}

const std::string step = "steps:\n  - expect-nothing-left: {}\n";

TEST(Load, FillsInWhatIsNotSaid) {
    const ScenarioFile file = loaded("scenario: a title\n" + step);
    EXPECT_EQ(file.title, "a title");
    EXPECT_EQ(file.timeout, std::chrono::seconds(120));
    EXPECT_EQ(file.depths, (std::vector{Depth::guest, Depth::model}));
    ASSERT_EQ(file.cases.size(), 1u);
    EXPECT_EQ(file.cases[0].name, "tpm");
    EXPECT_EQ(file.cases[0].cloud, CloudSpec{});
    EXPECT_EQ(file.cases[0].steps.at(0).by, "owner");
    EXPECT_EQ(file.cases[0].steps.at(0).name, "expect-nothing-left");
    EXPECT_TRUE(file.warnings.empty());
}

TEST(Load, ReadsTheCloudOfEachCase) {
    const ScenarioFile file =
        loaded("scenario: x\n"
               "release: \"${{ matrix.release }}\"\n"
               "matrix: {release: [epoxy, gazpacho]}\n"
               "cloud:\n"
               "  quota_driver: unified-limits\n"
               "  key_manager_in_catalog: false\n"
               "  hosts:\n"
               "    - {name: a, swtpm_enabled: false, swtpm_user: u, vcpus: 2,\n"
               "       memory_mib: 100, disk_gib: 1, swtpm_group: g}\n"
               "    - {name: b, supported_tpm_secret_security: [host]}\n" +
               step);
    ASSERT_EQ(file.cases.size(), 2u);
    HostSpec a;
    a.name = "a";
    a.swtpm_enabled = false;
    a.swtpm_user = "u";
    a.swtpm_group = "g";
    a.vcpus = 2;
    a.memory_mib = 100;
    a.disk_gib = 1;
    HostSpec b;
    b.name = "b";
    b.supported_tpm_secret_security = {SecretSecurity::host};
    EXPECT_EQ(file.cases[0].cloud, (CloudSpec{"epoxy", {a, b}, "unified-limits", false}));
    EXPECT_EQ(file.cases[1].cloud.release, "gazpacho");
}

TEST(Load, ReadsTheFaultsOfEachCaseWithTheirPlaces) {
    const ScenarioFile file = loaded("scenario: x\n"
                                     "matrix:\n"
                                     "  failure:\n"
                                     "    refused: {service: barbican, status: 403}\n"
                                     "    dropped: {service: barbican, reset: true}\n"
                                     "faults:\n"
                                     "  - ${{ matrix.failure }}\n"
                                     "  - {service: glance, method: GET, delay: 250ms}\n" +
                                     step);
    ASSERT_EQ(file.cases.size(), 2u);
    FaultRule refused;
    refused.service = "barbican";
    refused.action = FaultAction::status;
    refused.status = 403;
    FaultRule late;
    late.service = "glance";
    late.method = "GET";
    late.delay = std::chrono::milliseconds(250);
    ASSERT_EQ(file.cases[0].faults.size(), 2u);
    EXPECT_EQ(file.cases[0].faults[0].rule, refused);
    EXPECT_EQ(file.cases[0].faults[1].rule, late);
    EXPECT_EQ(file.cases[0].faults[1].place.line, 8);
    EXPECT_EQ(file.cases[1].faults.at(0).rule.action, FaultAction::reset);
}

TEST(Matrix, MakesACaseOfEachCombinationInTheOrderOfTheFile) {
    const ScenarioFile file = loaded("scenario: x\n"
                                     "matrix:\n"
                                     "  tpm:\n"
                                     "    new: {version: \"2.0\"}\n"
                                     "    1.2-tis: {version: \"1.2\"}\n"
                                     "  asked_by: [image, flavor]\n"
                                     "  round: [2.10, 1]\n"
                                     "  exclude:\n"
                                     "    - {tpm: 1.2-tis, asked_by: image}\n"
                                     "    - {round: 2.10, tpm: new}\n" +
                                     step);
    EXPECT_EQ(case_names(file),
              (std::vector<std::string>{"tpm[tpm=new,asked_by=image,round=1]",
                                        "tpm[tpm=new,asked_by=flavor,round=1]",
                                        "tpm[tpm=1.2-tis,asked_by=flavor,round=2.10]",
                                        "tpm[tpm=1.2-tis,asked_by=flavor,round=1]"}));
    EXPECT_EQ(file.cases[0].matrix,
              (json{{"tpm", {{"version", "2.0"}}}, {"asked_by", "image"}, {"round", 1}}));
}

TEST(Matrix, ValuesKeepTheirTypeAndTheirPlace) {
    const ScenarioFile file =
        loaded("scenario: x\n"
               "labels: [smoke, \"${{ matrix.request.row }}\"]\n"
               "matrix:\n"
               "  request:\n"
               "    small: {ram: 128, specs: {\"hw:tpm_version\": \"2.0\"}, row: Q1}\n"
               "steps:\n"
               "  - flavor-create:\n"
               "      name: ${{ matrix.request.row }}-flavor\n"
               "      ram: ${{ matrix.request.ram }}\n"
               "      vcpus: 1\n"
               "      disk: 0\n"
               "      properties: ${{ matrix.request.specs }}\n"
               "    by: admin\n");
    const Step& made = file.cases.at(0).steps.at(0);
    EXPECT_EQ(made.args.value, (json{{"name", "Q1-flavor"},
                                     {"ram", 128},
                                     {"vcpus", 1},
                                     {"disk", 0},
                                     {"properties", {{"hw:tpm_version", "2.0"}}}}));
    EXPECT_EQ(made.args.place("/properties/hw:tpm_version").line, 5);
    EXPECT_EQ(made.args.place("/vcpus").text(), "dir/tpm.yaml:10:14");
    EXPECT_EQ(made.place.text(), "dir/tpm.yaml:7:5");
    EXPECT_EQ(file.cases[0].labels, (std::vector<std::string>{"smoke", "Q1"}));
    EXPECT_EQ(file.labels, (std::vector<std::string>{"Q1", "smoke"}));
}

TEST(Matrix, ANumberInsideATextReadsAsItIsWritten) {
    const ScenarioFile file =
        loaded("scenario: x\n"
               "matrix: {microversion: [2.10, 0x10]}\n"
               "steps:\n"
               "  - expect-warning: {text: \"v${{ matrix.microversion }}\"}\n");
    EXPECT_EQ(file.cases.at(0).steps.at(0).args.value["text"], "v2.10");
    EXPECT_EQ(file.cases.at(1).steps.at(0).args.value["text"], "v0x10");
}

TEST(Load, KeepsBindingsForTheRun) {
    const ScenarioFile file = loaded("scenario: x\n"
                                     "steps:\n"
                                     "  - trait-list: {host: compute-1}\n"
                                     "    by: admin\n"
                                     "    as: traits\n"
                                     "    name: look around\n"
                                     "    expect: {traits: {length: 3}}\n"
                                     "  - expect-warning: {text: \"${{ traits.traits.0 }}\"}\n");
    const Step& look = file.cases.at(0).steps.at(0);
    EXPECT_EQ(look.verb, "trait-list");
    EXPECT_EQ(look.by, "admin");
    EXPECT_EQ(look.bind_as, "traits");
    EXPECT_EQ(look.name, "look around");
    ASSERT_TRUE(look.expect);
    EXPECT_EQ(look.expect->value, (json{{"traits", {{"length", 3}}}}));
    EXPECT_EQ(look.expect->place("/traits/length").line, 7);
    EXPECT_EQ(file.cases[0].steps.at(1).args.value["text"], "${{ traits.traits.0 }}");
}

TEST(Load, WarnsOfABindingNobodyUses) {
    const ScenarioFile file = loaded("scenario: x\n"
                                     "matrix: {round: [1, 2]}\n"
                                     "steps:\n"
                                     "  - trait-list: {host: compute-1}\n"
                                     "    as: traits\n");
    EXPECT_EQ(file.warnings,
              std::vector<std::string>{"dir/tpm.yaml:5:9: binding 'traits' is never used"});
}

TEST(Load, ShowsTheLineOfAFaultFoundLater) {
    const ScenarioFile file = loaded("scenario: x\n" + step);
    EXPECT_EQ(error_text(file.source->error(file.cases.at(0).steps.at(0).place, "it is", "do")),
              "dir/tpm.yaml:3:5: it is\n"
              "    3 |   - expect-nothing-left: {}\n"
              "      |     ^\n"
              "  hint: do\n");
}

TEST(SourceText, ShowsAWindowOfALongLine) {
    const SourceText source("x.yaml", std::string(1000, 'a') + "HERE" + std::string(1000, 'b'));
    const Error error = source.error({"x.yaml", 1, 1001}, "long");
    EXPECT_LT(error.line.size(), 180u);
    EXPECT_EQ(error.line.substr(static_cast<std::size_t>(error.column) - 1 + 2, 4), "HERE")
        << "the '…' in front is one character of three bytes";
}

class Shipped : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(Shipped, LoadsWithoutAWarning) {
    const auto file = check(GetParam());
    ASSERT_TRUE(file) << error_text(file.error().front());
    EXPECT_EQ(file->warnings, std::vector<std::string>{});
    EXPECT_FALSE(file->labels.empty()) << "nobody can choose it with --label";
}

INSTANTIATE_TEST_SUITE_P(Scenario, Shipped,
                         testing::ValuesIn(yaml_files(source_root() / "scenarios")),
                         [](const auto& tested) {
                             std::string name = tested.param.stem().string();
                             for (char& c : name)
                                 c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
                             return tested.param.parent_path().filename().string() + "_" + name;
                         });

} // namespace
} // namespace vtpmlab::scenario
