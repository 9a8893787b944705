// What is done to a private host from outside beside its power: by Nova to the files of servers
// that move, and by whoever wants to see how it fails.

#include "core/copy.h"
#include "core/files.h"
#include "hypervisor/libvirt/host_files.h"
#include "hypervisor/libvirt/libvirt_hypervisor.h"
#include "hypervisor/libvirt/private_host.h"
#include "process/file_tree.h"

#include <fmt/format.h>
#include <unistd.h>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// What the host itself calls its directory.
constexpr const char* swtpm_root = "/var/lib/libvirt/swtpm";

constexpr auto restarts_within = 60s;
constexpr auto dies_within = 20s;
constexpr const char* read_the_log =
    "among the artefacts, {}/libvirt/libvirtd.log tells what it does";

struct Owner {
    uid_t user;
    gid_t group;
};

// The caller, as the host sees it: its root, or in a session itself.
Owner owner_of_nova(Confinement confinement) {
    return confinement == Confinement::namespaces ? Owner{0, 0} : Owner{::geteuid(), ::getegid()};
}

tl::unexpected<Error> cannot(const std::string& what, const std::error_code& code) {
    return fail(ErrorKind::lab, fmt::format("cannot {}: {}", what, code.message()));
}

} // namespace

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

Status PrivateHost::restart_libvirtd() {
    VTPMLAB_CHECK(order("restart"));
    // The old daemon is gone; the new one is there when it answers.
    Status answered;
    const bool is_back = wait_until(Deadline::in(restarts_within), [&] {
        const auto call = watch_.begin("connection to it");
        answered = hypervisor_->connect();
        return answered.has_value();
    });
    if (is_back)
        return {};
    Error error = std::move(answered).error().wrapped(
        fmt::format("libvirtd on {} did not answer within {} s of its restart", config_.spec.name,
                    restarts_within.count()));
    error.hint = fmt::format(read_the_log, config_.spec.name);
    return fail(std::move(error));
}

Status PrivateHost::kill_qemu(const std::string& uuid) {
    VTPMLAB_TRY(const DomainInfo domain, hypervisor_->info(uuid));
    VTPMLAB_CHECK(order(fmt::format("kill {}/{}.pid", layout_.qemu_pids.string(), domain.name)));
    const bool has_seen = wait_until(Deadline::in(dies_within), [&] {
        const auto now = hypervisor_->info(uuid);
        return !now || now->state == DomainState::shut_off;
    });
    if (!has_seen)
        return fail(ErrorKind::lab,
                    fmt::format("libvirtd on {} did not see the end of {}'s QEMU within {} s",
                                config_.spec.name, uuid, dies_within.count()),
                    {}, fmt::format(read_the_log, config_.spec.name));
    return {};
}

Status PrivateHost::kill_swtpm(const std::string& uuid) {
    VTPMLAB_TRY(const DomainInfo domain, hypervisor_->info(uuid));
    return order(fmt::format("kill {}/*-{}-swtpm.pid", layout_.swtpm_pids.string(), domain.name));
}

Status PrivateHost::lose_secret_files() {
    std::error_code code;
    fs::remove_all(layout_.configuration / "secrets", code);
    if (code)
        return cannot("remove libvirt's secret files", code);
    return {};
}

// Only an empty directory goes: what a host has of TPMs is never hidden.
Status PrivateHost::remove_swtpm_directory() {
    std::error_code code;
    fs::remove(swtpm_directory(), code);
    if (code)
        return fail(ErrorKind::scenario,
                    fmt::format("{} has TPM state in its swtpm directory", config_.spec.name), {},
                    "break it before the first server with a TPM comes");
    return {};
}

Status PrivateHost::make_swtpm_directory() {
    VTPMLAB_CHECK(make_directories(swtpm_directory()));
    std::error_code code;
    fs::permissions(swtpm_directory(), fs::perms(0711), code);
    if (code)
        return cannot("make " + swtpm_directory().string(), code);
    return {};
}

Status PrivateHost::fill_swtpm_disk() {
    if (config_.confinement == Confinement::none)
        return fail(ErrorKind::skipped,
                    "a host without namespaces has no file system of its own to be full", {},
                    "run as root, or let this user have namespaces: see vtpmlab doctor");
    VTPMLAB_CHECK(remove_swtpm_directory());
    VTPMLAB_CHECK(make_swtpm_directory());
    return order(fmt::format("fill {}", swtpm_root));
}

