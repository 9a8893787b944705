#include "cli/arguments.h"

#include "core/text.h"

#include <vtpmlab/release_profile.h>

#include <CLI/CLI.hpp>
#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace vtpmlab::cli {
namespace {

constexpr unsigned most_jobs = 256;
constexpr unsigned most_hosts = 1000;
constexpr unsigned most_seconds = 1 << 20;                   // as in a scenario
constexpr std::uint64_t most_bytes = std::uint64_t{1} << 50; // the same

// Everything CLI11 fills, still as text: the words of its own conversions are not ours.
struct Texts {
    std::vector<std::string> paths;
    std::string depth = "guest";
    std::string label;
    std::vector<std::string> cases;
    std::string jobs;
    bool keep = false;
    std::string out;
    std::string junit;
    std::string guest_directory;
    std::string format = "text";
    std::string hosts;
    std::string release;
    std::string state;
    std::string port_base;
    std::string listen = "127.0.0.1";
    bool listen_anyway = false;
    std::string barbican_policy = "legacy";
    bool barbican_nova = false;
    bool barbican_admin = false;
    std::string barbican_policy_file;
    std::string token_expiration;
    std::string image_size_cap;
    std::string storage_quota;
    std::string reclaim;
    std::string confirm_window;
    std::vector<std::string> command;
    bool verbose = false;
    std::string cloud;
    std::string server;
    bool all = false;
    std::string service;
    bool json = false;
    bool follow = false;
    bool rows = false;
    std::vector<std::string> results;
};

tl::unexpected<Error> usage(std::string message, std::string hint = {}) {
    return fail(ErrorKind::usage, std::move(message), {}, std::move(hint));
}

Result<std::string> one_of(const std::string& option, const std::string& value,
                           const std::vector<std::string>& words) {
    if (std::find(words.begin(), words.end(), value) != words.end())
        return value;
    const auto near = did_you_mean(value, words);
    return usage(fmt::format("{} must be {} or {}, not '{}'", option, words.front(), words.back(),
                             printable(value, 80)),
                 near ? fmt::format("did you mean '{}'?", *near) : std::string{});
}

template <typename Number>
struct Range {
    Number least;
    Number most;
};

// `otherwise` when the option is not given; the hint says what that is.
template <typename Number>
Result<Number> number_from(const std::string& option, const std::string& text, Range<Number> range,
                           Number otherwise, std::string hint) {
    if (text.empty())
        return otherwise;
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < range.least ||
        number > range.most)
        return usage(fmt::format("{} must be a number from {} to {}, not '{}'", option, range.least,
                                 range.most, printable(text, 80)),
                     std::move(hint));
    return number;
}

Result<unsigned> number_of(const std::string& option, const std::string& text,
                           Range<unsigned> range, unsigned otherwise, std::string hint) {
    return number_from(option, text, range, otherwise, std::move(hint));
}

Result<std::uint64_t> bytes_of(const std::string& option, const std::string& text,
                               std::uint64_t least, std::uint64_t otherwise, std::string hint) {
    return number_from(option, text, {least, most_bytes}, otherwise, std::move(hint));
}

Result<unsigned> jobs_of(const std::string& text, unsigned cores) {
    return number_of("--jobs", text, {1, most_jobs}, cores,
                     fmt::format("leave it out to run {} at a time, one for each core", cores));
}

void add_paths(CLI::App& command, Texts& texts) {
    command.add_option("PATH", texts.paths, "scenario files, or folders with scenarios in them");
}

std::vector<std::string> option_names(const CLI::App& command) {
    std::vector<std::string> names;
    for (const auto* option : command.get_options())
        for (const auto& name : option->get_lnames())
            names.push_back("--" + name);
    return names;
}

// What CLI11 could not use, as an error with the nearest word that it could have.
Error unknown_argument(const CLI::App& app, const CLI::App* command, const std::string& argument) {
    Error error;
    error.kind = ErrorKind::usage;
    std::vector<std::string> candidates;
    const bool is_option = argument.rfind('-', 0) == 0;
    if (is_option) {
        candidates = option_names(command != nullptr ? *command : app);
    } else {
        for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; }))
            candidates.push_back(sub->get_name());
    }
    const std::string word = argument.substr(0, argument.find('='));
    error.message =
        fmt::format("unknown {} '{}'", is_option ? "option" : "command", printable(word, 80));
    if (const auto near = did_you_mean(word, candidates))
        error.hint = fmt::format("did you mean '{}'?", *near);
    else
        error.hint = fmt::format("see `vtpmlab {}--help`",
                                 command != nullptr ? command->get_name() + " " : "");
    return error;
}

