#include "cloud/compute/driver.h"

#include "core/files.h"

#include <fmt/format.h>

namespace vtpmlab::cloud {
namespace {

using SpawnResult = tl::expected<void, SpawnError>;

tl::unexpected<SpawnError> failed(Exception exception) {
    const auto kind = exception.class_name == vtpm_secret_forbidden
                          ? SpawnError::Kind::secret_forbidden
                          : SpawnError::Kind::failed;
    return tl::unexpected(SpawnError{kind, std::move(exception)});
}

Exception image_error(const Error& error) {
    return {"ImageNotFound", error.message, Exception::Origin::other};
}

// What Nova gives a guest that boots a kernel of its own and whose image names no command line.
constexpr std::string_view default_command_line = "console=tty0 console=ttyS0";

} // namespace

Driver::Driver(ComputeHost host, Context& context, ServiceLife& life)
    : host_(std::move(host)), context_(context), life_(life),
      images_(host_.instances_dir / "_base") {}

void Driver::configure(const ComputeSettings& settings) {
    auto& spec = host_.spec;
    spec.swtpm_enabled = settings.swtpm_enabled.value_or(spec.swtpm_enabled);
    spec.swtpm_user = settings.swtpm_user.value_or(spec.swtpm_user);
    spec.swtpm_group = settings.swtpm_group.value_or(spec.swtpm_group);
    spec.virt_type = settings.virt_type.value_or(spec.virt_type);
    spec.supported_tpm_secret_security =
        settings.supported_tpm_secret_security.value_or(spec.supported_tpm_secret_security);
}

std::filesystem::path Driver::directory(const std::string& server_id) const {
    return host_.instances_dir / server_id;
}

tl::expected<void, SpawnError> Driver::spawn(Requester& requester, ServerRecord& server,
                                             Launch launch) {
    VtpmSecret secret(context_, requester, server);
    auto result = try_spawn(requester, server, secret, launch);
    if (result)
        return result;
    context_.log.warning("nova-compute",
                         fmt::format("{}: instance {} failed to spawn: {}", host_.spec.name,
                                     server.id, result.error().exception.message));
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
                                                 VtpmSecret& secret, Launch launch) {
    const auto device = server.vtpm();
    if (!device)
        return failed({"Invalid", device.error().message, Exception::Origin::nova});
    auto steps = steps_of(server.id);
    if (*device && host_.spec.swtpm_enabled && secret.uuid().empty()) {
        const auto made = context_.profile.secret_security ? secret.provide(*host_.hypervisor)
                                                           : secret.ensure_exists();
        if (!made)
            return failed(to_exception(made.error()));
        steps.done(compute_step::secret_made);
    }
    if (const auto created = create_disk(requester, server); !created)
        return failed(image_error(created.error()));
    steps.done(compute_step::disks_made);
    if (is_interrupted(server))
        return tl::unexpected(
            SpawnError{SpawnError::Kind::interrupted,
                       {"BuildAbortException", "the build was stopped", Exception::Origin::nova}});
    if (const auto made = create_guest(requester, server, launch); !made)
        return failed(made.error());
    return {};
}

OrException<void> Driver::create_guest(Requester& requester, ServerRecord& server, Launch launch,
                                       const std::string& disk) {
    const auto device = server.vtpm();
    if (!device)
        return raise("Invalid", device.error().message);
    auto spec = describe(requester, server, disk);
    if (!spec)
        return tl::unexpected(image_error(spec.error()));
    VtpmSecret secret(context_, requester, server);
    auto steps = steps_of(server.id);
    if (*device) {
        if (secret.uuid().empty())
            return raise("Invalid", "Refusing to create an emulated TPM with no secret!");
        spec->tpm = DomainTpm{**device, secret.uuid()};
        if (host_.spec.swtpm_enabled) {
            if (const auto provided = secret.provide(*host_.hypervisor); !provided)
                return tl::unexpected(to_exception(provided.error()));
            steps.done(compute_step::secret_on_host);
        }
    }
    auto launched = host_.hypervisor->define(*spec);
    if (launched)
        steps.done(compute_step::domain_defined);
    if (launched && launch == Launch::yes) {
        launched = start(server);
        if (launched)
            steps.done(compute_step::domain_started);
    }
    if (*device)
        secret.withdraw_after_launch(*host_.hypervisor);
    if (!launched)
        return libvirt_error(launched.error());
    return {};
}

Result<DomainSpec> Driver::describe(Requester& requester, const ServerRecord& server,
                                    const std::string& disk) {
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
    if (std::filesystem::exists(place / disk, error))
        spec.disk = place / disk;
    return spec;
}

// An image without content makes a server without a disk: direct boot needs none.
Status Driver::create_disk(Requester& requester, const ServerRecord& server,
                           const std::string& disk) {
    const auto place = directory(server.id);
    VTPMLAB_CHECK(make_directories(place));
    ImageService glance(requester.with_service);
    VTPMLAB_TRY(const auto base, images_.fetch(glance, server.image.id));
    std::error_code error;
    if (std::filesystem::file_size(base, error) > 0 && !error) {
        const auto file = place / disk;
        std::filesystem::copy_file(base, file, std::filesystem::copy_options::overwrite_existing,
                                   error);
        if (error)
            return fail(
                ErrorKind::lab,
                fmt::format("cannot copy the image to {}: {}", file.string(), error.message()), {},
                "is there room on the disk?");
    }
    return {};
}

bool Driver::is_interrupted(const ServerRecord& server) {
    if (context_.stopping)
        return true;
    const auto now = context_.store.server(server.id);
    return !now || !*now || is_deletion((*now)->task_state);
}

VtpmSecretResult<void> Driver::destroy(Requester& requester, ServerRecord& server,
                                       DestroyDisks disks) {
    auto& hypervisor = *host_.hypervisor;
    auto steps = steps_of(server.id);
    VtpmSecret secret(context_, requester, server);
    const auto libvirt_refusal = [](const Error& error) {
        return tl::unexpected(
            VtpmSecretError{VtpmSecretError::Kind::hypervisor, "libvirtError", error.message});
    };
    if (const auto stopped = hypervisor.destroy(server.id); !stopped)
        return libvirt_refusal(stopped.error());
    steps.done(compute_step::domain_stopped);
    const bool with_disks = disks == DestroyDisks::yes;
    if (with_disks && !context_.profile.manager_deletes_secret) {
        remove_directory(server.id);
        if (const auto removed = secret.remove_from_key_manager(); !removed)
            return removed;
    }
    const auto keep = with_disks ? KeepTpm::no : keep_tpm(server);
    if (const auto undefined = hypervisor.undefine(server.id, keep); !undefined)
        return libvirt_refusal(undefined.error());
    steps.done(with_disks ? compute_step::domain_removed : compute_step::domain_undefined);
    if (!with_disks)
        return {};
    secret.remove_from_host(hypervisor);
    remove_directory(server.id);
    return {};
}

void Driver::remove_traces(const ServerRecord& server) {
    remove_guest(server.id);
    forget_guest(server);
}

void Driver::reap(const std::string& server_id) {
    remove_guest(server_id);
    remove_directory(server_id);
    const auto secrets = host_.hypervisor->secrets();
    if (!secrets)
        return context_.log.warning("nova-compute", secrets.error().message);
    for (const auto& secret : *secrets)
        if (secret.usage_name == server_id)
            if (const auto removed = host_.hypervisor->undefine_secret(secret.uuid); !removed)
                context_.log.warning("nova-compute", removed.error().message);
}

void Driver::post_live_migration(const ServerRecord& server) {
    if (const auto found = server.system_metadata.find(vtpm_secret_key);
        found != server.system_metadata.end())
        if (const auto removed = host_.hypervisor->undefine_secret(found->second); !removed)
            context_.log.warning("nova-compute", removed.error().message);
}

void Driver::forget_guest(const ServerRecord& server) {
    remove_directory(server.id);
    post_live_migration(server);
}

void Driver::remove_guest(const std::string& server_id) {
    if (const auto stopped = host_.hypervisor->destroy(server_id); !stopped)
        context_.log.warning("nova-compute", stopped.error().message);
    if (const auto undefined = host_.hypervisor->undefine(server_id, KeepTpm::no); !undefined)
        context_.log.warning("nova-compute", undefined.error().message);
}

// Also what a move has parked (nova/virt/libvirt/driver.py, delete_instance_files).
void Driver::remove_directory(const std::string& server_id) {
    const auto here = directory(server_id);
    for (const auto& place : {here, std::filesystem::path(here.string() + "_resize")}) {
        std::error_code error;
        std::filesystem::remove_all(place, error);
        if (error)
            context_.log.warning("nova-compute", fmt::format("cannot remove {}: {}", place.string(),
                                                             error.message()));
    }
}

} // namespace vtpmlab::cloud
