// The driver's part of a cold migration or resize: files go from host to host, the TPM's state
// among them, and the guest is made again from what arrived.
// spec: nova-vtpm §5.7

#include "cloud/compute/driver.h"
#include "core/files.h"

#include <fmt/format.h>

namespace vtpmlab::cloud {
namespace {

namespace fs = std::filesystem;

fs::path parked(const fs::path& directory) { return directory.string() + "_resize"; }

tl::unexpected<Exception> os_error(const std::string& what, const std::error_code& error) {
    return tl::unexpected(Exception{"OSError", fmt::format("{}: {}", what, error.message()),
                                    Exception::Origin::other});
}

OrException<void> move_tree(const fs::path& from, const fs::path& to) {
    std::error_code error;
    fs::rename(from, to, error);
    if (error)
        return os_error(fmt::format("cannot rename {}", from.string()), error);
    return {};
}

OrException<void> remove_tree(const fs::path& directory) {
    std::error_code error;
    fs::remove_all(directory, error);
    if (error)
        return os_error(fmt::format("cannot remove {}", directory.string()), error);
    return {};
}

// What the flavors of a move ask for, old and new.
struct Devices {
    std::optional<TpmDevice> before;
    std::optional<TpmDevice> after;
};

// A constraint that no scheduler took cannot get this far.
Devices devices_of(const ServerRecord& server) {
    const auto of = [&](const Flavor& flavor) {
        return vtpm_constraint(flavor.request(), server.image.request())
            .value_or(std::optional<TpmDevice>());
    };
    return {of(server.old_flavor.value_or(server.flavor)),
            of(server.new_flavor.value_or(server.flavor))};
}

Exception failed_process(const Error& error) {
    return {"ProcessExecutionError", error.message, Exception::Origin::other};
}

// restore_vtpm_dir raises Nova's Invalid; what the shell says is not Nova's.
Exception refused_restore(const Error& error) {
    const bool is_novas = error.message.starts_with("Guest wants emulated TPM");
    return {is_novas ? "Invalid" : "Error", error.message,
            is_novas ? Exception::Origin::nova : Exception::Origin::other};
}

} // namespace

OrException<void> Driver::send_disks(const ServerRecord& server, Driver& destination) {
    auto steps = steps_of(server.id);
    const auto from = parked(directory(server.id)), to = destination.directory(server.id);
    if (const auto made = make_directories(to); !made)
        return tl::unexpected(failed_process(made.error()));
    std::error_code ignored;
    if (fs::exists(from / "disk", ignored))
        if (const auto sent = destination.host_.files->receive(from / "disk", to / "disk"); !sent)
            return tl::unexpected(failed_process(sent.error()));
    steps.done(compute_step::disks_sent);
    // The TPM's state is taken out of libvirt's directory first, and only then sent: whatever
    // breaks in between leaves it here (spec: nova-vtpm §LIF-RSZ-11).
    const auto saved = host_.files->save_tpm_state(server.id, from / "swtpm");
    if (!saved)
        return tl::unexpected(failed_process(saved.error()));
    steps.done(compute_step::tpm_parked);
    if (*saved)
        if (const auto sent = destination.host_.files->receive(from / "swtpm", to / "swtpm"); !sent)
            return tl::unexpected(failed_process(sent.error()));
    steps.done(compute_step::tpm_sent);
    return {};
}

OrException<void> Driver::migrate_disk_and_power_off(const ServerRecord& server,
                                                     Driver& destination) {
    VTPMLAB_CHECK(power_off(server));
    const auto here = directory(server.id);
    VTPMLAB_CHECK(move_tree(here, parked(here)));
    steps_of(server.id).done(compute_step::directory_parked);
    auto sent = send_disks(server, destination);
    if (sent)
        return {};
    // _cleanup_remote_migration: the instance directory comes back, the TPM's state in it does not
    // come back to libvirt.
    VTPMLAB_CHECK(remove_tree(destination.directory(server.id)));
    VTPMLAB_CHECK(move_tree(parked(here), here));
    return sent;
}

OrException<void> Driver::restore_tpm(const ServerRecord& server) {
    const auto saved = directory(server.id) / "swtpm" / server.id;
    std::error_code ignored;
    if (!fs::exists(saved, ignored))
        return {};
    if (const auto restored =
            host_.files->restore_tpm_state(saved, host_.spec.swtpm_user, host_.spec.swtpm_group);
        !restored)
        return tl::unexpected(refused_restore(restored.error()));
    steps_of(server.id).done(compute_step::tpm_restored);
    return {};
}

OrException<void> Driver::finish_migration(Requester& requester, ServerRecord& server,
                                           Launch launch) {
    const auto [before, after] = devices_of(server);
    if (before && before == after) {
        VTPMLAB_CHECK(restore_tpm(server));
    } else if (before) {
        // swtpm_setup makes a new TPM, under the same passphrase.
        VTPMLAB_CHECK(remove_tree(directory(server.id) / "swtpm" / server.id));
    } else if (after) {
        VtpmSecret secret(context_, requester, server);
        if (const auto made = secret.ensure_exists(); !made)
            return tl::unexpected(to_exception(made.error()));
    }
    return create_guest_or_clean_up(requester, server, launch);
}

OrException<void> Driver::confirm_migration(Requester& requester, ServerRecord& server) {
    auto steps = steps_of(server.id);
    const auto [before, after] = devices_of(server);
    if (before && !after) {
        VtpmSecret secret(context_, requester, server, *server.old_flavor);
        if (const auto removed = secret.remove_from_key_manager(); !removed)
            return tl::unexpected(to_exception(removed.error()));
        steps.done(compute_step::secret_deleted);
    }
    VTPMLAB_CHECK(remove_tree(parked(directory(server.id))));
    steps.done(compute_step::parked_removed);
    if (server.host == host_.spec.name)
        return {};
    if (const auto undefined = host_.hypervisor->undefine(server.id, KeepTpm::no); !undefined)
        return libvirt_error(undefined.error());
    steps.done(compute_step::domain_removed);
    return {};
}

OrException<void> Driver::finish_revert_migration(Requester& requester, ServerRecord& server,
                                                  Launch launch) {
    const auto here = directory(server.id);
    std::error_code ignored;
    if (fs::exists(parked(here), ignored)) {
        VTPMLAB_CHECK(remove_tree(here));
        VTPMLAB_CHECK(move_tree(parked(here), here));
        steps_of(server.id).done(compute_step::directory_back);
    }
    const auto [before, after] = devices_of(server);
    if (before) {
        VTPMLAB_CHECK(restore_tpm(server));
    } else if (after) {
        VtpmSecret secret(context_, requester, server, *server.new_flavor);
        if (const auto removed = secret.remove_from_key_manager(); !removed)
            return tl::unexpected(to_exception(removed.error()));
    }
    return create_guest_or_clean_up(requester, server, launch);
}

} // namespace vtpmlab::cloud
