#include "cli/cloud_hosts.h"

#include "core/files.h"

#include <utility>

namespace vtpmlab::cli {
namespace {

class ModelHost final : public CloudHost {
public:
    ModelHost(HostSpec spec, std::filesystem::path directory)
        : spec_(std::move(spec)), directory_(std::move(directory)), hypervisor_(config_of(spec_)) {}

    [[nodiscard]] const HostSpec& spec() const override { return spec_; }
    [[nodiscard]] Hypervisor& hypervisor() override { return hypervisor_; }
    [[nodiscard]] InstanceFiles& files() override { return hypervisor_; }
    [[nodiscard]] HostMachine& machine() override { return hypervisor_; }
    [[nodiscard]] std::filesystem::path instances_directory() const override { return directory_; }
    [[nodiscard]] Status collect_logs(const std::filesystem::path&) const override { return {}; }

private:
    static model::ModelConfig config_of(const HostSpec& spec) {
        model::ModelConfig config;
        config.hostname = spec.name;
        config.swtpm_user = spec.swtpm_user;
        return config;
    }

    HostSpec spec_;
    std::filesystem::path directory_;
    model::ModelHypervisor hypervisor_;
};

class LibvirtHost final : public CloudHost {
public:
    LibvirtHost(HostSpec spec, HostLease lease)
        : spec_(std::move(spec)), lease_(std::move(lease)) {}

    [[nodiscard]] const HostSpec& spec() const override { return spec_; }
    [[nodiscard]] Hypervisor& hypervisor() override { return lease_.hypervisor(); }
    [[nodiscard]] InstanceFiles& files() override { return lease_.host(); }
    [[nodiscard]] HostMachine& machine() override { return lease_.host(); }
    [[nodiscard]] std::filesystem::path instances_directory() const override {
        return lease_.instances_directory();
    }
    [[nodiscard]] Status collect_logs(const std::filesystem::path& directory) const override {
        return lease_.host().collect_logs(directory);
    }

private:
    HostSpec spec_;
    HostLease lease_;
};

} // namespace

Result<std::unique_ptr<CloudHost>> model_host(const HostSpec& spec,
                                              const std::filesystem::path& directory) {
    VTPMLAB_CHECK(make_directories(directory));
    return std::make_unique<ModelHost>(spec, directory);
}

Result<std::unique_ptr<CloudHost>> libvirt_host(const HostSpec& spec, HostPool& pool) {
    VTPMLAB_TRY(auto lease, pool.lease(spec));
    return std::make_unique<LibvirtHost>(spec, std::move(lease));
}

} // namespace vtpmlab::cli