Status PrivateHost::break_with(HostFault fault) {
    {
        const std::lock_guard lock(mutex_);
        if (faults_.contains(fault))
            return {};
    }
    std::error_code code;
    switch (fault) {
    case HostFault::swtpm_setup_fails:
        VTPMLAB_CHECK(make_directories(layout_.local_ca));
        fs::permissions(layout_.local_ca, fs::perms::none, code);
        break;
    case HostFault::swtpm_root_is_a_file:
        VTPMLAB_CHECK(remove_swtpm_directory());
        VTPMLAB_CHECK(write_file(swtpm_directory(), ""));
        break;
    case HostFault::swtpm_root_is_absent:
        VTPMLAB_CHECK(remove_swtpm_directory());
        break;
    case HostFault::swtpm_disk_is_full:
        VTPMLAB_CHECK(fill_swtpm_disk());
        break;
    case HostFault::copy_fails:
    case HostFault::tpm_copy_fails:
        break;
    }
    if (code)
        return cannot(fmt::format("break {} with '{}'", config_.spec.name, to_string(fault)), code);
    const std::lock_guard lock(mutex_);
    faults_.insert(fault);
    return {};
}

Status PrivateHost::mend(HostFault fault) {
    {
        const std::lock_guard lock(mutex_);
        if (!faults_.contains(fault))
            return {};
    }
    // A full disk is gone with the host's power.
    if (fault == HostFault::swtpm_disk_is_full && is_on())
        VTPMLAB_CHECK(order(fmt::format("unfill {}", swtpm_root)));
    const std::lock_guard lock(mutex_);
    std::error_code code;
    if (fault == HostFault::swtpm_setup_fails)
        fs::permissions(layout_.local_ca, fs::perms::all, code);
    else if (fault == HostFault::swtpm_root_is_a_file)
        fs::remove(swtpm_directory(), code);
    if (code)
        return cannot(fmt::format("mend '{}' on {}", to_string(fault), config_.spec.name), code);
    faults_.erase(fault);
    return {};
}

Status PrivateHost::mend_all() {
    for (const HostFault fault : all_host_faults)
        VTPMLAB_CHECK(mend(fault));
    return {};
}

Result<bool> PrivateHost::save_tpm_state(const std::string& uuid, const fs::path& into) {
    std::error_code code;
    if (!fs::exists(swtpm_directory() / uuid, code))
        return false;
    VTPMLAB_CHECK(make_directories(into));
    const Owner nova = owner_of_nova(config_.confinement);
    VTPMLAB_CHECK(move_file_tree(swtpm_directory() / uuid, into / uuid, nova.user, nova.group));
    return true;
}

Status PrivateHost::restore_tpm_state(const fs::path& saved, const std::string& user,
                                      const std::string& group) {
    std::error_code code;
    const fs::path root = swtpm_directory();
    const std::string uuid = saved.filename().string();
    {
        const std::lock_guard lock(mutex_);
        if (faults_.contains(HostFault::swtpm_disk_is_full)) {
            // Below the full file system, where it is found when there is space again.
            VTPMLAB_CHECK(copy_names(saved, root / uuid));
            return fail(ErrorKind::product, no_space_left(fs::path(swtpm_root) / uuid));
        }
    }
    if (!fs::exists(root, code)) {
        VTPMLAB_CHECK(make_swtpm_directory());
    } else if (!fs::is_directory(root, code)) {
        return fail(ErrorKind::product,
                    fmt::format("Guest wants emulated TPM but host path {} is not a directory.",
                                swtpm_root));
    }
    // In a session everything is the caller's and stays it.
    const bool is_session = config_.confinement == Confinement::none;
    const auto uid = is_session ? std::optional(::geteuid()) : id_in(passwd_, user);
    const auto gid = is_session ? std::optional(::getegid()) : id_in(group_, group);
    if (!uid || !gid)
        return fail(ErrorKind::product, fmt::format("the host {} has no user '{}' or no group '{}'",
                                                    config_.spec.name, user, group));
    // Nova gives the files away first and meets this afterwards; here they stay the caller's, who
    // could not remove them otherwise.
    if (fs::exists(root / uuid, code))
        return fail(ErrorKind::product,
                    fmt::format("Destination path '{}/{}' already exists", swtpm_root, uuid));
    return move_file_tree(saved, root / uuid, *uid, *gid);
}

Status PrivateHost::receive(const fs::path& from, const fs::path& to) {
    CopyBreaksOff breaks_off = CopyBreaksOff::no;
    {
        const std::lock_guard lock(mutex_);
        if (!sandbox_)
            return fail(ErrorKind::product,
                        fmt::format("ssh: connect to host {} port 22: No route to host",
                                    config_.spec.name));
        std::error_code ignored;
        if (faults_.contains(HostFault::copy_fails) ||
            (faults_.contains(HostFault::tpm_copy_fails) && fs::is_directory(from, ignored)))
            breaks_off = CopyBreaksOff::half_way;
    }
    return copy_between_hosts(from, to, breaks_off);
}

} // namespace vtpmlab
