#include "hypervisor/libvirt/private_host.h"

#include "core/files.h"
#include "core/text.h"
#include "hypervisor/libvirt/host_files.h"
#include "hypervisor/libvirt/libvirt_hypervisor.h"
#include "hypervisor/libvirt/state_trial.h"
#include "hypervisor/libvirt/tpm_state.h"
#include "hypervisor/libvirt/watched_hypervisor.h"
#include "process/file_tree.h"
#include "process/run_directory.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// 0.2 s with a known QEMU, 2 s when it must be probed; much more on a busy machine.
constexpr auto boots_within = 60s;

// Among the host's logs.
constexpr const char* call_log = "libvirt-calls.log";

// Single files of /etc the host has of its own.
constexpr std::pair<const char*, const char*> host_files[] = {{"passwd", "/etc/passwd"},
                                                              {"group", "/etc/group"},
                                                              {"hosts", "/etc/hosts"},
                                                              {"resolv.conf", "/etc/resolv.conf"}};

Status make_host_directory(const fs::path& path, mode_t mode) {
    VTPMLAB_CHECK(make_directories(path));
    std::error_code code; // make_directories follows the umask
    fs::permissions(path, static_cast<fs::perms>(mode), code);
    if (code)
        return fail(ErrorKind::lab,
                    fmt::format("cannot set the mode of {} to {:04o}: {}", path.string(), mode,
                                code.message()),
                    {}, "choose a directory on a local file system with TMPDIR");
    return {};
}

Status make_swtpm_directories(const HostLayout& layout) {
    for (const fs::path& directory : layout.swtpm_directories) {
        std::error_code code;
        // libvirt has given it to swtpm's user, who is another one than ours in a user namespace.
        if (fs::is_directory(directory, code))
            continue;
        VTPMLAB_CHECK(make_host_directory(directory, 0755));
    }
    return {};
}

Status copy_missing(const fs::path& from, const fs::path& to) {
    std::error_code code;
    for (auto at = fs::directory_iterator(from, code); !code && at != fs::directory_iterator();
         at.increment(code)) {
        const fs::path target = to / at->path().filename();
        if (at->path().extension() != ".xml" || fs::exists(target, code))
            continue;
        VTPMLAB_TRY(const std::string text, read_file(at->path()));
        VTPMLAB_CHECK(make_directories(to));
        VTPMLAB_CHECK(write_file(target, text, FileMode::owner_only));
    }
    return {};
}

// A session daemon has one user: a scenario about others is not answered there, not answered wrong.
Status check_session(const HostSpec& spec) {
    const HostSpec usual;
    if (spec.swtpm_user == usual.swtpm_user && spec.swtpm_group == usual.swtpm_group)
        return {};
    return fail(ErrorKind::skipped,
                fmt::format("the host {} wants swtpm_user {} and swtpm_group {}, and hosts without "
                            "namespaces run swtpm as their own user",
                            spec.name, spec.swtpm_user, spec.swtpm_group),
                {}, "run as root, or let this user have namespaces: see vtpmlab doctor");
}

// The lines a person wants of a daemon's log: its errors, without time and thread.
std::vector<std::string> error_lines(const fs::path& log) {
    std::vector<std::string> found;
    std::string text = tail_of_file(log, 16384);
    for (std::size_t from = 0; from < text.size();) {
        const std::size_t end = std::min(text.find('\n', from), text.size());
        const std::string line = text.substr(from, end - from);
        from = end + 1;
        if (line.find("virGDBusGetSystemBus") != std::string::npos)
            continue; // there is no D-Bus in a host, and none is needed
        if (line.find("virNetDevSendEthtoolIoctl") != std::string::npos)
            continue; // this machine's interfaces, seen in /sys, are not in the host's network
        if (const auto at = line.find(": error : "); at != std::string::npos)
            found.push_back(printable(line.substr(at + 10), 300));
        else if (line.starts_with("error: "))
            found.push_back(printable(line.substr(7), 300));
        else if (line.starts_with("  hint: "))
            found.push_back(printable(line.substr(2), 300));
    }
    if (found.size() > 4)
        found.erase(found.begin(), found.end() - 4);
    return found;
}

} // namespace

