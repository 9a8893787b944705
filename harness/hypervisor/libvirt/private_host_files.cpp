// The files of a private host that Nova handles: what swtpm left on its disk, and what moves with a
// server from host to host.

#include "core/copy.h"
#include "core/files.h"
#include "hypervisor/libvirt/host_files.h"
#include "hypervisor/libvirt/private_host.h"
#include "hypervisor/libvirt/state_trial.h"
#include "hypervisor/libvirt/tpm_state.h"
#include "process/file_tree.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;

struct Owner {
    uid_t user;
    gid_t group;
};

// The caller, as the host sees it: its root, or in a session itself.
Owner owner_of_nova(Confinement confinement) {
    return confinement == Confinement::namespaces ? Owner{0, 0} : Owner{::geteuid(), ::getegid()};
}

} // namespace

Result<std::vector<TpmStateInfo>> PrivateHost::tpm_states() {
    VTPMLAB_TRY(const auto entries, list_file_tree(swtpm_directory()));
    auto states = tpm_states_in(entries, swtpm_directory(),
                                [this](uid_t uid) { return user_name_in(users_.passwd, uid); });
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

Status PrivateHost::make_swtpm_root() {
    VTPMLAB_CHECK(make_directories(swtpm_directory()));
    std::error_code code;
    fs::permissions(swtpm_directory(), fs::perms(0711), code);
    if (code)
        return fail(ErrorKind::lab,
                    fmt::format("cannot make {}: {}", swtpm_directory().string(), code.message()));
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
        VTPMLAB_CHECK(make_swtpm_root());
    } else if (!fs::is_directory(root, code)) {
        return fail(ErrorKind::product,
                    fmt::format("Guest wants emulated TPM but host path {} is not a directory.",
                                swtpm_root));
    }
    // In a session everything is the caller's and stays it.
    const bool is_session = config_.confinement == Confinement::none;
    const auto uid = is_session ? std::optional(::geteuid()) : id_in(users_.passwd, user);
    const auto gid = is_session ? std::optional(::getegid()) : id_in(users_.group, group);
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
