#pragma once
// The compute side of a simulated cloud: Nova's API on a loopback port, its scheduler and
// conductor, and one compute service a host. It reaches Keystone, Placement, Barbican and Glance
// over HTTP with tokens only, as Nova does; hosts only through Hypervisor.
//
// Going down, at any moment, it lets running operations end at their next step and takes away from
// the hosts what its servers left there. It leaves alone what stands in the neighbours' stores.

#include "cloud/compute/compute_host.h"
#include "cloud/options.h"
#include "http/service.h"

#include <vtpmlab/clock.h>
#include <vtpmlab/compute_control.h>
#include <vtpmlab/lab.h>
#include <vtpmlab/result.h>
#include <vtpmlab/secret_value.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace vtpmlab::cloud {

struct ComputeCloudConfig : http::ServiceConfig {
    std::string auth_url;
    SecretValue nova_password; // of user nova, project service
    std::string release = "gazpacho";
    std::string quota_driver = "noop"; // or "unified-limits"
    std::vector<ComputeHost> hosts;
    // [service_user] is configured; mode deployment needs it.
    bool has_service_user = true;
    ComputeOptions options{};
    unsigned workers = 8; // operations at one time
    // What services do from time to time: by real time and at Nova's intervals, or only when
    // somebody calls run_periodic_tasks().
    enum class PeriodicTasks { when_asked, by_time };
    PeriodicTasks periodic_tasks = PeriodicTasks::when_asked;
    // Flavors and servers are kept in this file; "": in memory. Servers found in it have lost
    // their hosts' power: none of them runs.
    std::filesystem::path database = {};
};

class ComputeCloud {
public:
    // Up when this returns: hosts registered, API answering. The caller puts endpoint() into the
    // catalog.
    [[nodiscard]] static Result<std::unique_ptr<ComputeCloud>> start(ComputeCloudConfig config);
    ~ComputeCloud();
    ComputeCloud(const ComputeCloud&) = delete;
    ComputeCloud& operator=(const ComputeCloud&) = delete;

    [[nodiscard]] std::string endpoint() const; // "http://127.0.0.1:34567/v2.1"

    // An error when there is no such server, or no host has it.
    [[nodiscard]] Result<GuestPorts> guest_ports(const std::string& server_id);
    [[nodiscard]] Result<std::string> domain_xml(const std::string& server_id);
    // What a person reading the report should know of that server.
    [[nodiscard]] Result<std::vector<std::string>> warnings(const std::string& server_id);
    // The compute service of that host, which stays the cloud's. Kind scenario when there is none.
    [[nodiscard]] Result<ComputeControl*> compute(const std::string& host);
    // What services do from time to time, once, on every host that runs.
    void run_periodic_tasks();
    // The same as often as it falls into the time until then, counted from the start; `reach` moves
    // the clock to each of these times. For a cloud whose tasks do not go by time.
    void run_periodic_tasks(Clock::Time until, const std::function<void(Clock::Time)>& reach);
    // The lines the services logged.
    [[nodiscard]] std::string log() const;
    // The ones after line `number`, which becomes the number of the last; 0 at first.
    [[nodiscard]] std::string log_after(std::uint64_t& number) const;

private:
    class Impl;
    explicit ComputeCloud(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace vtpmlab::cloud