PrivateHost::PrivateHost(PrivateHostConfig config)
    : config_(std::move(config)), layout_(host_layout(config_.directory, config_.confinement)),
      watch_(config_.call_patience, [this] { pull_plug(); }) {
    LibvirtHypervisorConfig of_hypervisor;
    of_hypervisor.socket = socket();
    of_hypervisor.is_session = config_.confinement == Confinement::none;
    of_hypervisor.host = config_.spec.name;
    of_hypervisor.accelerator = config_.accelerator;
    of_hypervisor.tpm_states = [this] { return tpm_states(); };
    hypervisor_ = std::make_unique<LibvirtHypervisor>(std::move(of_hypervisor));
    watched_ = std::make_unique<WatchedHypervisor>(*hypervisor_, watch_, config_.spec.name,
                                                   layout_.logs / call_log);
}

Hypervisor& PrivateHost::hypervisor() { return *watched_; }

void PrivateHost::pull_plug() {
    const std::lock_guard plug(plug_mutex_);
    if (sandbox_)
        sandbox_->pull_plug();
}

Result<std::unique_ptr<PrivateHost>> PrivateHost::create(PrivateHostConfig config) {
    if (config.confinement == Confinement::none)
        VTPMLAB_CHECK(check_session(config.spec));
    std::unique_ptr<PrivateHost> host(new PrivateHost(std::move(config)));
    if (const fs::path socket = host->socket();
        socket.string().size() >= sizeof(sockaddr_un::sun_path))
        return fail(ErrorKind::lab,
                    fmt::format("the socket path {} is too long for a UNIX socket ({} bytes)",
                                socket.string(), sizeof(sockaddr_un::sun_path) - 1),
                    {}, "choose a shorter directory with TMPDIR");
    VTPMLAB_CHECK(host->write_files());
    return host;
}

PrivateHost::~PrivateHost() { (void)power_off(); }

Status PrivateHost::write_files() {
    for (const HostDirectory& directory : layout_.directories)
        VTPMLAB_CHECK(make_host_directory(layout_.root / directory.name, directory.mode));
    VTPMLAB_TRY(passwd_, read_file("/etc/passwd"));
    return config_.confinement == Confinement::namespaces ? write_system_files()
                                                          : write_session_files();
}

Status PrivateHost::write_system_files() {
    VTPMLAB_TRY(const std::string group, read_file("/etc/group"));
    passwd_ = etc_passwd(passwd_);
    group_ = etc_group(group);
    const fs::path files = layout_.root / "files";
    VTPMLAB_CHECK(write_file(files / "passwd", passwd_));
    VTPMLAB_CHECK(write_file(files / "group", group_));
    VTPMLAB_CHECK(write_file(files / "hosts", etc_hosts(config_.spec)));
    VTPMLAB_CHECK(write_file(files / "resolv.conf", ""));
    const fs::path& etc = layout_.configuration;
    VTPMLAB_CHECK(write_file(etc / "libvirtd.conf",
                             libvirtd_conf(random_uuid(), "/var/log/libvirt/libvirtd.log")));
    return write_file(etc / "qemu.conf", qemu_conf(config_.spec));
}

