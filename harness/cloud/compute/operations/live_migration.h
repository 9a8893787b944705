#pragma once
// Live migration as the source's compute service does it: check, prepare the destination, move,
// and clean up on whichever side the server is not.
// spec: nova-vtpm §LIF-LM-4
// spec: nova-vtpm §LIF-LM-6

#include "cloud/compute/operation.h"

#include <vtpmlab/secret_value.h>

#include <optional>

namespace vtpmlab::cloud {

// nova's LibvirtLiveMigrateData, as far as a vTPM needs it. Outlives the operations.
struct LiveMigration {
    const Migration& migration;
    Driver& destination;
    std::optional<SecretValue> secret; // the libvirt secret's, of mode host
};

// Reads the source's libvirt secret; without it nothing moves (VTPMSecretNotFound).
[[nodiscard]] Operation check_can_live_migrate(LiveMigration& state);
[[nodiscard]] Operation live_migration(LiveMigration& state);

} // namespace vtpmlab::cloud
