#include "cloud/compute/driver.h"

#include "cloud/compute/step_log.h"
#include "core/files.h"

#include <fmt/format.h>

namespace vtpmlab::cloud {
namespace {

using SpawnResult = tl::expected<void, SpawnError>;

tl::unexpected<SpawnError> failed(std::string message) {
    return tl::unexpected(SpawnError{SpawnError::Kind::failed, std::move(message)});
}

tl::unexpected<SpawnError> failed(const VtpmSecretError& error) {
    const auto kind = error.kind == VtpmSecretError::Kind::forbidden
                          ? SpawnError::Kind::secret_forbidden
                          : SpawnError::Kind::failed;
    return tl::unexpected(SpawnError{kind, error.message});
}

// What Nova gives a guest that boots a kernel of its own and whose image names no command line.
constexpr std::string_view default_command_line = "console=tty0 console=ttyS0";

} // namespace

Driver::Driver(ComputeHost host, Context& context)
    : host_(std::move(host)), context_(context), images_(host_.instances_dir / "_base") {}

std::filesystem::path Driver::directory(const std::string& server_id) const {
    return host_.instances_dir / server_id;
}

tl::expected<void, SpawnError> Driver::spawn(Requester& requester, ServerRecord& server) {
    VtpmSecret secret(context_, requester, server);
    auto result = try_spawn(requester, server, secret);
    if (result)
        return result;
    context_.log.warning("nova-compute",
                         fmt::format("{}: instance {} failed to spawn: {}", host_.spec.name,
                                     server.id, result.error().message));
    remove_guest(server.id);
    remove_directory(server.id);
    secret.remove_from_host(*host_.hypervisor);
    if (!context_.profile.manager_deletes_secret) {
        // A refusal changes nothing: the build has failed already.
        if (const auto removed = secret.remove_from_key_manager(); !removed)
            context_.log.warning("nova-compute", removed.error().message);
    }
    return result;
}

tl::expected<void, SpawnError> Driver::try_spawn(Requester& requester, ServerRecord& server,
                                                 VtpmSecret& secret) {
    const auto device = server.vtpm();
    if (!device)
        return failed(device.error().message);
    StepLog steps(context_.log, host_.spec.name, server.id);
    if (*device && host_.spec.swtpm_enabled && secret.uuid().empty()) {
        const auto made = context_.profile.secret_security ? secret.provide(*host_.hypervisor)
                                                           : secret.ensure_exists();
        if (!made)
            return failed(made.error());
        steps.done("vTPM secret made");
    }
    if (const auto created = create_disk(requester, server); !created)
        return failed(created.error().message);
    steps.done("disks made");
    if (is_interrupted(server))
        return tl::unexpected(SpawnError{SpawnError::Kind::interrupted, "the build was stopped"});
    if (const auto made = create_guest(requester, server, Launch::yes); !made) {
        const auto kind = made.error().class_name == vtpm_secret_forbidden
                              ? SpawnError::Kind::secret_forbidden
                              : SpawnError::Kind::failed;
        return tl::unexpected(SpawnError{kind, made.error().message});
    }
    steps.done("domain started");
    return {};
}

OrException<void> Driver::create_guest(Requester& requester, ServerRecord& server, Launch launch) {
    const auto device = server.vtpm();
    if (!device)
        return raise("Invalid", device.error().message);
    auto spec = describe(requester, server);
    if (!spec)
        return tl::unexpected(
            Exception{"ImageNotFound", spec.error().message, Exception::Origin::other});
    VtpmSecret secret(context_, requester, server);
    if (*device) {
        if (secret.uuid().empty())
            return raise("Invalid", "Refusing to create an emulated TPM with no secret!");
        spec->tpm = DomainTpm{**device, secret.uuid()};
        if (host_.spec.swtpm_enabled)
            if (const auto provided = secret.provide(*host_.hypervisor); !provided)
                return tl::unexpected(to_exception(provided.error()));
    }
    auto launched = host_.hypervisor->define(*spec);
    if (launched && launch == Launch::yes)
        launched = host_.hypervisor->start(server.id);
    if (*device)
        secret.withdraw_after_launch(*host_.hypervisor);
    if (!launched)
        return libvirt_error(launched.error());
    return {};
}

Result<DomainSpec> Driver::describe(Requester& requester, const ServerRecord& server) {
    const auto place = directory(server.id);
    ImageService glance(requester.with_service);

    DomainSpec spec;
    spec.uuid = server.id;
    spec.name = server.domain_name();
    spec.display_name = server.name;
    spec.memory_mib = server.flavor.memory_mib;
    spec.vcpus = server.flavor.vcpus;
    spec.console_log = place / "console.log";
    spec.probe_socket = place / "probe.sock";

    if (const auto kernel = server.image.property("kernel_id"); !kernel.empty()) {
        DirectBoot boot;
        VTPMLAB_TRY(boot.kernel, images_.fetch(glance, kernel));
        if (const auto ramdisk = server.image.property("ramdisk_id"); !ramdisk.empty()) {
            VTPMLAB_TRY(boot.initrd, images_.fetch(glance, ramdisk));
        }
        boot.command_line = server.image.property("os_command_line");
        if (boot.command_line.empty())
            boot.command_line = default_command_line;
        spec.boot = std::move(boot);
    }
    std::error_code error;
    if (std::filesystem::exists(place / "disk", error))
        spec.disk = place / "disk";
    return spec;
}

// An image without content makes a server without a disk: direct boot needs none.
Status Driver::create_disk(Requester& requester, const ServerRecord& server) {
    const auto place = directory(server.id);
    VTPMLAB_CHECK(make_directories(place));
    ImageService glance(requester.with_service);
    VTPMLAB_TRY(const auto base, images_.fetch(glance, server.image.id));
    std::error_code error;
    if (std::filesystem::file_size(base, error) > 0 && !error) {
        const auto disk = place / "disk";
        std::filesystem::copy_file(base, disk, std::filesystem::copy_options::overwrite_existing,
                                   error);
        if (error)
            return fail(ErrorKind::lab, fmt::format("cannot copy the image to {}: {}",
                                                    disk.string(), error.message()));
    }
    return {};
}

KeepTpm Driver::keep_tpm() {
    if (!context_.profile.keeps_tpm_on_temporary_undefine)
        return KeepTpm::no;
    const auto capabilities = host_.hypervisor->capabilities();
    if (capabilities && capabilities->may_keep_tpm_on_undefine)
        return KeepTpm::yes;
    context_.log.warning("nova-compute",
                         "Temporary undefine operation is deleting vTPM contents. Please upgrade "
                         "libvirt to >= 8.9.0 to avoid this behavior.");
    return KeepTpm::no;
}

OrException<void> Driver::power_off(const ServerRecord& server) {
    if (const auto stopped = host_.hypervisor->destroy(server.id); !stopped)
        return libvirt_error(stopped.error());
    return {};
}

OrException<void> Driver::hard_reboot(Requester& requester, ServerRecord& server) {
    auto& hypervisor = *host_.hypervisor;
    if (const auto stopped = hypervisor.destroy(server.id); !stopped)
        return libvirt_error(stopped.error());
    const auto keep = keep_tpm();
    if (const auto undefined = hypervisor.undefine(server.id, keep); !undefined)
        return libvirt_error(undefined.error());
    const auto made = create_guest(requester, server, Launch::yes);
    if (!made) {
        // The domain that did not start goes as well (nova's _cleanup_failed_start).
        if (const auto undefined = hypervisor.undefine(server.id, keep); !undefined)
            context_.log.warning("nova-compute", undefined.error().message);
    }
    return made;
}

OrException<void> Driver::soft_reboot(Requester& requester, ServerRecord& server) {
    VTPMLAB_CHECK(power_off(server));
    const auto started = host_.hypervisor->start(server.id);
    if (started)
        return {};
    context_.log.warning("nova-compute", fmt::format("instance {}: soft reboot failed: {}",
                                                     server.id, started.error().message));
    return hard_reboot(requester, server);
}

PowerState Driver::power_state(const ServerRecord& server) {
    const auto state = host_.hypervisor->state(server.id);
    if (!state)
        return PowerState::none;
    switch (*state) {
    case DomainState::running:
        return PowerState::running;
    case DomainState::paused:
        return PowerState::paused;
    case DomainState::shut_off:
        return PowerState::shut_down;
    case DomainState::crashed:
        return PowerState::crashed;
    case DomainState::other:
        break;
    }
    return PowerState::none;
}

bool Driver::is_interrupted(const ServerRecord& server) {
    if (context_.stopping)
        return true;
    const auto now = context_.store.server(server.id);
    return !now || !*now || (*now)->task_state == TaskState::deleting;
}

VtpmSecretResult<void> Driver::destroy(Requester& requester, ServerRecord& server) {
    auto& hypervisor = *host_.hypervisor;
    StepLog steps(context_.log, host_.spec.name, server.id);
    VtpmSecret secret(context_, requester, server);
    const auto libvirt_error = [](const Error& error) {
        return tl::unexpected(
            VtpmSecretError{VtpmSecretError::Kind::hypervisor, "libvirtError", error.message});
    };
    if (const auto stopped = hypervisor.destroy(server.id); !stopped)
        return libvirt_error(stopped.error());
    steps.done("domain stopped");
    if (!context_.profile.manager_deletes_secret) {
        remove_directory(server.id);
        if (const auto removed = secret.remove_from_key_manager(); !removed)
            return removed;
    }
    if (const auto undefined = hypervisor.undefine(server.id, KeepTpm::no); !undefined)
        return libvirt_error(undefined.error());
    steps.done("domain and TPM state removed");
    secret.remove_from_host(hypervisor);
    remove_directory(server.id);
    return {};
}

void Driver::remove_traces(const ServerRecord& server) {
    remove_guest(server.id);
    remove_directory(server.id);
    if (const auto found = server.system_metadata.find(vtpm_secret_key);
        found != server.system_metadata.end())
        if (const auto removed = host_.hypervisor->undefine_secret(found->second); !removed)
            context_.log.warning("nova-compute", removed.error().message);
}

void Driver::remove_guest(const std::string& server_id) {
    if (const auto stopped = host_.hypervisor->destroy(server_id); !stopped)
        context_.log.warning("nova-compute", stopped.error().message);
    if (const auto undefined = host_.hypervisor->undefine(server_id, KeepTpm::no); !undefined)
        context_.log.warning("nova-compute", undefined.error().message);
}

void Driver::remove_directory(const std::string& server_id) {
    std::error_code error;
    std::filesystem::remove_all(directory(server_id), error);
    if (error)
        context_.log.warning(
            "nova-compute",
            fmt::format("cannot remove {}: {}", directory(server_id).string(), error.message()));
}

} // namespace vtpmlab::cloud