Status PrivateHost::write_session_files() {
    const fs::path& etc = layout_.configuration;
    VTPMLAB_CHECK(write_file(etc / "libvirtd.conf",
                             session_libvirtd_conf(random_uuid(), layout_.daemon_log)));
    VTPMLAB_CHECK(write_file(etc / "qemu.conf", session_qemu_conf()));
    // A session's logs are part of its cache; here they are where every host's are.
    std::error_code code;
    fs::create_directory_symlink(layout_.guest_logs, layout_.root / "cache/libvirt/qemu/log", code);
    if (code && code != std::errc::file_exists)
        return fail(ErrorKind::lab, fmt::format("cannot make a link to {}: {}",
                                                layout_.guest_logs.string(), code.message()));
    // Without these files of its user's own, swtpm_setup reaches for the machine's authority.
    ProcessSpec spec;
    spec.program = "swtpm_setup";
    spec.arguments = {"--tpm2", "--create-config-files", "skip-if-exist"};
    spec.environment = layout_.environment;
    VTPMLAB_TRY(const Completed made, run_to_end(spec, 20s));
    if (made.status.is_success())
        return {};
    Error error;
    error.message = "swtpm_setup could not make its configuration: " + made.status.text();
    error.causes.push_back(printable(made.output, 300));
    error.hint = "swtpm 0.6 or newer is needed for hosts without namespaces";
    return fail(std::move(error));
}

SandboxSpec PrivateHost::sandbox_spec() const {
    SandboxSpec spec;
    spec.confinement = config_.confinement;
    if (spec.confinement == Confinement::namespaces)
        confine(spec);
    spec.held_file = config_.hosts_lock;
    spec.program = "libvirtd";
    spec.arguments = {"--pid-file", layout_.pid_file};
    spec.environment = layout_.environment;
    spec.log = layout_.logs / "host.log";
    return spec;
}

void PrivateHost::confine(SandboxSpec& spec) const {
    spec.hostname = config_.spec.name;
    spec.network = config_.network;
    // With the machine's /run, libvirtd would find its D-Bus and register guests with its systemd.
    spec.emptied = {"/run"};
    // A /dev/kvm that does not work makes libvirtd distrust what it knows about QEMU, and probe it
    // again at every start.
    if (config_.accelerator != "kvm")
        spec.hidden = {"/dev/kvm"};
    spec.binds.push_back({config_.run_directory, config_.run_directory});
    for (const HostDirectory& directory : layout_.directories)
        if (directory.at)
            spec.binds.push_back({layout_.root / directory.name, *directory.at});
    for (const auto& [name, seen_as] : host_files)
        spec.binds.push_back({layout_.root / "files" / name, seen_as});
}

Status PrivateHost::boot() {
    const std::lock_guard lock(mutex_);
    VTPMLAB_CHECK(check_disk_space(config_.directory));
    if (sandbox_ && !sandbox_->exit_status())
        return {};
    VTPMLAB_CHECK(power_off_locked());
    if (!find_program("libvirtd"))
        return fail(ErrorKind::lab, "libvirtd is not installed", {},
                    "install the packages libvirt-daemon and libvirt-daemon-driver-qemu");
    // /run is empty after a boot.
    VTPMLAB_CHECK(remove_file_tree(layout_.runtime));
    VTPMLAB_CHECK(make_host_directory(layout_.runtime, 0755));
    VTPMLAB_CHECK(make_swtpm_directories(layout_));
    load_capabilities_cache();
    watch_.forget();
    VTPMLAB_TRY(Sandbox sandbox, Sandbox::start(sandbox_spec()));
    {
        const std::lock_guard plug(plug_mutex_);
        sandbox_ = std::move(sandbox);
    }
    auto connected = connect();
    if (!connected) {
        (void)power_off_locked();
        return connected;
    }
    const bool lacks_models = config_.spec.tpm_models != HostSpec().tpm_models;
    if (!lacks_models)
        save_capabilities_cache();
    else if (auto forgotten = forget_tpm_models(); !forgotten) {
        (void)power_off_locked();
        return forgotten;
    }
    if (faults_.contains(HostFault::swtpm_disk_is_full))
        VTPMLAB_CHECK(sandbox_->order("fill /var/lib/libvirt/swtpm"));
    return {};
}