std::string own_words(const CLI::ParseError& error) {
    std::string text = error.what();
    if (!text.empty() && !(text.size() > 1 && std::isupper(static_cast<unsigned char>(text[1]))))
        text.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(text.front())));
    while (!text.empty() && (text.back() == '.' || text.back() == '\n'))
        text.pop_back();
    return printable(text, 300);
}

Result<RunCommand> run_command(const Texts& texts, unsigned cores) {
    RunCommand command;
    command.paths = texts.paths;
    VTPMLAB_TRY(const auto depth, one_of("--depth", texts.depth, {"guest", "model"}));
    command.depth = *parse_depth(depth);
    command.label = texts.label;
    command.cases = texts.cases;
    VTPMLAB_TRY(command.jobs, jobs_of(texts.jobs, cores));
    command.keep = texts.keep ? KeepFiles::yes : KeepFiles::no;
    command.out = texts.out;
    command.junit = texts.junit;
    command.guest_directory = texts.guest_directory;
    return command;
}

Result<std::string> release_of(const std::string& text) {
    if (text.empty() || find_release(text) != nullptr)
        return text;
    const auto names = release_names();
    const auto meant = did_you_mean(text, names);
    return usage(fmt::format("there is no release '{}'", printable(text, 80)),
                 meant ? fmt::format("did you mean '{}'?", *meant)
                       : fmt::format("it is one of: {}", fmt::join(names, ", ")));
}

// Is it an address that others may reach? The services speak plain HTTP, so that has to be said
// twice.
Result<bool> is_beyond_loopback(const std::string& text, bool anyway) {
    in_addr address{};
    if (::inet_pton(AF_INET, text.c_str(), &address) != 1)
        return usage(fmt::format("--listen must be an IPv4 address, not '{}'", printable(text, 80)),
                     "leave it out for 127.0.0.1");
    if (address.s_addr == htonl(INADDR_ANY))
        return usage("--listen must be one address: clients are told where the services are",
                     "name the address of this machine that the clients reach");
    const bool loopback = ntohl(address.s_addr) >> 24 == 127;
    if (!loopback && !anyway)
        return usage(fmt::format("{} is no loopback address: others could reach this cloud, and "
                                 "read its passwords and secrets on the way",
                                 text),
                     "say --listen-anyway as well, if that is what you want");
    return !loopback;
}

Result<UpCommand> up_command(const Texts& texts) {
    UpCommand command;
    VTPMLAB_TRY(command.hosts,
                number_of("--hosts", texts.hosts, {1, most_hosts}, 1, "leave it out for one host"));
    VTPMLAB_TRY(command.release, release_of(texts.release));
    VTPMLAB_TRY(const auto depth, one_of("--depth", texts.depth, {"guest", "model"}));
    command.depth = *parse_depth(depth);
    command.state = texts.state;
    VTPMLAB_TRY(const auto base, number_of("--port-base", texts.port_base, {1024, 65000}, 0,
                                           "leave it out to let the kernel choose each port"));
    command.port_base = static_cast<std::uint16_t>(base);
    VTPMLAB_TRY(command.beyond_loopback, is_beyond_loopback(texts.listen, texts.listen_anyway));
    command.listen = texts.listen;
    VTPMLAB_TRY(command.barbican_policy,
                one_of("--barbican-policy", texts.barbican_policy, {"legacy", "new"}));
    command.barbican_policy_nova_secret_access = texts.barbican_nova;
    command.barbican_policy_admin_secret_access = texts.barbican_admin;
    command.barbican_policy_file = texts.barbican_policy_file;
    VTPMLAB_TRY(command.token_expiration_s,
                number_of("--token-expiration", texts.token_expiration, {1, most_seconds},
                          command.token_expiration_s, "in seconds; leave it out for an hour"));
    VTPMLAB_TRY(command.image_size_cap,
                bytes_of("--image-size-cap", texts.image_size_cap, 1, command.image_size_cap,
                         "in bytes; leave it out for 1 TiB"));
    VTPMLAB_TRY(command.user_storage_quota,
                bytes_of("--user-storage-quota", texts.storage_quota, 0, command.user_storage_quota,
                         "in bytes; leave it out for no quota"));
    VTPMLAB_TRY(command.reclaim_instance_interval_s,
                number_of("--reclaim-instance-interval", texts.reclaim, {0, most_seconds}, 0,
                          "in seconds; leave it out, and a delete is for good"));
    VTPMLAB_TRY(command.resize_confirm_window_s,
                number_of("--resize-confirm-window", texts.confirm_window, {0, most_seconds}, 0,
                          "in seconds; leave it out, and somebody has to confirm"));
    command.guest_directory = texts.guest_directory;
    command.command = texts.command;
    command.verbose = texts.verbose;
    return command;
}

void add_cloud(CLI::App& command, Texts& texts) {
    command.add_option("--cloud", texts.cloud,
                       "its run directory or process id, where several clouds are up");
}

} // namespace

