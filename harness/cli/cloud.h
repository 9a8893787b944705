#pragma once
// One simulated cloud: services, compute side and hosts put together. The only place where fakes/
// and harness/ meet; between them there is nothing but HTTP. A run makes one for each case
// (simulated_cloud.h), `vtpmlab up` one that stands until it is taken down (up_cloud.h).

#include "cli/cloud_hosts.h"
#include "cloud/compute_cloud.h"
#include "http/adjustable_clock.h"
#include "services.h"

#include <vtpmlab/cloud_spec.h>
#include <vtpmlab/depth.h>
#include <vtpmlab/result.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace vtpmlab::cli {

struct CloudConfig {
    CloudSpec spec{};
    Depth depth = Depth::guest;
    std::filesystem::path scratch_directory{}; // exists, and goes with the run
    // What the services and the compute side remember is kept here; "": in memory.
    std::filesystem::path state_directory{};
    // Of Keystone; the others follow on the ports after it.
    http::Binding binding{};
    // Of the services and the compute side alike; moved by whoever runs the lab.
    std::shared_ptr<http::AdjustableClock> clock = std::make_shared<http::AdjustableClock>();
    // What Nova does from time to time it does by time alone, not only when the clock is moved.
    bool runs_periodic_tasks = false;
    // Not null: /__control of every service is open to who has its token, and moves `clock`.
    std::shared_ptr<const http::Control> control{};
    std::vector<std::unique_ptr<CloudHost>> hosts{}; // on
};

class Cloud {
public:
    // Up, with the compute API in the catalog, when this returns.
    [[nodiscard]] static Result<std::unique_ptr<Cloud>> start(CloudConfig config);

    [[nodiscard]] fakes::Services& services() { return *services_; }
    [[nodiscard]] cloud::ComputeCloud& compute() { return *compute_; }
    // Of the services and the compute side alike.
    [[nodiscard]] http::AdjustableClock& clock() { return *clock_; }
    [[nodiscard]] const std::vector<std::unique_ptr<CloudHost>>& hosts() const { return hosts_; }
    // "tcg, QEMU 7.2.22, libvirt 9.0.0" or "model".
    [[nodiscard]] const std::string& description() const { return description_; }

private:
    explicit Cloud(std::vector<std::unique_ptr<CloudHost>> hosts) : hosts_(std::move(hosts)) {}
    [[nodiscard]] Status bring_up(const CloudConfig& config);
    [[nodiscard]] Status describe(Depth depth);

    // Destroyed from the last to the first: compute goes before what it talks to.
    std::shared_ptr<http::AdjustableClock> clock_;
    std::vector<std::unique_ptr<CloudHost>> hosts_;
    std::unique_ptr<fakes::Services> services_;
    std::unique_ptr<cloud::ComputeCloud> compute_;
    std::string description_;
};

} // namespace vtpmlab::cli
