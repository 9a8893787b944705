#pragma once
// nova-compute of one host: reports the host to Placement when it starts, builds and deletes
// servers, and keeps their states true while it does. One operation on a server at a time.

#include "cloud/compute/driver.h"
#include "cloud/compute/operation.h"
#include "cloud/neighbours/placement.h"

#include <vtpmlab/lab.h>
#include <vtpmlab/result.h>

#include <memory>
#include <string>
#include <vector>

namespace vtpmlab::cloud {

struct BuildOutcome {
    enum class Kind {
        done,       // ACTIVE, ERROR or gone: nothing more to do
        reschedule, // nothing of it is left here; the reason is the exception's text
    };
    Kind kind = Kind::done;
    std::string reason = {};
};

class ComputeService {
public:
    // Checks the configuration and registers the host; refused as Nova's service refuses to start.
    [[nodiscard]] static Result<std::unique_ptr<ComputeService>> start(ComputeHost host,
                                                                       Context& context);

    [[nodiscard]] const std::string& name() const { return driver_.host().spec.name; }
    [[nodiscard]] const std::string& provider() const { return provider_; }
    [[nodiscard]] Driver& driver() { return driver_; }

    // The allocation is made already; it is given back unless the server becomes ACTIVE.
    [[nodiscard]] BuildOutcome build(Requester& requester, const std::string& server_id);
    void terminate(Requester& requester, const std::string& server_id);
    // Under the server's lock, with its event and, when it fails, its fault. A server that is gone
    // or being deleted is left alone, which is an exception too.
    OrException<void> perform(Requester& requester, const std::string& server_id,
                              const Operation& operation);

    [[nodiscard]] GuestPorts guest_ports(const std::string& server_id) const;
    [[nodiscard]] Result<std::string> domain_xml(const std::string& server_id);
    // Everything of a guest that stands on this host now.
    [[nodiscard]] Result<std::vector<Leftover>> leftovers();
    void remove_traces(const ServerRecord& server) { driver_.remove_traces(server); }

private:
    ComputeService(ComputeHost host, Context& context, std::string provider);
    [[nodiscard]] Status report(const HypervisorCapabilities& capabilities);
    void give_back_allocation(const std::string& server_id);
    [[nodiscard]] BuildOutcome failed(const std::string& server_id, const SpawnError& error);
    [[nodiscard]] VtpmSecretResult<void> destroy(Requester& requester, ServerRecord& server);
    void to_error(const std::string& server_id, const VtpmSecretError& error);

    Context& context_;
    Driver driver_;
    Placement placement_;
    std::string provider_;
};

} // namespace vtpmlab::cloud
