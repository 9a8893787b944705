#include "cli/up_cloud.h"

#include "cli/client_files.h"
#include "cli/cloud.h"
#include "cli/commands.h"
#include "cli/foreground_command.h"
#include "cli/guest_directory.h"
#include "cli/journal_file.h"
#include "cli/journal_line.h"
#include "cli/running_clouds.h"
#include "cli/signals.h"
#include "cli/state_directory.h"
#include "core/files.h"
#include "core/iso_time.h"
#include "core/text.h"
#include "http/binding.h"
#include "http/control.h"
#include "process/process.h"
#include "runner/micro_image.h"

#include <vtpmlab/release_profile.h>

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <optional>

namespace vtpmlab::cli {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto look_every = 50ms;
constexpr auto upload_within = 60s;
constexpr const char* first_persona = "owner";
constexpr const char* micro_image = "micro";

// The newest; CloudSpec's own default.
std::string release_of(const UpCommand& command) {
    return command.release.empty() ? CloudSpec().release : command.release;
}

Result<CloudSpec> spec_of(const UpCommand& command) {
    CloudSpec spec;
    spec.release = release_of(command);
    spec.hosts.clear();
    for (unsigned number = 1; number <= command.hosts; ++number) {
        HostSpec host;
        host.name = fmt::format("compute-{}", number);
        spec.hosts.push_back(std::move(host));
    }
    spec.barbican_policy = command.barbican_policy;
    spec.barbican_policy_nova_secret_access = command.barbican_policy_nova_secret_access;
    spec.barbican_policy_admin_secret_access = command.barbican_policy_admin_secret_access;
    if (!command.barbican_policy_file.empty()) {
        auto text = read_file(command.barbican_policy_file);
        if (!text)
            return fail(ErrorKind::usage, text.error().message, text.error().where,
                        "name a policy.yaml with --barbican-policy-file");
        spec.barbican_policy_file = *std::move(text);
        spec.barbican_policy_file_name = command.barbican_policy_file;
    }
    spec.token_expiration_s = command.token_expiration_s;
    spec.image_size_cap = command.image_size_cap;
    spec.user_storage_quota = command.user_storage_quota;
    spec.reclaim_instance_interval_s = command.reclaim_instance_interval_s;
    spec.resize_confirm_window_s = command.resize_confirm_window_s;
    return spec;
}

class StandingCloud {
public:
    StandingCloud(const UpCommand& command, runner::Interruption& interruption)
        : command_(command), interruption_(interruption),
          guest_directory_(this_guest_directory(command.guest_directory)), screen_(STDOUT_FILENO) {}

    [[nodiscard]] Result<int> run() {
        VTPMLAB_CHECK(check_guest());
        VTPMLAB_CHECK(check_command());
        VTPMLAB_CHECK(bring_up());
        if (!command_.command.empty())
            return serve_command();
        VTPMLAB_CHECK(serve_clients());
        return static_cast<int>(ExitCode::interrupted);
    }

private:
    [[nodiscard]] Status check_guest() const {
        if (command_.depth == Depth::model || holds_guest(guest_directory_))
            return {};
        return fail(ErrorKind::lab, "there is no micro guest", guest_directory_.string(),
                    "build it with `cmake --build build/dev --target guest`, name its directory "
                    "with --guest-dir, or bring the cloud up at `--depth model`");
    }

    // Before the cloud is brought up for it.
    [[nodiscard]] Status check_command() const {
        if (command_.command.empty() || find_program(command_.command.front()))
            return {};
        return fail(ErrorKind::usage,
                    fmt::format("cannot run '{}': there is no such program",
                                printable(command_.command.front(), 80)),
                    {}, "what stands after -- is run in the cloud");
    }

