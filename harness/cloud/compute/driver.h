#pragma once
// Nova's libvirt driver, as far as the cloud has come: makes a guest with its disks and its vTPM,
// and takes it away again. Knows nothing of scheduling, allocations or the states of a server.
// spec: nova-vtpm §4.1

#include "cloud/compute/compute_host.h"
#include "cloud/compute/image_cache.h"
#include "cloud/compute/vtpm_secret.h"
#include "cloud/context.h"
#include "cloud/exception.h"

#include <tl/expected.hpp>

#include <filesystem>
#include <string>

namespace vtpmlab::cloud {

struct SpawnError {
    enum class Kind {
        failed,           // the next host may do better
        secret_forbidden, // no host will
        interrupted,      // the server is being deleted, or the cloud goes down
    };
    Kind kind = Kind::failed;
    std::string message;
};

class Driver {
public:
    // `context` outlives the driver.
    Driver(ComputeHost host, Context& context);

    // On an error nothing of the guest is left on the host.
    [[nodiscard]] tl::expected<void, SpawnError> spawn(Requester& requester, ServerRecord& server);

    // Takes away domain, TPM state, disks and the host's libvirt secret. Before the domain is
    // undefined, releases of old delete the secret in Barbican here and stop when refused.
    // spec: nova-vtpm §LIF-DEL-1
    // spec: nova-vtpm §LIF-DEL-10
    [[nodiscard]] VtpmSecretResult<void> destroy(Requester& requester, ServerRecord& server);

    // Lets the guest turn itself off, and pulls the plug when it does not.
    [[nodiscard]] OrException<void> power_off(const ServerRecord& server);
    // Undefines and makes the guest again from what is on the disk, with the passphrase fetched
    // anew: after a refusal there is no domain any more. Also what starting a server is.
    // spec: nova-vtpm §LIF-RBT-3
    [[nodiscard]] OrException<void> hard_reboot(Requester& requester, ServerRecord& server);
    // Starts the same domain again; where libvirt refuses that, a hard reboot.
    // spec: nova-vtpm §LIF-RBT-4
    [[nodiscard]] OrException<void> soft_reboot(Requester& requester, ServerRecord& server);
    [[nodiscard]] PowerState power_state(const ServerRecord& server);

    // Without a requester and without asking anybody: the cloud goes down.
    void remove_traces(const ServerRecord& server);

    [[nodiscard]] std::filesystem::path directory(const std::string& server_id) const;
    [[nodiscard]] const ComputeHost& host() const { return host_; }

private:
    [[nodiscard]] tl::expected<void, SpawnError>
    try_spawn(Requester& requester, ServerRecord& server, VtpmSecret& secret);
    [[nodiscard]] Result<DomainSpec> describe(Requester& requester, const ServerRecord& server);
    [[nodiscard]] Status create_disk(Requester& requester, const ServerRecord& server);
    enum class Launch { no, yes };
    // The secret stands on the host only around this, and goes whether it worked or not.
    [[nodiscard]] OrException<void> create_guest(Requester& requester, ServerRecord& server,
                                                 Launch launch);
    // What a domain that is to come back is undefined with.
    [[nodiscard]] KeepTpm keep_tpm();
    [[nodiscard]] bool is_interrupted(const ServerRecord& server);
    void remove_guest(const std::string& server_id);
    void remove_directory(const std::string& server_id);

    ComputeHost host_;
    Context& context_;
    ImageCache images_;
};

} // namespace vtpmlab::cloud
