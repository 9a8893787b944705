#include "cloud/compute/driver.h"

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
    const bool has_vtpm = device->has_value();

    if (has_vtpm && host_.spec.swtpm_enabled && secret.uuid().empty()) {
        const auto made = context_.profile.secret_security ? secret.provide(*host_.hypervisor)
                                                           : secret.ensure_exists();
        if (!made)
            return failed(made.error());
    }

    auto spec = create_disks(requester, server);
    if (!spec)
        return failed(spec.error().message);
    if (has_vtpm) {
        if (secret.uuid().empty())
            return failed("Refusing to create an emulated TPM with no secret!");
        spec->tpm = DomainTpm{**device, secret.uuid()};
    }
    if (is_interrupted(server))
        return tl::unexpected(SpawnError{SpawnError::Kind::interrupted, "the build was stopped"});

    // The secret stands on the host only around the launch, and goes whether that worked or not.
    if (has_vtpm && host_.spec.swtpm_enabled)
        if (const auto provided = secret.provide(*host_.hypervisor); !provided)
            return failed(provided.error());
    auto launched = host_.hypervisor->define(*spec);
    if (launched)
        launched = host_.hypervisor->start(server.id);
    if (has_vtpm)
        secret.withdraw_after_launch(*host_.hypervisor);
    if (!launched)
        return failed(launched.error().message);
    return {};
}

Result<DomainSpec> Driver::create_disks(Requester& requester, const ServerRecord& server) {
    const auto place = directory(server.id);
    VTPMLAB_CHECK(make_directories(place));
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

    VTPMLAB_TRY(const auto base, images_.fetch(glance, server.image.id));
    std::error_code error;
    if (std::filesystem::file_size(base, error) > 0 && !error) {
        const auto disk = place / "disk";
        std::filesystem::copy_file(base, disk, std::filesystem::copy_options::overwrite_existing,
                                   error);
        if (error)
            return fail(ErrorKind::lab, fmt::format("cannot copy the image to {}: {}",
                                                    disk.string(), error.message()));
        spec.disk = disk;
    }
    return spec;
}

bool Driver::is_interrupted(const ServerRecord& server) {
    if (context_.stopping)
        return true;
    const auto now = context_.store.server(server.id);
    return !now || !*now || (*now)->task_state == TaskState::deleting;
}

VtpmSecretResult<void> Driver::destroy(Requester& requester, ServerRecord& server) {
    auto& hypervisor = *host_.hypervisor;
    VtpmSecret secret(context_, requester, server);
    const auto libvirt_error = [](const Error& error) {
        return tl::unexpected(
            VtpmSecretError{VtpmSecretError::Kind::hypervisor, "libvirtError", error.message});
    };
    if (const auto stopped = hypervisor.destroy(server.id); !stopped)
        return libvirt_error(stopped.error());
    if (!context_.profile.manager_deletes_secret) {
        remove_directory(server.id);
        if (const auto removed = secret.remove_from_key_manager(); !removed)
            return removed;
    }
    if (const auto undefined = hypervisor.undefine(server.id, KeepTpm::no); !undefined)
        return libvirt_error(undefined.error());
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