    [[nodiscard]] Status bring_up() {
        if (!command_.state.empty()) {
            VTPMLAB_TRY(auto state, StateDirectory::claim(command_.state));
            state_.emplace(std::move(state));
            VTPMLAB_CHECK(keep_depth());
        }
        VTPMLAB_TRY(source_, HostSource::open(command_.depth, guest_directory_));
        CloudConfig config;
        VTPMLAB_TRY(config.spec, spec_of(command_));
        config.depth = command_.depth;
        config.scratch_directory = source_->directory() / "cloud";
        if (state_)
            config.state_directory = state_->path();
        http::allow_beyond_loopback(command_.beyond_loopback);
        config.binding = {command_.listen, command_.port_base};
        config.runs_periodic_tasks = true;
        VTPMLAB_TRY(config.control, make_control(config.clock));
        VTPMLAB_CHECK(make_directories(config.scratch_directory));
        VTPMLAB_TRY(config.hosts, source_->lend(config.spec.hosts, config.scratch_directory));
        VTPMLAB_TRY(cloud_, Cloud::start(std::move(config)));
        VTPMLAB_CHECK(provide_image());
        VTPMLAB_TRY(auto journal, JournalWriter::create(source_->directory() / "journal.jsonl"));
        journal_.emplace(std::move(journal));
        return write_files();
    }

    // Beside the state they stay under one path from start to start; without, they go with the run.
    [[nodiscard]] fs::path own_files() const {
        return state_ ? state_->path() : source_->directory();
    }

    // What opens /__control, as curl takes it: `-H @FILE`, so that the token stays out of argv. Not
    // where others reach the services: the control can do everything.
    [[nodiscard]] Result<std::shared_ptr<const http::Control>>
    make_control(std::shared_ptr<http::AdjustableClock> clock) {
        if (command_.beyond_loopback)
            return nullptr;
        VTPMLAB_TRY(auto token, http::control_token_in(own_files() / "control-token"));
        control_file_ = own_files() / "control-header";
        VTPMLAB_CHECK(write_file(control_file_,
                                 fmt::format("{}: {}\n", http::control_header, token.reveal()),
                                 FileMode::owner_only));
        return std::make_shared<const http::Control>(std::move(token), std::move(clock));
    }

    // The images of one depth are of no use at the other.
    [[nodiscard]] Status keep_depth() const {
        const fs::path file = state_->path() / "depth";
        std::error_code code;
        if (!fs::exists(file, code))
            return write_file(file, to_string(command_.depth), FileMode::owner_only);
        VTPMLAB_TRY(const auto depth, read_file(file));
        if (depth == to_string(command_.depth))
            return {};
        return fail(ErrorKind::usage,
                    fmt::format("'{}' holds a cloud of depth {}", state_->path().string(), depth),
                    {}, fmt::format("say --depth {}, or name another directory", depth));
    }

    // The image that boots here, for everybody. One that is there from an earlier start stays.
    [[nodiscard]] Status provide_image() {
        VTPMLAB_TRY(const auto* admin, cloud_->services().persona("admin"));
        client::Session session(client::PasswordLogin{cloud_->services().auth_url(), admin->name,
                                                      admin->project, admin->password.clone()});
        const auto deadline = std::chrono::steady_clock::now() + upload_within;
        runner::ApiCall find;
        find.service = "image";
        find.path = fmt::format("/v2/images?name={}&visibility=public", micro_image);
        VTPMLAB_TRY(const auto found, runner::must(session, find, deadline));
        if (!found.body.at("images").empty())
            return {};
        runner::BootImages boot_images;
        VTPMLAB_TRY(const auto uploaded,
                    runner::upload_micro_image({command_.depth, guest_directory_}, boot_images,
                                               session, {micro_image, "admin"}, deadline));
        if (!uploaded.is_success())
            return fail(ErrorKind::lab, "the cloud refused its own image", {}, uploaded.message);
        return {};
    }

