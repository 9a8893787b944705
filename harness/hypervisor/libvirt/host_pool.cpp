#include "hypervisor/libvirt/host_pool.h"

#include "process/file_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <utility>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;

// What libvirt is configured from; the rest of a HostSpec is the compute service's.
bool is_same_host(const HostSpec& a, const HostSpec& b) {
    return a.name == b.name && a.swtpm_user == b.swtpm_user && a.swtpm_group == b.swtpm_group &&
           a.tpm_models == b.tpm_models;
}

bool is_clean(PrivateHost& host) {
    const auto left = host.leftovers();
    return left && left->empty() && host.clear_logs();
}

} // namespace

struct HostPool::State {
    mutable std::mutex mutex;
    std::vector<std::unique_ptr<PrivateHost>> idle;
    unsigned made = 0;
};

fs::path default_capabilities_cache() {
    if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != '\0')
        return fs::path(cache) / "vtpmlab" / "libvirt";
    if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
        return fs::path(home) / ".cache" / "vtpmlab" / "libvirt";
    return {};
}

HostLease::HostLease(HostPool& pool, std::unique_ptr<PrivateHost> host)
    : pool_(&pool), host_(std::move(host)) {}

HostLease::HostLease(HostLease&& other) noexcept = default;

HostLease& HostLease::operator=(HostLease&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(host_, other.host_);
    return *this;
}

HostLease::~HostLease() {
    if (host_)
        pool_->take_back(std::move(host_));
}

HostPool::HostPool(HostPoolConfig config)
    : config_(std::move(config)), state_(std::make_unique<State>()) {}

HostPool::~HostPool() = default;

Result<HostLease> HostPool::lease(const HostSpec& spec) {
    PrivateHostConfig config;
    {
        const std::scoped_lock lock(state_->mutex);
        auto& idle = state_->idle;
        const auto found = std::find_if(idle.begin(), idle.end(), [&](const auto& host) {
            return is_same_host(host->spec(), spec);
        });
        if (found != idle.end()) {
            auto host = std::move(*found);
            idle.erase(found);
            return HostLease(*this, std::move(host));
        }
        config.directory = config_.run_directory / fmt::format("h{}", ++state_->made);
    }
    config.spec = spec;
    config.accelerator = config_.accelerator;
    config.confinement = config_.confinement;
    config.run_directory = config_.run_directory;
    config.hosts_lock = config_.hosts_lock;
    config.capabilities_cache = config_.capabilities_cache;
    VTPMLAB_TRY(auto host, PrivateHost::create(std::move(config)));
    VTPMLAB_CHECK(host->boot());
    return HostLease(*this, std::move(host));
}

void HostPool::take_back(std::unique_ptr<PrivateHost> host) {
    if (host->boot() && host->mend_all() && is_clean(*host)) {
        const std::scoped_lock lock(state_->mutex);
        state_->idle.push_back(std::move(host));
        return;
    }
    const fs::path directory = host->directory();
    host.reset();
    (void)remove_file_tree(directory); // the janitor's, if it cannot be removed now
}

std::size_t HostPool::idle() const {
    const std::scoped_lock lock(state_->mutex);
    return state_->idle.size();
}

} // namespace vtpmlab
