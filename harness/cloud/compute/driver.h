#pragma once
// Nova's libvirt driver, as far as the cloud has come: makes a guest with its disks and its vTPM,
// and takes it away again. Knows nothing of scheduling, allocations or the states of a server.
// spec: nova-vtpm §4.1

#include "cloud/compute/compute_host.h"
#include "cloud/compute/image_cache.h"
#include "cloud/compute/vtpm_secret.h"
#include "cloud/context.h"

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

    // Without a requester and without asking anybody: the cloud goes down.
    void remove_traces(const ServerRecord& server);

    [[nodiscard]] std::filesystem::path directory(const std::string& server_id) const;
    [[nodiscard]] const ComputeHost& host() const { return host_; }

private:
    [[nodiscard]] tl::expected<void, SpawnError>
    try_spawn(Requester& requester, ServerRecord& server, VtpmSecret& secret);
    [[nodiscard]] Result<DomainSpec> create_disks(Requester& requester, const ServerRecord& server);
    [[nodiscard]] bool is_interrupted(const ServerRecord& server);
    void remove_guest(const std::string& server_id);
    void remove_directory(const std::string& server_id);

    ComputeHost host_;
    Context& context_;
    ImageCache images_;
};

} // namespace vtpmlab::cloud
