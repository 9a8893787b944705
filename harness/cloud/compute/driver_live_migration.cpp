// The driver's part of a live migration.
// spec: nova-vtpm §LIF-LM-4

#include "cloud/compute/driver.h"
#include "core/files.h"

#include <algorithm>

namespace vtpmlab::cloud {

OrException<std::optional<SecretValue>>
Driver::secret_for_live_migration(const ServerRecord& server) {
    const auto device = server.vtpm();
    if (!device || !*device)
        return std::nullopt;
    const auto uuid = server.system_metadata.find(vtpm_secret_key);
    const auto lost =
        raise("VTPMSecretNotFound", "TPM secret was not found. Try hard-rebooting the instance to "
                                    "recover.");
    if (uuid == server.system_metadata.end())
        return lost;
    const auto secrets = host_.hypervisor->secrets();
    if (!secrets)
        return libvirt_error(secrets.error());
    const bool stands = std::any_of(secrets->begin(), secrets->end(), [&](const SecretSpec& spec) {
        return spec.uuid == uuid->second;
    });
    if (!stands)
        return lost;
    auto value = host_.hypervisor->secret_value(uuid->second);
    if (!value)
        return libvirt_error(value.error());
    return std::optional(std::move(*value));
}

OrException<void> Driver::pre_live_migration(Requester& requester, const ServerRecord& server,
                                             const std::optional<SecretValue>& secret) {
    if (const auto made = create_disk(requester, server); !made)
        return tl::unexpected(
            Exception{"MigrationPreCheckError", made.error().message, Exception::Origin::nova});
    if (!secret) {
        steps_of(server.id).done(compute_step::destination_prepared);
        return {};
    }
    SecretSpec spec;
    spec.uuid = server.system_metadata.find(vtpm_secret_key)->second;
    spec.usage_name = server.id;
    spec.ephemeral = spec.is_private = false;
    if (const auto defined = host_.hypervisor->define_secret(spec, *secret); !defined)
        return libvirt_error(defined.error());
    steps_of(server.id).done(compute_step::destination_prepared);
    return {};
}

OrException<void> Driver::live_migrate(Requester& requester, const ServerRecord& server,
                                       Driver& destination) {
    auto there = destination.describe(requester, server);
    if (!there)
        return tl::unexpected(
            Exception{"ImageNotFound", there.error().message, Exception::Origin::other});
    if (const auto device = server.vtpm(); device && *device)
        if (const auto uuid = server.system_metadata.find(vtpm_secret_key);
            uuid != server.system_metadata.end())
            there->tpm = DomainTpm{**device, uuid->second};
    // By its full name: this namespace has a record called Migration as well.
    vtpmlab::Migration migration;
    migration.destination = destination.host_.hypervisor->uri();
    migration.copies_disk = there->disk.has_value();
    migration.domain = std::move(*there);
    if (const auto moved = host_.hypervisor->migrate(server.id, migration); !moved)
        return libvirt_error(moved.error());
    steps_of(server.id).done(compute_step::guest_migrated);
    return {};
}

} // namespace vtpmlab::cloud
