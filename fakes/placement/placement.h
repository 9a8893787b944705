#pragma once
// Placement 1.0 to 1.39: providers in trees, inventories, traits, aggregates, allocations, the
// reshaper, usages and candidates, with the differences of each microversion.

#include "http/service.h"

#include <vtpmlab/result.h>

#include <memory>
#include <string>
#include <vector>

namespace vtpmlab::fakes::placement {

struct PlacementConfig : http::GuardedServiceConfig {
    std::string database = {}; // a file, or "" for memory
    // Standard traits of newer releases are unknown: what an old os-traits does to a new compute.
    // spec: nova-vtpm §SCH-8
    std::string os_traits_release = "3.3.0";
};

class Placement {
public:
    static Result<std::unique_ptr<Placement>> start(PlacementConfig config);
    ~Placement();
    Placement(const Placement&) = delete;
    Placement& operator=(const Placement&) = delete;

    [[nodiscard]] std::string url() const;
    void stop();
    // A snapshot of its state, as POST /__control/snapshot takes it.
    [[nodiscard]] Status keep(const std::string& name);

    struct Allocation {
        std::string consumer;
        std::string provider;
        std::string provider_name;
    };
    [[nodiscard]] std::vector<Allocation> allocations() const;

private:
    class Impl;
    explicit Placement(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace vtpmlab::fakes::placement
