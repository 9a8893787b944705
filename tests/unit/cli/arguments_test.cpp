#include "cli/arguments.h"
#include "core/error_text.h"

#include <vtpmlab/release_profile.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace vtpmlab::cli {
namespace {

using testing::ElementsAre;

std::string refusal(std::vector<std::string> arguments) {
    const auto command = parse_arguments(std::move(arguments), 2);
    if (command)
        return "no error";
    EXPECT_EQ(command.error().kind, ErrorKind::usage);
    return error_text(command.error());
}

RunCommand run_of(std::vector<std::string> arguments) {
    auto command = parse_arguments(std::move(arguments), 2);
    if (!command || !std::holds_alternative<RunCommand>(*command)) {
        ADD_FAILURE() << "not a run";
        return {};
    }
    return std::get<RunCommand>(*command);
}

TEST(Arguments, HaveDefaultsForARun) {
    const RunCommand run = run_of({"run", "scenarios"});
    EXPECT_THAT(run.paths, ElementsAre("scenarios"));
    EXPECT_EQ(run.depth, Depth::guest);
    EXPECT_EQ(run.jobs, 2U);
    EXPECT_EQ(run.keep, KeepFiles::no);
    EXPECT_EQ(run.out, "");
    EXPECT_EQ(run_of({"run", "scenarios", "--depth", "model"}).jobs, 4U);
    EXPECT_EQ(run_of({"run", "scenarios", "--depth", "model", "--jobs", "1"}).jobs, 1U);
}

TEST(Arguments, TakeEveryOptionOfARun) {
    const RunCommand run =
        run_of({"run",         "a.yaml", "--depth", "model",  "--label", "smoke and not slow",
                "--case",      "a[x=1]", "--case",  "a[x=2]", "b.yaml",  "--jobs",
                "7",           "--keep", "--out",   "o",      "--junit", "j.xml",
                "--guest-dir", "g"});
    EXPECT_THAT(run.paths, ElementsAre("a.yaml", "b.yaml"));
    EXPECT_EQ(run.depth, Depth::model);
    EXPECT_EQ(run.label, "smoke and not slow");
    EXPECT_THAT(run.cases, ElementsAre("a[x=1]", "a[x=2]"));
    EXPECT_EQ(run.jobs, 7U);
    EXPECT_EQ(run.keep, KeepFiles::yes);
    EXPECT_EQ(run.out, "o");
    EXPECT_EQ(run.junit, "j.xml");
    EXPECT_EQ(run.guest_directory, "g");
}

TEST(Arguments, KeepTheBracketsAndCommasOfACaseName) {
    EXPECT_THAT(run_of({"run", "a.yaml", "--case", "a[tpm=2.0-crb,asked_by=image]"}).cases,
                ElementsAre("a[tpm=2.0-crb,asked_by=image]"));
}

TEST(Arguments, RefuseJobsThatAreNoNumberOfJobs) {
    for (const char* jobs : {"0", "-1", "two", "1.5", "257", "99999999999999999999"})
        EXPECT_EQ(refusal({"run", "a.yaml", std::string("--jobs=") + jobs}),
                  std::string("error: --jobs must be a number from 1 to 256, not '") + jobs +
                      "'\n"
                      "  hint: leave it out to run 2 at a time, one for each core\n");
    EXPECT_EQ(refusal({"run", "a.yaml", "--jobs="}), "error: --jobs: 1 required TEXT missing\n"
                                                     "  hint: see `vtpmlab run --help`\n");
}

TEST(Arguments, RefuseAnUnknownDepth) {
    EXPECT_EQ(refusal({"run", "a.yaml", "--depth", "gest"}),
              "error: --depth must be guest or model, not 'gest'\n"
              "  hint: did you mean 'guest'?\n");
}

TEST(Arguments, NameTheNearestOption) {
    EXPECT_EQ(refusal({"run", "a.yaml", "--jbos=3"}), "error: unknown option '--jbos'\n"
                                                      "  hint: did you mean '--jobs'?\n");
    EXPECT_EQ(refusal({"run", "a.yaml", "--zzzzzzz"}), "error: unknown option '--zzzzzzz'\n"
                                                       "  hint: see `vtpmlab run --help`\n");
}

TEST(Arguments, NameTheNearestCommand) {
    EXPECT_EQ(refusal({"chek", "a.yaml"}), "error: unknown command 'chek'\n"
                                           "  hint: did you mean 'check'?\n");
}

TEST(Arguments, AskForACommandAndForScenarios) {
    EXPECT_EQ(refusal({}), "error: no command is given\n"
                           "  hint: see `vtpmlab --help`\n");
    EXPECT_EQ(refusal({"run"}), "error: no scenario is named\n"
                                "  hint: for example: vtpmlab run scenarios/smoke\n");
    EXPECT_EQ(refusal({"check"}), "error: no scenario is named\n"
                                  "  hint: for example: vtpmlab check scenarios/smoke\n");
}

TEST(Arguments, RefuseAnOptionWithoutItsValue) {
    EXPECT_EQ(refusal({"run", "a.yaml", "--out"}), "error: --out: 1 required TEXT missing\n"
                                                   "  hint: see `vtpmlab run --help`\n");
}

TEST(Arguments, LetNoArgumentMoveTheCursor) {
    EXPECT_EQ(refusal({"run", "a.yaml", "--depth", "\x1b[2J"}),
              "error: --depth must be guest or model, not '\\x1b[2J'\n");
}

TEST(Arguments, KnowTheOtherCommands) {
    EXPECT_TRUE(std::holds_alternative<DoctorCommand>(*parse_arguments({"doctor"}, 2)));
    EXPECT_TRUE(std::holds_alternative<VersionCommand>(*parse_arguments({"version"}, 2)));
    const auto list = parse_arguments({"list", "a.yaml", "--format", "json"}, 2);
    EXPECT_EQ(std::get<ListCommand>(*list).format, ListFormat::json);
}

TEST(Arguments, ExplainThemselves) {
    const auto help = parse_arguments({"run", "--help"}, 2);
    ASSERT_TRUE(help);
    const auto& text = std::get<HelpCommand>(*help).text;
    for (const char* option : {"--depth", "--label", "--case", "--jobs", "--keep", "--out",
                               "--junit", "--guest-dir", "default 2, one for each core"})
        EXPECT_THAT(text, testing::HasSubstr(option));
    const auto all = std::get<HelpCommand>(*parse_arguments({"-h"}, 2)).text;
    EXPECT_THAT(all, testing::HasSubstr("77 everything skipped"));
}

// Only the exit statuses that it can have, in its own words; they stand last.
TEST(Arguments, ExplainTheExitStatusOfEachCommand) {
    const auto exit_status = [](const std::string& command) {
        const auto help = parse_arguments({command, "--help"}, 2);
        const auto& text = std::get<HelpCommand>(*help).text;
        const auto from = text.find("exit status: ");
        EXPECT_EQ(from, text.rfind("exit status: ")) << command;
        const auto to = text.find_last_not_of('\n');
        return from == std::string::npos ? text : text.substr(from, to + 1 - from);
    };
    const std::pair<const char*, const char*> commands[] = {
        {"run", "0 passed, 1 usage, 2 bad scenario, 3 lab broken, 4 product failed,\n"
                "77 everything skipped, 130 interrupted"},
        {"compare", "0 no difference, 1 a difference, or usage, 2 bad scenario,\n"
                    "3 lab broken, or no such results, 4 a case did not pass,\n"
                    "77 nothing could be compared, 130 interrupted"},
        {"list", "0 shown, 1 usage, 2 bad scenario, 3 no such results"},
        {"check", "0 all right, 1 usage, 2 bad scenario"},
        {"doctor", "0 guests can run here, 1 usage, 3 something is missing"},
        {"up", "1 usage, 3 lab broken, 77 this machine cannot hold such a cloud,\n"
               "130 taken down; with a COMMAND, what that ended with"},
        {"status", "0 shown, 1 usage, 3 no cloud is up"},
        {"probe",
         "0 the TPM is right, 1 usage, 3 no cloud is up, or its lab is broken,\n"
         "4 the guest or its TPM is not right, 77 the cloud is a model: there is no guest"},
        {"down", "0 gone, or none was up, 1 usage, 3 it cannot be taken down"},
        {"journal", "0 shown, 1 usage, 3 no cloud is up, 130 interrupted"},
        {"version", "0 printed, 1 usage"}};
    for (const auto& [command, expected] : commands)
        EXPECT_EQ(exit_status(command), std::string("exit status: ") + expected) << command;
}

UpCommand up_of(std::vector<std::string> arguments) {
    auto command = parse_arguments(std::move(arguments), 2);
    if (!command || !std::holds_alternative<UpCommand>(*command)) {
        ADD_FAILURE() << "not an up";
        return {};
    }
    return std::get<UpCommand>(*command);
}

TEST(Arguments, HaveDefaultsForACloud) {
    const auto up = up_of({"up"});
    EXPECT_EQ(up.hosts, 1U);
    EXPECT_EQ(up.depth, Depth::guest);
    EXPECT_EQ(up.release, "");
    EXPECT_EQ(up.port_base, 0U);
    EXPECT_EQ(up.listen, "127.0.0.1");
    EXPECT_EQ(up.barbican_policy, "legacy");
    EXPECT_FALSE(up.barbican_policy_nova_secret_access);
    EXPECT_FALSE(up.barbican_policy_admin_secret_access);
    EXPECT_EQ(up.barbican_policy_file, "");
    EXPECT_EQ(up.token_expiration_s, 3600U);
    EXPECT_EQ(up.image_size_cap, std::uint64_t{1} << 40);
    EXPECT_EQ(up.user_storage_quota, 0U);
    EXPECT_TRUE(up.command.empty());
}

TEST(Arguments, TakeEveryOptionOfACloud) {
    const auto up = up_of({"up",
                           "--hosts",
                           "3",
                           "--profile",
                           "caracal",
                           "--depth",
                           "model",
                           "--state",
                           "d",
                           "--port-base",
                           "5000",
                           "--listen",
                           "192.0.2.7",
                           "--listen-anyway",
                           "--barbican-policy",
                           "new",
                           "--barbican-policy-nova-secret-access",
                           "--barbican-policy-admin-secret-access",
                           "--barbican-policy-file",
                           "policy.yaml",
                           "--token-expiration",
                           "600",
                           "--image-size-cap",
                           "1000000000000",
                           "--user-storage-quota",
                           "5",
                           "--reclaim-instance-interval",
                           "3600",
                           "--resize-confirm-window",
                           "1",
                           "-v",
                           "--",
                           "openstack",
                           "server",
                           "list",
                           "--long"});
    EXPECT_EQ(up.hosts, 3U);
    EXPECT_EQ(up.reclaim_instance_interval_s, 3600U);
    EXPECT_EQ(up.resize_confirm_window_s, 1U);
    EXPECT_EQ(up.release, "caracal");
    EXPECT_EQ(up.depth, Depth::model);
    EXPECT_EQ(up.state, "d");
    EXPECT_EQ(up.port_base, 5000U);
    EXPECT_EQ(up.listen, "192.0.2.7");
    EXPECT_TRUE(up.beyond_loopback);
    EXPECT_EQ(up.barbican_policy, "new");
    EXPECT_TRUE(up.barbican_policy_nova_secret_access);
    EXPECT_TRUE(up.barbican_policy_admin_secret_access);
    EXPECT_EQ(up.barbican_policy_file, "policy.yaml");
    EXPECT_EQ(up.token_expiration_s, 600U);
    EXPECT_EQ(up.image_size_cap, 1'000'000'000'000U);
    EXPECT_EQ(up.user_storage_quota, 5U);
    EXPECT_TRUE(up.verbose);
    EXPECT_THAT(up.command, ElementsAre("openstack", "server", "list", "--long"));
}

TEST(Arguments, RefuseACloudThatCannotBe) {
    EXPECT_EQ(refusal({"up", "--hosts", "0"}),
              "error: --hosts must be a number from 1 to 1000, not '0'\n"
              "  hint: leave it out for one host\n");
    const std::string releases =
        fmt::format("it is one of: {}\n", fmt::join(release_names(), ", "));
    EXPECT_EQ(refusal({"up", "--release", "gazpatcho"}), "error: there is no release 'gazpatcho'\n"
                                                         "  hint: did you mean 'gazpacho'? " +
                                                             releases);
    EXPECT_EQ(refusal({"up", "--release", "quetzalcoatl"}),
              "error: there is no release 'quetzalcoatl'\n"
              "  hint: " +
                  releases);
    EXPECT_EQ(refusal({"up", "--port-base", "80"}),
              "error: --port-base must be a number from 1024 to 65000, not '80'\n"
              "  hint: leave it out to let the kernel choose each port\n");
    EXPECT_EQ(refusal({"up", "--barbican-policy", "legcy"}),
              "error: --barbican-policy must be legacy or new, not 'legcy'\n"
              "  hint: did you mean 'legacy'?\n");
    EXPECT_EQ(refusal({"up", "--token-expiration", "0"}),
              "error: --token-expiration must be a number from 1 to 1048576, not '0'\n"
              "  hint: in seconds; leave it out for an hour\n");
    EXPECT_EQ(refusal({"up", "--image-size-cap", "1GiB"}),
              "error: --image-size-cap must be a number from 1 to 1125899906842624, not '1GiB'\n"
              "  hint: in bytes; leave it out for 1 TiB\n");
    EXPECT_EQ(refusal({"up", "--user-storage-quota", "-1"}),
              "error: --user-storage-quota must be a number from 0 to 1125899906842624, not '-1'\n"
              "  hint: in bytes; leave it out for no quota\n");
    EXPECT_EQ(refusal({"up", "--release", "epoxy-31.3"}),
              "error: there is no release 'epoxy-31.3'\n"
              "  hint: did you mean 'epoxy-31.2'? " +
                  releases);
    EXPECT_EQ(refusal({"up", "--depth", "foo"}),
              "error: --depth must be guest or model, not 'foo'\n");
    EXPECT_EQ(refusal({"up", "--barbican-policy", "old"}),
              "error: --barbican-policy must be legacy or new, not 'old'\n");
    EXPECT_EQ(refusal({"list", "a.yaml", "--format", "xml"}),
              "error: --format must be text or json, not 'xml'\n");
}

TEST(Arguments, RefuseAnAddressThatOthersReachUnlessToldTwice) {
    EXPECT_EQ(
        refusal({"up", "--listen", "192.0.2.7"}),
        "error: 192.0.2.7 is no loopback address: others could reach this cloud, and read its "
        "passwords and secrets on the way\n"
        "  hint: say --listen-anyway as well, if that is what you want\n");
    EXPECT_EQ(refusal({"up", "--listen", "0.0.0.0", "--listen-anyway"}),
              "error: --listen must be one address: clients are told where the services are\n"
              "  hint: name the address of this machine that the clients reach\n");
    EXPECT_EQ(refusal({"up", "--listen", "localhost"}),
              "error: --listen must be an IPv4 address, not 'localhost'\n"
              "  hint: leave it out for 127.0.0.1\n");
    EXPECT_FALSE(up_of({"up", "--listen", "127.0.0.2", "--listen-anyway"}).beyond_loopback);
}

TEST(Arguments, SayWhatOfAJournalIsShown) {
    auto command = parse_arguments({"journal", "-f", "--service", "placement", "--json"}, 2);
    ASSERT_TRUE(command && std::holds_alternative<JournalCommand>(*command));
    const auto& journal = std::get<JournalCommand>(*command);
    EXPECT_TRUE(journal.follow);
    EXPECT_EQ(journal.service, "placement");
    EXPECT_EQ(journal.format, JournalFormat::json);
}

} // namespace
} // namespace vtpmlab::cli
