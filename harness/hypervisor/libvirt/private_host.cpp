#include "hypervisor/libvirt/private_host.h"

#include "hypervisor/libvirt/capabilities_cache.h"
#include "hypervisor/libvirt/host_logs.h"
#include "hypervisor/libvirt/libvirt_hypervisor.h"
#include "hypervisor/libvirt/watched_hypervisor.h"
#include "process/file_tree.h"
#include "process/run_directory.h"

#include <fmt/format.h>
#include <sys/un.h>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// 0.2 s with a known QEMU, 2 s when it must be probed; much more on a busy machine.
constexpr auto boots_within = 60s;

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
                                                   call_log(layout_));
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
    VTPMLAB_TRY(host->users_, install_host(host->layout_, host->config_.spec));
    return host;
}

PrivateHost::~PrivateHost() { (void)power_off(); }

SandboxSpec PrivateHost::sandbox_spec() const {
    SandboxSpec spec;
    spec.confinement = config_.confinement;
    if (spec.confinement == Confinement::namespaces)
        confine(spec);
    spec.held_file = config_.hosts_lock;
    spec.program = "libvirtd";
    spec.arguments = {"--pid-file", layout_.pid_file};
    spec.environment = layout_.environment;
    spec.log = host_log(layout_);
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
    spec.binds = installed_binds(layout_);
    spec.binds.insert(spec.binds.begin(), {config_.run_directory, config_.run_directory});
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
    VTPMLAB_CHECK(empty_runtime(layout_));
    VTPMLAB_CHECK(make_swtpm_directories(layout_));
    load_capabilities(config_.capabilities_cache, layout_.known_capabilities);
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
        keep_capabilities(layout_.known_capabilities, config_.capabilities_cache);
    else if (auto forgotten = forget_tpm_models(); !forgotten) {
        (void)power_off_locked();
        return forgotten;
    }
    if (faults_.contains(HostFault::swtpm_disk_is_full))
        VTPMLAB_CHECK(sandbox_->order(fmt::format("fill {}", swtpm_root)));
    return {};
}

Status PrivateHost::forget_tpm_models() {
    VTPMLAB_TRY(const bool is_changed,
                leave_only_tpm_models(layout_.known_capabilities, config_.spec.tpm_models));
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
        return fail(boot_failure(layout_, config_.spec.name, *status));
    Error error;
    error.message = fmt::format("libvirtd on {} did not answer within {} s", config_.spec.name,
                                boots_within.count());
    error.where = socket();
    if (!answered)
        error.causes.push_back(answered.error().message);
    error.hint = fmt::format("look at {}", layout_.logs.string());
    return fail(std::move(error));
}

Status PrivateHost::order(const std::string& what) {
    const std::lock_guard lock(mutex_);
    if (!sandbox_)
        return fail(ErrorKind::scenario, fmt::format("the host {} is off", config_.spec.name), {},
                    "turn it on again before, with boot-host");
    auto done = sandbox_->order(what);
    if (!done)
        return fail(std::move(done).error().wrapped(config_.spec.name));
    return {};
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

Status PrivateHost::collect_logs(const fs::path& destination) const {
    return copy_file_tree(layout_.logs, destination);
}

Status PrivateHost::clear_logs() { return clear_host_logs(layout_); }

} // namespace vtpmlab
