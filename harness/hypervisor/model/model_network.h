#pragma once
// How one model host finds another by the URI it was told: all hosts of this process, each under a
// URI no other has, as daemons are found on a machine's loopback.

#include <map>
#include <mutex>
#include <string>

namespace vtpmlab::model {

class ModelHypervisor;

class ModelNetwork {
public:
    [[nodiscard]] static ModelNetwork& shared();

    void join(ModelHypervisor& host);
    // Waits until nobody migrates.
    void leave(ModelHypervisor& host);

    // `use` is given the host, or null; the host stays as long as it runs.
    template <typename Use>
    [[nodiscard]] auto with(const std::string& uri, Use&& use) {
        const std::lock_guard lock(mutex_);
        const auto found = hosts_.find(uri);
        return use(found == hosts_.end() ? nullptr : found->second);
    }

private:
    std::mutex mutex_;
    std::map<std::string, ModelHypervisor*> hosts_;
};

} // namespace vtpmlab::model