// Every line of the cache that names the model's flag goes, and libvirtd reads it anew.
Status PrivateHost::forget_tpm_models() {
    bool is_changed = false;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(layout_.known_capabilities, code)) {
        VTPMLAB_TRY(const std::string text, read_file(entry.path()));
        std::string kept;
        for (std::size_t begin = 0; begin < text.size();) {
            const auto end = std::min(text.find('\n', begin), text.size() - 1) + 1;
            const auto line = std::string_view(text).substr(begin, end - begin);
            const bool is_lacking =
                std::ranges::any_of(HostSpec().tpm_models, [&](const TpmModel model) {
                    return !config_.spec.tpm_models.contains(model) &&
                           line.find(fmt::format("'{}'", to_string(model))) != line.npos;
                });
            if (!is_lacking)
                kept += line;
            begin = end;
        }
        if (kept == text)
            continue;
        VTPMLAB_CHECK(write_file(entry.path(), kept, FileMode::owner_only));
        is_changed = true;
    }
    if (!is_changed)
        return {};
    VTPMLAB_CHECK(sandbox_->order("restart"));
    VTPMLAB_CHECK(connect());
    VTPMLAB_TRY(const auto known, watched_->capabilities());
    if (known.tpm_models != config_.spec.tpm_models)
        return fail(
            ErrorKind::lab,
            fmt::format("libvirtd on {} still offers a TPM model it is to lack", config_.spec.name),
            layout_.known_capabilities.string());
    return {};
}

Status PrivateHost::connect() {
    const Deadline deadline = Deadline::in(boots_within);
    Status answered;
    (void)wait_until(deadline, [&] {
        std::error_code ignored;
        if (sandbox_->exit_status())
            return true;
        if (!fs::exists(socket(), ignored))
            return false;
        const auto call = watch_.begin("connection to it");
        answered = hypervisor_->connect();
        return answered.has_value();
    });
    if (hypervisor_->is_connected()) {
        // Makes libvirtd probe QEMU, if it has to, now and not in the middle of a case.
        auto capabilities = watched_->capabilities();
        if (!capabilities)
            return fail(std::move(capabilities)
                            .error()
                            .wrapped("libvirtd on " + config_.spec.name +
                                     " cannot tell what it is capable of"));
        return {};
    }
    if (const auto hung = watch_.hung())
        return fail(hung_call_error(*hung, config_.spec.name));
    if (const auto status = sandbox_->exit_status())
        return boot_failure(*status);
    Error error;
    error.message = fmt::format("libvirtd on {} did not answer within {} s", config_.spec.name,
                                boots_within.count());
    error.where = socket();
    if (!answered)
        error.causes.push_back(answered.error().message);
    error.hint = fmt::format("look at {}", layout_.logs.string());
    return fail(std::move(error));
}

tl::unexpected<Error> PrivateHost::boot_failure(const ExitStatus& status) const {
    Error error;
    error.message = fmt::format("the host {} did not start: {}", config_.spec.name, status.text());
    for (const char* log : {"log/host.log", "log/libvirt/libvirtd.log"})
        for (std::string& line : error_lines(layout_.root / log)) {
            // A daemon that refuses the settings it was given is no broken lab.
            if (line.find("Failed to parse user") != std::string::npos ||
                line.find("Failed to parse group") != std::string::npos)
                error.kind = ErrorKind::product;
            if (line.starts_with("hint: "))
                error.hint = line.substr(6);
            else
                error.causes.push_back(std::move(line));
        }
    if (error.hint.empty())
        error.hint = error.kind == ErrorKind::product
                         ? "check swtpm_user and swtpm_group of the host"
                         : "vtpmlab doctor tells what hosts need of this machine";
    return fail(std::move(error));
}

bool PrivateHost::is_on() {
    const std::lock_guard lock(mutex_);
    return sandbox_ && !sandbox_->exit_status();
}

