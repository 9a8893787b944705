#pragma once
// The hosts of a run: started once for each distinct configuration, lent to one case at a time, and
// reused when that case left nothing behind in them. Thread-safe: hosts start side by side.

#include "hypervisor/libvirt/private_host.h"

#include <vtpmlab/result.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace vtpmlab {

struct HostPoolConfig {
    std::filesystem::path run_directory{}; // RunDirectory's; outlives the pool
    std::filesystem::path hosts_lock{};    // RunDirectory::hosts_lock()
    std::string accelerator = "tcg";
    Confinement confinement = Confinement::namespaces;
    std::filesystem::path capabilities_cache{}; // see PrivateHostConfig
};

// $XDG_CACHE_HOME/vtpmlab/libvirt, or the same under ~/.cache; empty without a home.
[[nodiscard]] std::filesystem::path default_capabilities_cache();

class HostPool;

// A host that is on and empty, for one case. Gives it back when it goes.
class HostLease {
public:
    HostLease(HostLease&& other) noexcept;
    HostLease& operator=(HostLease&& other) noexcept;
    HostLease(const HostLease&) = delete;
    HostLease& operator=(const HostLease&) = delete;
    ~HostLease();

    [[nodiscard]] PrivateHost& host() const { return *host_; }
    [[nodiscard]] Hypervisor& hypervisor() const { return host_->hypervisor(); }
    [[nodiscard]] std::filesystem::path instances_directory() const {
        return host_->instances_directory();
    }

private:
    friend class HostPool;
    HostLease(HostPool& pool, std::unique_ptr<PrivateHost> host);

    HostPool* pool_ = nullptr;
    std::unique_ptr<PrivateHost> host_;
};

class HostPool {
public:
    explicit HostPool(HostPoolConfig config);
    HostPool(const HostPool&) = delete;
    HostPool& operator=(const HostPool&) = delete;
    // All leases must be back.
    ~HostPool();

    [[nodiscard]] Result<HostLease> lease(const HostSpec& spec);
    // Hosts that are on and not lent.
    [[nodiscard]] std::size_t idle() const;

private:
    friend class HostLease;
    void take_back(std::unique_ptr<PrivateHost> host);

    struct State;
    HostPoolConfig config_;
    std::unique_ptr<State> state_;
};

} // namespace vtpmlab