    [[nodiscard]] std::vector<Credentials> personas() {
        std::vector<Credentials> all;
        for (const auto& persona : cloud_->services().personas())
            all.push_back({cloud_->services().auth_url(), persona.name, persona.project,
                           persona.password.clone()});
        return all;
    }

    [[nodiscard]] Status write_files() {
        clouds_file_ = own_files() / "clouds.yaml";
        shell_file_ = own_files() / "openrc";
        const auto all = personas();
        VTPMLAB_CHECK(write_file(clouds_file_, clouds_yaml(all), FileMode::owner_only));
        VTPMLAB_CHECK(write_file(shell_file_, shell_file(all, clouds_file_), FileMode::owner_only));

        CloudRecord record;
        record.pid = ::getpid();
        VTPMLAB_TRY(record.process_started, process_start_of(record.pid));
        record.since = iso_time(SystemClock().now());
        record.depth = to_string(command_.depth);
        record.release = release_of(command_);
        record.description = cloud_->description();
        record.endpoints = cloud_->services().urls();
        record.endpoints.emplace_back("compute", cloud_->compute().endpoint());
        for (const auto& host : cloud_->hosts())
            record.hosts.emplace_back(host->spec().name, host->instances_directory().string());
        record.clouds_file = clouds_file_;
        record.shell_file = shell_file_;
        record.control_file = control_file_;
        record.journal = source_->directory() / "journal.jsonl";
        if (state_)
            record.state_directory = state_->path();
        record.auth_url = cloud_->services().auth_url();
        VTPMLAB_TRY(const auto* admin, cloud_->services().persona("admin"));
        record.admin_project = admin->project;
        record.admin_password = admin->password.clone();
        return write_cloud_record(source_->directory(), record);
    }

    // Shows what happens until somebody asks to stop.
    [[nodiscard]] Status serve_clients() {
        warn_of_others();
        VTPMLAB_CHECK(write_journal(nullptr)); // how it came up is for `vtpmlab journal`
        screen_.write(introduction());
        JournalView view;
        view.token_checks = command_.verbose;
        view.colour = screen_.colour();
        while (interruption_.wait_until(std::chrono::steady_clock::now() + look_every) ==
               runner::Interruption::Waited::to_the_end) {
            if (screen_.is_interactive())
                view.width = screen_.width();
            VTPMLAB_CHECK(write_journal(&view));
        }
        screen_.write("going down\n");
        return write_journal(&view);
    }

    // On standard error, whatever the command in the cloud prints.
    void warn_of_others() const {
        if (command_.beyond_loopback)
            fmt::print(
                stderr,
                "WARNING: this cloud listens on {}. Whoever reaches that address can use it; "
                "whoever sees\n"
                "         the traffic reads passwords, tokens and secrets: it is plain HTTP. "
                "/__control is closed.\n",
                command_.listen);
    }

    // Shows nothing: the terminal is the command's.
    [[nodiscard]] Result<int> serve_command() {
        warn_of_others();
        VTPMLAB_TRY(auto command,
                    ForegroundCommand::start(command_.command,
                                             {{"OS_CLIENT_CONFIG_FILE", clouds_file_.string()},
                                              {"OS_CLOUD", first_persona},
                                              {"VTPMLAB_OPENRC", shell_file_.string()},
                                              {"VTPMLAB_CONTROL", control_file_.string()},
                                              {"VTPMLAB_CLOUD", source_->directory().string()}}));
        auto code = command.exit_code();
        for (auto pause = 1ms; !code; code = command.exit_code()) {
            if (interruption_.wait_until(std::chrono::steady_clock::now() + pause) ==
                runner::Interruption::Waited::interrupted)
                return static_cast<int>(ExitCode::interrupted);
            pause = std::min(pause * 2, std::chrono::milliseconds(look_every));
            VTPMLAB_CHECK(write_journal(nullptr));
        }
        return *code;
    }

