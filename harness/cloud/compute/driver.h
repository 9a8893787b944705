#pragma once
// Nova's libvirt driver: makes a guest with its disks and its vTPM, lets it stop and go on, moves
// it, and takes it away again. Knows nothing of scheduling, allocations or the states of a server.
// spec: nova-vtpm §4.1

#include "cloud/compute/compute_host.h"
#include "cloud/compute/image_cache.h"
#include "cloud/compute/service_life.h"
#include "cloud/compute/step_log.h"
#include "cloud/compute/vtpm_secret.h"
#include "cloud/context.h"
#include "cloud/exception.h"

#include <vtpmlab/compute_control.h>

#include <tl/expected.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

namespace vtpmlab::cloud {

struct SpawnError {
    enum class Kind {
        failed,           // the next host may do better
        secret_forbidden, // no host will
        interrupted,      // the server is being deleted, or the cloud goes down
    };
    Kind kind = Kind::failed;
    Exception exception;
};

class Driver {
public:
    // `context` and `life` outlive the driver.
    Driver(ComputeHost host, Context& context, ServiceLife& life);

    enum class Launch { no, yes };
    // On an error nothing of the guest is left on the host.
    [[nodiscard]] tl::expected<void, SpawnError> spawn(Requester& requester, ServerRecord& server,
                                                       Launch launch = Launch::yes);

    // Takes away domain, TPM state, disks and the host's libvirt secret. Before the domain is
    // undefined, releases of old delete the secret in Barbican here and stop when refused.
    // Without the disks, TPM state (where Nova keeps it) and secrets stay as well.
    // spec: nova-vtpm §LIF-DEL-1
    // spec: nova-vtpm §LIF-DEL-10
    enum class DestroyDisks { no, yes };
    [[nodiscard]] VtpmSecretResult<void> destroy(Requester& requester, ServerRecord& server,
                                                 DestroyDisks disks = DestroyDisks::yes);

    // On one host: driver_power.cpp.

    // Lets the guest turn itself off, and pulls the plug when it does not in the time that its
    // image or nova.conf gives it; or pulls the plug at once.
    enum class CleanShutdown { no, yes };
    [[nodiscard]] OrException<void> power_off(const ServerRecord& server,
                                              CleanShutdown clean = CleanShutdown::yes);
    // Undefines and makes the guest again from what is on the disk, with the passphrase fetched
    // anew: after a refusal there is no domain any more. Also what starting a server is.
    // spec: nova-vtpm §LIF-RBT-3
    [[nodiscard]] OrException<void> hard_reboot(Requester& requester, ServerRecord& server);
    // Starts the same domain again; where libvirt refuses that, a hard reboot.
    // spec: nova-vtpm §LIF-RBT-4
    [[nodiscard]] OrException<void> soft_reboot(Requester& requester, ServerRecord& server);
    [[nodiscard]] OrException<void> pause(const ServerRecord& server);
    [[nodiscard]] OrException<void> unpause(const ServerRecord& server);
    [[nodiscard]] OrException<void> suspend(const ServerRecord& server);
    // A refusal loses the saved memory.
    // spec: nova-vtpm §LIF-SUS-2
    [[nodiscard]] OrException<void> resume(Requester& requester, ServerRecord& server);
    [[nodiscard]] PowerState power_state(const ServerRecord& server);
    // With the record's rescue image as the system disk; the server's own disk stays.
    [[nodiscard]] OrException<void> rescue(Requester& requester, ServerRecord& server);
    [[nodiscard]] OrException<void> unrescue(Requester& requester, ServerRecord& server);
    // The disk as it is now, into an image that Glance has queued.
    // spec: nova-vtpm §LIF-SNP-1
    [[nodiscard]] OrException<void> snapshot(Requester& requester, const ServerRecord& server,
                                             const std::string& image_id);

    // Cold migration and resize: driver_moves.cpp.

    // On the source. After an error the guest's directory is here again.
    [[nodiscard]] OrException<void> migrate_disk_and_power_off(const ServerRecord& server,
                                                               Driver& destination);
    // On the destination, with the record's old and new flavor. The passphrase is fetched even for
    // a guest that is not launched.
    // spec: nova-vtpm §LIF-RSZ-12
    [[nodiscard]] OrException<void> finish_migration(Requester& requester, ServerRecord& server,
                                                     Launch launch);
    // On the source.
    [[nodiscard]] OrException<void> confirm_migration(Requester& requester, ServerRecord& server);
    [[nodiscard]] OrException<void> finish_revert_migration(Requester& requester,
                                                            ServerRecord& server, Launch launch);