Status PrivateHost::power_off() {
    const std::lock_guard lock(mutex_);
    return power_off_locked();
}

Status PrivateHost::power_off_locked() {
    if (!sandbox_)
        return {};
    Status off = sandbox_->power_off();
    const std::lock_guard plug(plug_mutex_);
    sandbox_.reset();
    return off;
}

std::optional<Error> PrivateHost::trouble() {
    if (const auto hung = watch_.hung())
        return hung_call_error(*hung, config_.spec.name);
    const std::lock_guard lock(mutex_);
    const auto status = sandbox_ ? sandbox_->exit_status() : std::nullopt;
    if (!status)
        return std::nullopt;
    Error error;
    error.message =
        fmt::format("libvirtd on {} ended by itself: {}", config_.spec.name, status->text());
    error.hint = fmt::format("among the artefacts, {}/libvirt/libvirtd.log tells its end",
                             config_.spec.name);
    return error;
}

// libvirtd itself sees whether what it knew still holds (QEMU's and its own time stamps, its
// version, the kernel); so a stale file costs a probe and nothing else. Errors only cost time, too.
void PrivateHost::load_capabilities_cache() const {
    if (!config_.capabilities_cache.empty())
        (void)copy_missing(config_.capabilities_cache, layout_.known_capabilities);
}

void PrivateHost::save_capabilities_cache() const {
    if (config_.capabilities_cache.empty())
        return;
    const fs::path& fresh = layout_.known_capabilities;
    std::error_code code;
    for (auto at = fs::directory_iterator(fresh, code); !code && at != fs::directory_iterator();
         at.increment(code)) {
        const fs::path kept = config_.capabilities_cache / at->path().filename();
        const auto text = read_file(at->path());
        const auto old = read_file(kept);
        if (text && (!old || *old != *text) && make_directories(kept.parent_path()))
            (void)write_file(kept, *text, FileMode::owner_only);
    }
}

Result<std::vector<TpmStateInfo>> PrivateHost::tpm_states() {
    VTPMLAB_TRY(const auto entries, list_file_tree(swtpm_directory()));
    auto states = tpm_states_in(entries, swtpm_directory(),
                                [this](uid_t uid) { return user_name_in(passwd_, uid); });
    std::error_code code;
    const auto root_mode = fs::status(swtpm_directory(), code).permissions();
    for (TpmStateInfo& state : states)
        state.root_mode = static_cast<unsigned>(root_mode & fs::perms::mask);
    return states;
}

Result<bool> PrivateHost::opens_tpm_state(const std::string& uuid, const SecretValue& passphrase) {
    VTPMLAB_TRY(const auto states, tpm_states());
    const auto state = std::ranges::find_if(states, [&](const TpmStateInfo& info) {
        return info.directory.filename() == uuid && info.version;
    });
    if (state == states.end())
        return fail(ErrorKind::product,
                    fmt::format("{} has no TPM state on {}", uuid, config_.spec.name));
    return swtpm_opens(state->directory, *state->version, passphrase, layout_.root);
}

Status PrivateHost::collect_logs(const fs::path& destination) const {
    return copy_file_tree(layout_.logs, destination);
}

Status PrivateHost::clear_logs() {
    // The files daemons hold open are cut, the others removed.
    std::error_code code;
    for (const fs::path& open :
         {layout_.logs / "host.log", layout_.logs / call_log, layout_.daemon_log})
        if (fs::exists(open, code))
            fs::resize_file(open, 0, code);
    for (auto at = fs::directory_iterator(layout_.guest_logs, code);
         !code && at != fs::directory_iterator(); at.increment(code)) {
        std::error_code ignored;
        fs::remove(at->path(), ignored);
    }
    if (layout_.swtpm_logs == layout_.guest_logs)
        return {};
    VTPMLAB_CHECK(remove_file_tree(layout_.swtpm_logs));
    return make_swtpm_directories(layout_);
}

} // namespace vtpmlab
