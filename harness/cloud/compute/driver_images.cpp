// The driver's part of what reads or replaces a server's disk: snapshots and rescue.

#include "cloud/compute/driver.h"

#include <fmt/format.h>

namespace vtpmlab::cloud {
namespace {

namespace fs = std::filesystem;

constexpr const char* rescue_disk = "disk.rescue";

// The rescue image decides what the guest is while it is rescued, unless it is a stable-device
// rescue, which keeps the server's own properties.
ServerRecord as_rescued(const ServerRecord& server) {
    auto rescued = server;
    const auto& image = server.rescue_image.value_or(server.image);
    const bool is_stable =
        !image.property("hw_rescue_device").empty() || !image.property("hw_rescue_bus").empty();
    if (is_stable)
        rescued.image.id = image.id;
    else
        rescued.image = image;
    return rescued;
}

} // namespace

OrException<void> Driver::rescue(Requester& requester, ServerRecord& server) {
    VTPMLAB_CHECK(power_off(server));
    if (const auto undefined = host_.hypervisor->undefine(server.id, keep_tpm(server)); !undefined)
        return libvirt_error(undefined.error());
    auto rescued = as_rescued(server);
    if (const auto made = create_disk(requester, rescued, rescue_disk); !made)
        return tl::unexpected(
            Exception{"ImageNotFound", made.error().message, Exception::Origin::other});
    return create_guest(requester, rescued, Launch::yes, rescue_disk);
}

OrException<void> Driver::unrescue(Requester& requester, ServerRecord& server) {
    VTPMLAB_CHECK(hard_reboot(requester, server));
    std::error_code ignored;
    fs::remove(directory(server.id) / rescue_disk, ignored);
    return {};
}

// Nova's _live_snapshot: the domain is undefined for as long as the copy takes.
OrException<void> Driver::copy_running_disk(Requester& requester, const ServerRecord& server,
                                            const fs::path& to) {
    auto& hypervisor = *host_.hypervisor;
    auto spec = describe(requester, server);
    if (!spec)
        return libvirt_error(spec.error());
    if (const auto device = server.vtpm(); device && *device)
        if (const auto uuid = server.system_metadata.find(vtpm_secret_key);
            uuid != server.system_metadata.end())
            spec->tpm = DomainTpm{**device, uuid->second};
    if (const auto undefined = hypervisor.undefine(server.id, keep_tpm(server)); !undefined)
        return libvirt_error(undefined.error());
    const auto copied = hypervisor.copy_disk(server.id, to);
    if (const auto defined = hypervisor.define(*spec); !defined)
        return libvirt_error(defined.error());
    if (!copied)
        return libvirt_error(copied.error());
    return {};
}

OrException<void> Driver::snapshot(Requester& requester, const ServerRecord& server,
                                   const std::string& image_id) {
    const auto disk = directory(server.id) / "disk";
    const auto copy = host_.instances_dir / ("snapshot-" + image_id);
    std::error_code error;
    const bool has_disk = fs::exists(disk, error);
    // A guest that runs is copied by the hypervisor; what stands still is read as it is.
    const auto state = power_state(server);
    const bool runs = state == PowerState::running || state == PowerState::paused;
    if (has_disk && runs)
        VTPMLAB_CHECK(copy_running_disk(requester, server, copy));
    ImageService glance(requester.with_service);
    const auto sent = glance.upload(image_id, !has_disk ? fs::path() : runs ? copy : disk);
    fs::remove(copy, error);
    if (!sent)
        return tl::unexpected(
            Exception{"GlanceConnectionFailed", sent.error().message, Exception::Origin::nova});
    steps_of(server.id).done(compute_step::image_sent);
    return {};
}

} // namespace vtpmlab::cloud