    // Live migration: driver_live_migration.cpp.

    // Nothing for a server without a TPM. On the source.
    // spec: nova-vtpm §LIF-LM-5
    [[nodiscard]] OrException<std::optional<SecretValue>>
    secret_for_live_migration(const ServerRecord& server);
    // On the destination.
    [[nodiscard]] OrException<void> pre_live_migration(Requester& requester,
                                                       const ServerRecord& server,
                                                       const std::optional<SecretValue>& secret);
    // On the source.
    [[nodiscard]] OrException<void> live_migrate(Requester& requester, const ServerRecord& server,
                                                 Driver& destination);
    // On the host the guest has left: the libvirt secret of mode host.
    void post_live_migration(const ServerRecord& server);
    // On the host the guest has left, or never came to.
    void forget_guest(const ServerRecord& server);

    // Without a requester and without asking anybody: the cloud goes down.
    void remove_traces(const ServerRecord& server);
    // Of a server nobody knows any more: its domain, TPM state, files and libvirt secret.
    // spec: nova-vtpm §LIF-DEL-5
    void reap(const std::string& server_id);
    // After the host has lost its power: guests that run are left alone.
    // spec: nova-vtpm §LIF-HST-1
    [[nodiscard]] OrException<void> resume_state_on_host_boot(Requester& requester,
                                                              ServerRecord& server);
    [[nodiscard]] Result<std::vector<DomainInfo>> domains() { return host_.hypervisor->domains(); }

    [[nodiscard]] std::filesystem::path directory(const std::string& server_id) const;
    [[nodiscard]] const ComputeHost& host() const { return host_; }
    // While the service is down.
    void configure(const ComputeSettings& settings);
    [[nodiscard]] ServiceLife& life() { return life_; }
    [[nodiscard]] StepLog steps_of(const std::string& server_id) {
        return {context_.log, host_.spec.name, server_id, life_};
    }

private:
    [[nodiscard]] tl::expected<void, SpawnError>
    try_spawn(Requester& requester, ServerRecord& server, VtpmSecret& secret, Launch launch);
    // The domain as it would be with the server's image; `disk` is the file's name.
    [[nodiscard]] Result<DomainSpec> describe(Requester& requester, const ServerRecord& server,
                                              const std::string& disk = "disk");
    [[nodiscard]] Status create_disk(Requester& requester, const ServerRecord& server,
                                     const std::string& disk = "disk");
    // The secret stands on the host only around this, and goes whether it worked or not.
    [[nodiscard]] OrException<void> create_guest(Requester& requester, ServerRecord& server,
                                                 Launch launch, const std::string& disk = "disk");
    [[nodiscard]] OrException<void> create_guest_or_clean_up(Requester& requester,
                                                             ServerRecord& server, Launch launch);
    // Also where libvirt and swtpm came into each other's way (finding X9).
    [[nodiscard]] Status start(const ServerRecord& server);
    // Nova warns in its log alone; here the report does as well, where there is a TPM to lose.
    void warn(const ServerRecord& server, const std::string& text);
    // What a domain that is to come back is undefined with.
    [[nodiscard]] KeepTpm keep_tpm(const ServerRecord& server);
    // False when the guest did not hear, or did not obey in time.
    enum class AskAgain { yes, no };
    [[nodiscard]] bool shut_down(const ServerRecord& server, std::chrono::seconds within,
                                 AskAgain ask_again = AskAgain::yes);
    [[nodiscard]] std::chrono::seconds shutdown_timeout(const ServerRecord& server);
    [[nodiscard]] OrException<void> send_disks(const ServerRecord& server, Driver& destination);
    [[nodiscard]] OrException<void> restore_tpm(const ServerRecord& server);
    [[nodiscard]] OrException<void> copy_running_disk(Requester& requester,
                                                      const ServerRecord& server,
                                                      const std::filesystem::path& to);
    [[nodiscard]] bool is_interrupted(const ServerRecord& server);
    void remove_guest(const std::string& server_id);
    void remove_directory(const std::string& server_id);

    ComputeHost host_;
    Context& context_;
    ServiceLife& life_;
    ImageCache images_;
};

} // namespace vtpmlab::cloud