Result<Command> parse_arguments(std::vector<std::string> arguments, unsigned cores) {
    Texts texts;
    CLI::App app("vtpmlab asks for virtual TPMs in a simulated cloud, and asks the guests whether "
                 "they got them.",
                 "vtpmlab");
    app.require_subcommand(0, 1);
    app.set_help_flag("-h,--help", "this text");
    app.footer("exit status: 0 passed, 1 usage, 2 bad scenario, 3 lab broken, 4 product failed,\n"
               "77 everything skipped, 130 interrupted");

    auto* run = app.add_subcommand("run", "run scenarios and report what was found");
    add_paths(*run, texts);
    run->add_option("--depth", texts.depth,
                    "guest (default): boot guests and ask them; model: in "
                    "memory, no evidence");
    run->add_option("--label", texts.label, "only cases with these labels: 'smoke and not slow'");
    run->add_option("--case", texts.cases, "only the case of this name; may be given several times")
        ->allow_extra_args(false);
    run->add_option("-j,--jobs", texts.jobs,
                    fmt::format("cases at a time (default {}, one for each core)", cores));
    run->add_flag("--keep", texts.keep, "keep the hosts' own directories after the run");
    run->add_option("--out", texts.out, "where artefacts go (default out/<date>-<time>-<random>)");
    run->add_option("--junit", texts.junit, "also write JUnit XML to this file");
    run->add_option("--guest-dir", texts.guest_directory, "where the micro guest is");

    auto* compare = app.add_subcommand(
        "compare", "run scenarios at both depths and show every difference (exit status 1)");
    add_paths(*compare, texts);
    compare->add_option("--label", texts.label, "only cases with these labels");
    compare->add_option("--out", texts.out,
                        "where artefacts go (default out/compare), a folder for each depth");
    compare->add_option("--guest-dir", texts.guest_directory, "where the micro guest is");
    compare->add_option("-j,--jobs", texts.jobs, "cases at a time");
    compare
        ->add_option("--results", texts.results,
                     "instead of running: results.json of a model run, and again of a guest run")
        ->allow_extra_args(false);

    auto* list = app.add_subcommand("list", "show the cases of scenarios, with their labels");
    add_paths(*list, texts);
    list->add_option("--label", texts.label, "only cases with these labels");
    list->add_option("--format", texts.format, "text (default) or json");
    list->add_flag("--rows", texts.rows,
                   "the rows of the reference's tables instead, and which have a scenario");
    list->add_option("--results", texts.results,
                     "with --rows: a run's results.json; may be given several times")
        ->allow_extra_args(false);

    auto* check = app.add_subcommand("check", "load scenarios and tell everything that is wrong");
    add_paths(*check, texts);

    auto* doctor =
        app.add_subcommand("doctor", "tell what this machine can do, and what is missing");
    doctor->add_option("--guest-dir", texts.guest_directory, "where the micro guest is");

    auto* up = app.add_subcommand(
        "up", "bring a cloud up for the ordinary clients, and show what they ask of it");
    up->add_option("COMMAND", texts.command,
                   "after --: run this in the cloud, then take the cloud down");
    up->add_option("--hosts", texts.hosts,
                   "compute hosts (default 1), named compute-1, compute-2, …");
    up->add_option("--release,--profile", texts.release,
                   "the Nova release it behaves like (default gazpacho)");
    up->add_option("--depth", texts.depth,
                   "guest (default): servers are real guests; model: servers are in memory");
    up->add_option("--state", texts.state,
                   "keep what the services know in this directory, and begin with what is there");
    up->add_option("--port-base", texts.port_base,
                   "the first of six ports in a row (default: the kernel chooses)");
    up->add_option("--listen", texts.listen, "the address of the services (default 127.0.0.1)");
    up->add_flag(
        "--listen-anyway", texts.listen_anyway,
        "also when others reach that address: they can use this cloud, and read all of it");
    up->add_option("--barbican-policy", texts.barbican_policy,
                   "legacy (default) or new: whose defaults decide who reads a secret");
    up->add_flag("--barbican-policy-nova-secret-access", texts.barbican_nova,
                 "Atmosphere's option: role service reads every secret");
    up->add_flag("--barbican-policy-admin-secret-access", texts.barbican_admin,
                 "Atmosphere's option: admins read every secret");
    up->add_option("--barbican-policy-file", texts.barbican_policy_file,
                   "an operator's policy.yaml: its rules win over the options'");
    up->add_option("--token-expiration", texts.token_expiration,
                   "keystone.conf, in seconds: how long a token is good (default 3600)");
    up->add_option("--image-size-cap", texts.image_size_cap,
                   "glance-api.conf, in bytes: larger uploads are refused (default 1 TiB)");
    up->add_option("--user-storage-quota", texts.storage_quota,
                   "glance-api.conf, in bytes: of a project's images together (default 0: none)");
    up->add_option("--reclaim-instance-interval", texts.reclaim,
                   "nova.conf, in seconds: delete is soft for so long (default 0: never)");
    up->add_option("--resize-confirm-window", texts.confirm_window,
                   "nova.conf, in seconds: then a resize confirms itself (default 0: never)");
    up->add_option("--guest-dir", texts.guest_directory, "where the micro guest is");
    up->add_flag("-v,--verbose", texts.verbose, "show also the services' own look-ups of tokens");

    auto* status = app.add_subcommand("status", "show the clouds that are up, and their servers");
    add_cloud(*status, texts);

    auto* probe =
        app.add_subcommand("probe", "ask the guest of a server of a cloud that is up for its TPM");
    probe->add_option("SERVER", texts.server, "its name or id")->required();
    add_cloud(*probe, texts);

    auto* down = app.add_subcommand("down", "take a cloud down, and wait until it is gone");
    add_cloud(*down, texts);
    down->add_flag("--all", texts.all, "every cloud of this user");

    auto* journal =
        app.add_subcommand("journal", "show every request the services of a cloud answered");
    add_cloud(*journal, texts);
    journal->add_flag("-f,--follow", texts.follow, "go on showing until the cloud is down");
    journal->add_option("--service", texts.service, "only of this service: placement");
    journal->add_flag("--json", texts.json, "whole entries, one JSON object a line");

    app.add_subcommand("version", "print the version");

    const CLI::App* chosen = nullptr;
    const auto find_chosen = [&] {
        for (const auto* sub : app.get_subcommands())
            chosen = sub;
    };
    try {
        std::reverse(arguments.begin(), arguments.end()); // CLI11 takes them from the back
        app.parse(std::move(arguments));
        find_chosen();
    } catch (const CLI::CallForHelp&) {
        find_chosen();
        return HelpCommand{chosen != nullptr ? chosen->help("vtpmlab") : app.help()};
    } catch (const CLI::ExtrasError&) {
        find_chosen();
        const auto extras = app.remaining(true);
        return fail(unknown_argument(app, chosen, extras.empty() ? "?" : extras.front()));
    } catch (const CLI::ParseError& error) {
        find_chosen();
        return usage(own_words(error),
                     fmt::format("see `vtpmlab {}--help`",
                                 chosen != nullptr ? chosen->get_name() + " " : ""));
    }
    if (chosen == nullptr)
        return usage("no command is given", "see `vtpmlab --help`");
    const bool needs_paths = chosen == run || chosen == list || chosen == check ||
                             (chosen == compare && texts.results.empty());
    if (needs_paths && texts.paths.empty())
        return usage("no scenario is named",
                     fmt::format("for example: vtpmlab {} scenarios/smoke", chosen->get_name()));

    if (chosen == run) {
        VTPMLAB_TRY(auto command, run_command(texts, cores));
        return Command{std::move(command)};
    }
    if (chosen == compare) {
        if (!texts.results.empty() && (texts.results.size() != 2 || !texts.paths.empty()))
            return usage("two results are compared, or scenarios are run",
                         "vtpmlab compare --results MODEL.json --results GUEST.json");
        VTPMLAB_TRY(auto command, run_command(texts, cores));
        if (command.out.empty())
            command.out = "out/compare";
        return Command{CompareCommand{std::move(command), texts.results}};
    }
    if (chosen == list) {
        VTPMLAB_TRY(const auto format, one_of("--format", texts.format, {"text", "json"}));
        if (!texts.results.empty() && !texts.rows)
            return usage("--results says what passed of the rows", "add --rows");
        return Command{ListCommand{texts.paths, texts.label,
                                   format == "json" ? ListFormat::json : ListFormat::text,
                                   texts.rows, texts.results}};
    }
    if (chosen == check)
        return Command{CheckCommand{texts.paths}};
    if (chosen == doctor)
        return Command{DoctorCommand{texts.guest_directory}};
    if (chosen == up) {
        VTPMLAB_TRY(auto command, up_command(texts));
        return Command{std::move(command)};
    }
    if (chosen == status)
        return Command{StatusCommand{texts.cloud}};
    if (chosen == probe)
        return Command{ProbeCommand{texts.cloud, texts.server}};
    if (chosen == down)
        return Command{DownCommand{texts.cloud, texts.all}};
    if (chosen == journal)
        return Command{JournalCommand{texts.cloud, texts.service,
                                      texts.json ? JournalFormat::json : JournalFormat::text,
                                      texts.follow}};
    return Command{VersionCommand{}};
}

} // namespace vtpmlab::cli
