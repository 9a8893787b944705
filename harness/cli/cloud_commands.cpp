// `vtpmlab status`, `down` and `journal`: what one can do with a cloud that another vtpmlab holds
// up.

#include "cli/cloud_servers.h"
#include "cli/commands.h"
#include "cli/journal_file.h"
#include "cli/journal_line.h"
#include "cli/running_clouds.h"
#include "cli/signals.h"
#include "process/deadline.h"
#include "process/unique_fd.h"
#include "report/terminal.h"
#include "report/text.h"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace vtpmlab::cli {
namespace {

using namespace std::chrono_literals;

// Guests are ended, hosts switched off and their files removed meanwhile.
constexpr auto down_within = 120s;
constexpr auto look_every = 100ms;

std::string names_of(const std::vector<std::pair<std::string, std::string>>& hosts) {
    if (hosts.size() > 8)
        return fmt::format("{} … {} ({} hosts)", hosts.front().first, hosts.back().first,
                           hosts.size());
    std::string names;
    for (const auto& [name, directory] : hosts)
        names += (names.empty() ? "" : " ") + name;
    return names;
}

std::string status_text(const RunningCloud& cloud) {
    const auto& record = cloud.record;
    std::string text =
        fmt::format("{}: {} at depth {}, process {}, since {}\n", cloud.directory.string(),
                    record.release, record.depth, record.pid, record.since);
    for (const auto& [service, url] : record.endpoints)
        text += fmt::format("  {:<10} {}\n", service, url);
    text += fmt::format("  {:<10} {}\n", "hosts", names_of(record.hosts));
    if (!record.state_directory.empty())
        text += fmt::format("  {:<10} {}\n", "state", record.state_directory.string());
    text += fmt::format("  {:<10} export OS_CLIENT_CONFIG_FILE={} OS_CLOUD=owner\n", "clients",
                        record.clouds_file.string());
    if (!record.control_file.empty())
        text += fmt::format("  {:<10} curl -H @{} {}/__control/faults\n", "control",
                            record.control_file.string(), record.endpoints.front().second);
    const auto servers = servers_of(record);
    if (!servers)
        return text + fmt::format("  {:<10} {}\n", "servers", servers.error().message);
    if (servers->empty())
        return text + fmt::format("  {:<10} none\n", "servers");
    const char* label = "servers";
    for (const auto& server : *servers) {
        text +=
            fmt::format("  {:<10} {}  {:<8} {:<12} {}\n", label, server.id, server.status,
                        server.host.empty() ? "-" : server.host, report::safe_text(server.name));
        label = "";
    }
    return text;
}

// The very process, not a later one of its number.
Result<UniqueFd> hold(const CloudRecord& record) {
    UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, record.pid, 0)));
    if (!process.is_open())
        return fail(ErrorKind::lab,
                    fmt::format("cannot reach process {}: {}", record.pid, std::strerror(errno)));
    const auto started = process_start_of(record.pid);
    if (!started || *started != record.process_started)
        return fail(ErrorKind::lab, fmt::format("process {} has ended", record.pid));
    return process;
}

// Gone is gone: the process, and the directory with everything in it.
Status end(const RunningCloud& cloud) {
    const auto process = hold(cloud.record);
    if (process && ::syscall(SYS_pidfd_send_signal, process->get(), SIGTERM, nullptr, 0) != 0 &&
        errno != ESRCH)
        return fail(
            ErrorKind::lab,
            fmt::format("cannot end process {}: {}", cloud.record.pid, std::strerror(errno)), {},
            "its user, or root, can take it down");
    const bool is_gone = wait_until(Deadline::in(down_within), [&] {
        std::error_code code;
        const auto started = process_start_of(cloud.record.pid);
        return (!started || *started != cloud.record.process_started) &&
               !std::filesystem::exists(cloud.directory, code);
    });
    if (!is_gone)
        return fail(ErrorKind::lab,
                    fmt::format("{} is still there after {} s", cloud.directory.string(),
                                std::chrono::seconds(down_within).count()),
                    {}, fmt::format("look at process {}", cloud.record.pid));
    fmt::print("{} is down\n", cloud.directory.string());
    return {};
}

Status down(const DownCommand& command) {
    auto clouds = running_clouds();
    if (clouds.empty() && command.cloud.empty()) {
        fmt::print("no cloud is up\n");
        return {};
    }
    if (!command.all) {
        VTPMLAB_TRY(auto chosen, choose_cloud(std::move(clouds), command.cloud));
        return end(chosen);
    }
    for (const auto& cloud : clouds)
        VTPMLAB_CHECK(end(cloud));
    return {};
}

Status check_service(const CloudRecord& record, const std::string& service) {
    std::string known;
    for (const auto& [name, url] : record.endpoints) {
        if (service.empty() || name == service)
            return {};
        known += (known.empty() ? "" : ", ") + name;
    }
    return fail(ErrorKind::usage, fmt::format("there is no service '{}'", service), {},
                "there is " + known);
}

Status journal(const JournalCommand& command) {
    VTPMLAB_TRY(const auto cloud, choose_cloud(running_clouds(), command.cloud));
    VTPMLAB_CHECK(check_service(cloud.record, command.service));
    runner::Interruption interruption;
    VTPMLAB_TRY(const auto signals, SignalWatch::start(interruption));
    report::FdTerminal screen(STDOUT_FILENO);
    JournalView view;
    view.service = command.service;
    view.colour = screen.colour();
    if (screen.is_interactive())
        view.width = screen.width();
    JournalReader reader(cloud.record.journal);
    const auto show = [&] {
        reader.read_on([&](std::string_view line) {
            if (command.format == JournalFormat::text)
                screen.write(journal_line(line, view).value_or(""));
            else if (command.service.empty() || is_of_service(line, command.service))
                screen.write(std::string(line) + "\n");
        });
    };
    if (command.format == JournalFormat::text)
        screen.write(journal_heading());
    show();
    while (command.follow && hold(cloud.record)) {
        if (interruption.wait_until(std::chrono::steady_clock::now() + look_every) ==
            runner::Interruption::Waited::interrupted)
            return fail(ErrorKind::interrupted, "interrupted");
        show();
    }
    return {};
}

} // namespace

ExitCode show_status(const StatusCommand& command) {
    auto clouds = running_clouds();
    if (!command.cloud.empty() || clouds.empty()) {
        auto chosen = choose_cloud(std::move(clouds), command.cloud);
        if (!chosen)
            return tell(chosen.error());
        clouds.clear();
        clouds.push_back(std::move(*chosen));
    }
    for (const auto& cloud : clouds)
        fmt::print("{}", status_text(cloud));
    return ExitCode::all_passed;
}

ExitCode take_down(const DownCommand& command) {
    const auto done = down(command);
    return done ? ExitCode::all_passed : tell(done.error());
}

ExitCode show_journal(const JournalCommand& command) {
    const auto shown = journal(command);
    if (shown)
        return ExitCode::all_passed;
    // A Ctrl-C is how one stops following; it needs no words.
    return shown.error().kind == ErrorKind::interrupted ? ExitCode::interrupted
                                                        : tell(shown.error());
}

} // namespace vtpmlab::cli