    // What happened since the last look: requests onto the disk and, with a view, requests and the
    // compute side's events onto the screen.
    [[nodiscard]] Status write_journal(const JournalView* view) {
        const auto events = cloud_->compute().log_after(logged_);
        if (view != nullptr)
            for (std::size_t from = 0; from < events.size();) {
                const auto end = events.find('\n', from);
                screen_.write(event_line(std::string_view(events).substr(from, end - from), *view));
                from = end + 1;
            }
        auto& journal = cloud_->services().journal();
        if (journal.total() == written_)
            return {};
        const auto fresh = journal.entries(
            [this](const http::JournalEntry& entry) { return entry.number > written_; });
        if (fresh.empty())
            return {};
        std::string lines, shown;
        for (const auto& entry : fresh) {
            const auto line = http::Journal::to_json(entry);
            lines += line + "\n";
            if (view != nullptr)
                shown += journal_line(line, *view).value_or("");
        }
        const auto missed = fresh.front().number - written_ - 1;
        if (view != nullptr && missed > 0)
            screen_.write(fmt::format("({} requests came too fast to be kept)\n", missed));
        written_ = fresh.back().number;
        screen_.write(shown);
        return journal_->append(lines);
    }

    [[nodiscard]] std::string introduction() {
        std::string hosts;
        for (const auto& host : cloud_->hosts())
            hosts += (hosts.empty() ? "" : " ") + host->spec().name;
        const auto* profile = find_release(release_of(command_));
        std::string text = fmt::format(
            "{} is up at depth {}{}, hosts: {}\n\n", profile->display, to_string(command_.depth),
            command_.depth == Depth::guest ? fmt::format(" ({})", cloud_->description())
                                           : std::string(": servers are in memory"),
            hosts);
        text += fmt::format("  export OS_CLIENT_CONFIG_FILE={} OS_CLOUD={}\n"
                            "  openstack image list\n"
                            "  . {} admin        # for clients without clouds.yaml\n\n",
                            clouds_file_.string(), first_persona, shell_file_.string());
        if (!control_file_.empty())
            text +=
                fmt::format("  curl -H @{} {}/__control/faults\n"
                            "    # steer it: faults, journal, clock of each service, snapshots of "
                            "all but compute (fakes/README.md)\n\n",
                            control_file_.string(), cloud_->services().urls().front().second);
        text += "OS_CLOUD may be";
        for (const auto& persona : cloud_->services().personas())
            if (persona.project != "service")
                text += " " + persona.name;
        text += fmt::format(
            "\nvtpmlab status, vtpmlab journal --follow and vtpmlab down work from other "
            "terminals.\n{}Ctrl-C takes the cloud down.\n\n",
            state_ ? fmt::format("What the services know stays in {}; guests end with the cloud.\n",
                                 state_->path().string())
                   : std::string());
        return text + journal_heading();
    }

    const UpCommand& command_;
    runner::Interruption& interruption_;
    const fs::path guest_directory_;
    report::FdTerminal screen_;
    // Destroyed from the last to the first: the cloud goes before its hosts' directory.
    std::optional<StateDirectory> state_;
    std::unique_ptr<HostSource> source_;
    std::unique_ptr<Cloud> cloud_;
    std::optional<JournalWriter> journal_;
    std::uint64_t written_ = 0; // number of the journal's last entry on disk
    std::uint64_t logged_ = 0;  // and of the compute side's last line shown
    fs::path clouds_file_;
    fs::path shell_file_;
    fs::path control_file_; // empty: /__control is closed
};

Result<int> up(const UpCommand& command) {
    // The cloud goes before the handlers do.
    runner::Interruption interruption;
    VTPMLAB_TRY(const auto signals, SignalWatch::start(interruption));
    StandingCloud cloud(command, interruption);
    return cloud.run();
}

} // namespace

int up_cloud(const UpCommand& command) {
    const auto code = up(command);
    return code ? *code : static_cast<int>(tell(code.error()));
}

} // namespace vtpmlab::cli
