#include "cli/cloud_hosts.h"

#include "core/files.h"
#include "core/host_audit.h"
#include "hypervisor/model/model_probe.h"
#include "machine/accelerator.h"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

namespace vtpmlab::cli {
namespace {

namespace fs = std::filesystem;

class ModelHost final : public CloudHost {
public:
    ModelHost(HostSpec spec, fs::path directory)
        : spec_(std::move(spec)), directory_(std::move(directory)), hypervisor_(config_of(spec_)) {}

    [[nodiscard]] const HostSpec& spec() const override { return spec_; }
    [[nodiscard]] Hypervisor& hypervisor() override { return hypervisor_; }
    [[nodiscard]] InstanceFiles& files() override { return hypervisor_; }
    [[nodiscard]] HostMachine& machine() override { return hypervisor_; }
    [[nodiscard]] fs::path instances_directory() const override { return directory_; }
    // A guest of the model is no process and has no socket: a domain is all there is of it.
    [[nodiscard]] Result<std::vector<Leftover>> leftovers() override {
        return leftovers_on(spec_.name, hypervisor_, directory_);
    }
    [[nodiscard]] std::optional<Error> trouble() override { return std::nullopt; }
    [[nodiscard]] Status collect_logs(const fs::path&) const override { return {}; }
    [[nodiscard]] Result<std::string> ask_model_probe(const std::string& server_id,
                                                      const std::string& op,
                                                      const std::string& params) override {
        return model::answer_probe(hypervisor_, server_id, op, params);
    }

private:
    static model::ModelConfig config_of(const HostSpec& spec) {
        model::ModelConfig config;
        config.hostname = spec.name;
        config.swtpm_user = spec.swtpm_user;
        config.tpm_models = spec.tpm_models;
        config.supports_emulated_tpm = spec.swtpm_programs != SwtpmPrograms::none;
        config.has_swtpm = spec.swtpm_programs == SwtpmPrograms::all;
        return config;
    }

    HostSpec spec_;
    fs::path directory_;
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
    [[nodiscard]] Result<std::string> ask_model_probe(const std::string&, const std::string&,
                                                      const std::string&) override {
        return fail(ErrorKind::lab, "a real guest answers for itself, not the model");
    }
    [[nodiscard]] fs::path instances_directory() const override {
        return lease_.instances_directory();
    }
    [[nodiscard]] Result<std::vector<Leftover>> leftovers() override {
        return lease_.host().leftovers();
    }
    [[nodiscard]] std::optional<Error> trouble() override { return lease_.host().trouble(); }
    [[nodiscard]] Status collect_logs(const fs::path& directory) const override {
        return lease_.host().collect_logs(directory);
    }

private:
    HostSpec spec_;
    HostLease lease_;
};

// In memory; its instances stand below `directory`, and go with it.
Result<std::unique_ptr<CloudHost>> model_host(const HostSpec& spec, const fs::path& directory) {
    VTPMLAB_CHECK(make_directories(directory));
    return std::make_unique<ModelHost>(spec, directory);
}

// A private libvirtd, lent by the pool until the host goes.
Result<std::unique_ptr<CloudHost>> libvirt_host(const HostSpec& spec, HostPool& pool) {
    if (spec.swtpm_programs != SwtpmPrograms::all)
        return fail(ErrorKind::skipped,
                    "a host that lacks part of swtpm is only simulated, at depth model");
    VTPMLAB_TRY(auto lease, pool.lease(spec));
    return std::make_unique<LibvirtHost>(spec, std::move(lease));
}

// An ordinary user who may have no namespaces is told, once, that less is shown.
Confinement usable_confinement() {
    if (::geteuid() == 0)
        return Confinement::namespaces;
    const Status can = try_namespaces();
    if (can)
        return Confinement::namespaces;
    fmt::print(stderr,
               "note: {}\nnote: hosts are session daemons instead: swtpm runs as you, and cases "
               "about swtpm_user are skipped\n",
               can.error().message);
    return Confinement::none;
}

} // namespace

Result<std::unique_ptr<HostSource>> HostSource::open(Depth depth, const fs::path& guest_directory) {
    VTPMLAB_TRY(auto run, RunDirectory::create());
    std::unique_ptr<HostSource> source(new HostSource(std::move(run)));
    if (depth == Depth::model)
        return source;
    machine::AcceleratorCheck check;
    check.kernel = guest_directory / "vmlinuz";
    check.cache = machine::default_accelerator_cache();
    HostPoolConfig config;
    config.run_directory = source->run_.path();
    config.hosts_lock = source->run_.hosts_lock();
    config.accelerator = machine::usable_accelerator(check).name;
    config.confinement = usable_confinement();
    config.capabilities_cache = default_capabilities_cache();
    source->pool_.emplace(std::move(config));
    return source;
}

Result<std::vector<std::unique_ptr<CloudHost>>> HostSource::lend(const std::vector<HostSpec>& specs,
                                                                 const fs::path& scratch) {
    std::vector<std::unique_ptr<CloudHost>> hosts;
    for (const auto& spec : specs) {
        VTPMLAB_TRY(auto host,
                    pool_ ? libvirt_host(spec, *pool_) : model_host(spec, scratch / spec.name));
        hosts.push_back(std::move(host));
    }
    return hosts;
}

fs::path HostSource::keep() {
    pool_.reset();
    return run_.keep();
}

} // namespace vtpmlab::cli
