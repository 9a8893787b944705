#pragma once
// What the runner may ask of the lab beside the cloud's public HTTP API: where the API is and with
// which password each persona comes in, the wire to a guest, and audits of what is left. Everything
// else a scenario does goes through HTTP, as for any client.

#include <vtpmlab/cloud_spec.h>
#include <vtpmlab/compute_control.h>
#include <vtpmlab/fault_rule.h>
#include <vtpmlab/host_machine.h>
#include <vtpmlab/hypervisor.h>
#include <vtpmlab/result.h>
#include <vtpmlab/secret_value.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vtpmlab {

struct Credentials {
    std::string auth_url;
    std::string user;
    std::string project;
    SecretValue password;
};

// Where a server's guest can be reached and read from outside.
struct GuestPorts {
    std::string host; // the compute host it runs on
    std::filesystem::path console_log;
    std::filesystem::path probe_socket; // empty at model depth
};

// One thing found where nothing should be.
struct Leftover {
    std::string store; // "barbican", "libvirt secret", "domain", "process", …
    std::string host;  // empty for the cloud's own stores
    std::string what;  // id, path, or process id and command
};

// One HTTP request a service of the cloud has answered, from its journal.
struct SeenRequest {
    std::string service; // "keystone", "placement", "barbican", "glance", "compute"
    std::string method;
    std::string path;       // with the query
    std::string user;       // whose token came with it; empty without one
    int status = 0;         // 0: no answer was given
    std::string route = {}; // the template that matched; empty if none
    std::string project = {};
    std::vector<std::string> roles = {};
    std::string service_user = {}; // of X-Service-Token
    std::string request_id = {};
    std::string cause = {}; // of the request it belongs to
    std::string fault = {}; // what a fault did to it
};

struct HostSecret {
    std::string host;
    SecretSpec secret;
};

// One cloud, brought up for one case; goes down, with everything in it, when destroyed.
class Lab {
public:
    Lab() = default;
    Lab(const Lab&) = delete;
    Lab& operator=(const Lab&) = delete;
    virtual ~Lab() = default;

    [[nodiscard]] virtual Depth depth() const = 0;
    // Personas: admin, owner, peer, other (another project), reader, nova.
    [[nodiscard]] virtual Result<Credentials> credentials(const std::string& persona) = 0;
    [[nodiscard]] virtual Result<GuestPorts> guest_ports(const std::string& server_id) = 0;
    // Libvirt's live XML of that server's domain; at model depth the XML that would be used.
    [[nodiscard]] virtual Result<std::string> domain_xml(const std::string& server_id) = 0;
    // What the stores hold now: secrets of Barbican and libvirt, domains, swtpm and instance
    // directories, allocations, processes, sockets. Empty after a case that cleaned up.
    [[nodiscard]] virtual Result<std::vector<Leftover>> leftovers() = 0;
    // Of all services, oldest first.
    [[nodiscard]] virtual Result<std::vector<SeenRequest>> seen_requests() = 0;
    // What a service shall do wrong from now on; the fault's id. Kind scenario if the cloud has no
    // such service or route.
    [[nodiscard]] virtual Result<std::uint64_t> add_fault(const FaultRule& rule) = 0;
    // In force now, in the order they came.
    [[nodiscard]] virtual Result<std::vector<FaultRecord>> faults() = 0;
    [[nodiscard]] virtual Status clear_faults() = 0;
    // The secrets the hosts' libvirts hold now.
    [[nodiscard]] virtual Result<std::vector<HostSecret>> host_secrets() = 0;
    // Asks one host's hypervisor itself, past the cloud's API, for a domain with this TPM; what was
    // defined is removed again. The error, of kind product, is the hypervisor's own. An empty name
    // means the first host.
    [[nodiscard]] virtual Status try_define(const std::string& host, const TpmDevice& device) = 0;
    // What the compute side found odd about that server and went on: a model without a version.
    [[nodiscard]] virtual Result<std::vector<std::string>>
    warnings(const std::string& server_id) = 0;
    // What broke in the lab itself while the cloud worked: a disk that ran full, a hypervisor that
    // hung. Oldest first, all of kind lab. A case that failed meanwhile proves nothing about the
    // product.
    [[nodiscard]] virtual std::vector<Error> troubles() = 0;
    // The machine under that host's hypervisor, for whoever breaks it on purpose; it stays the
    // lab's. An empty name means the first host.
    [[nodiscard]] virtual Result<HostMachine*> machine(const std::string& host) = 0;
    // The compute service of that host; it stays the lab's. An empty name means the first host.
    [[nodiscard]] virtual Result<ComputeControl*> compute(const std::string& host) = 0;
    // The clock all services of the cloud share goes forward, and what compute services do now and
    // then is done as often as falls into it. Deadlines of sockets and guests do not notice.
    [[nodiscard]] virtual Status advance_clock(std::chrono::seconds by) = 0;
    // At model depth: what stands in for that server's guest answers to an operation of the probe,
    // both as JSON. Never evidence. At guest depth an error: there the guest itself is asked.
    [[nodiscard]] virtual Result<std::string> ask_model_probe(const std::string& server_id,
                                                              const std::string& op,
                                                              const std::string& params) = 0;
    // Copies logs, domain XML, and the journal of every HTTP request (masked) into `directory`.
    [[nodiscard]] virtual Status collect_artefacts(const std::filesystem::path& directory) = 0;
    // "tcg, QEMU 7.2.22, libvirt 9.0.0, swtpm 0.7.1" or "model".
    [[nodiscard]] virtual std::string description() const = 0;
};

class LabFactory {
public:
    LabFactory() = default;
    LabFactory(const LabFactory&) = delete;
    LabFactory& operator=(const LabFactory&) = delete;
    virtual ~LabFactory() = default;

    // Kind skipped when this machine cannot give what the spec asks for. Thread-safe.
    [[nodiscard]] virtual Result<std::unique_ptr<Lab>> create(const CloudSpec& spec,
                                                              Depth depth) = 0;
};

} // namespace vtpmlab
