#include "cli/simulated_cloud.h"

#include "cli/cloud_hosts.h"
#include "cloud/compute_cloud.h"
#include "core/files.h"
#include "machine/accelerator.h"
#include "process/run_directory.h"
#include "services.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <utility>
#include <vector>

namespace vtpmlab::cli {
namespace {

namespace fs = std::filesystem;

class SimulatedCloud final : public Lab {
public:
    [[nodiscard]] static Result<std::unique_ptr<Lab>>
    start(const CloudSpec& spec, Depth depth, const fs::path& directory,
          std::vector<std::unique_ptr<CloudHost>> hosts) {
        std::unique_ptr<SimulatedCloud> cloud(new SimulatedCloud(depth, std::move(hosts)));
        VTPMLAB_CHECK(cloud->bring_up(spec, directory));
        return cloud;
    }

    [[nodiscard]] Depth depth() const override { return depth_; }

    [[nodiscard]] Result<Credentials> credentials(const std::string& name) override {
        VTPMLAB_TRY(const auto persona, services_->persona(name));
        return Credentials{services_->auth_url(), persona->name, persona->project,
                           persona->password.clone()};
    }

    [[nodiscard]] Result<GuestPorts> guest_ports(const std::string& server_id) override {
        return compute_->guest_ports(server_id);
    }

    [[nodiscard]] Result<std::string> domain_xml(const std::string& server_id) override {
        return compute_->domain_xml(server_id);
    }

    [[nodiscard]] Result<std::vector<Leftover>> leftovers() override {
        auto found = services_->leftovers();
        VTPMLAB_TRY(auto on_hosts, compute_->leftovers());
        found.insert(found.end(), on_hosts.begin(), on_hosts.end());
        return found;
    }

    [[nodiscard]] Result<std::vector<SeenRequest>> seen_requests() override {
        std::vector<SeenRequest> seen;
        for (auto& entry : services_->journal().entries())
            seen.push_back(
                {std::move(entry.service), std::move(entry.method), std::move(entry.target),
                 std::move(entry.user), entry.status, std::move(entry.route),
                 std::move(entry.project), std::move(entry.roles), std::move(entry.service_user),
                 std::move(entry.request_id), std::move(entry.cause), std::move(entry.fault)});
        return seen;
    }

    [[nodiscard]] Result<std::uint64_t> add_fault(const FaultRule& rule) override {
        return services_->faults().add(rule);
    }

    [[nodiscard]] Result<std::vector<FaultRecord>> faults() override {
        return services_->faults().list();
    }

    [[nodiscard]] Status clear_faults() override {
        services_->faults().clear();
        return {};
    }

    [[nodiscard]] Result<std::vector<HostSecret>> host_secrets() override {
        std::vector<HostSecret> secrets;
        for (const auto& host : hosts_) {
            VTPMLAB_TRY(const auto of_host, host->hypervisor().secrets());
            for (const auto& secret : of_host)
                secrets.push_back({host->spec().name, secret});
        }
        return secrets;
    }

    [[nodiscard]] Status try_define(const std::string& name, const TpmDevice& device) override {
        CloudHost* host = find_host(name);
        if (host == nullptr)
            return fail(ErrorKind::scenario, fmt::format("this cloud has no host '{}'", name));
        DomainSpec domain;
        domain.uuid = random_uuid();
        domain.name = "vtpmlab-try-" + domain.uuid;
        domain.console_log = host->instances_directory() / "try.log";
        domain.probe_socket = host->instances_directory() / "try.sock";
        domain.tpm = DomainTpm{device, random_uuid()};
        const Status defined = host->hypervisor().define(domain);
        VTPMLAB_CHECK(host->hypervisor().undefine(domain.uuid, KeepTpm::no));
        return defined;
    }

    [[nodiscard]] Result<std::vector<std::string>> warnings(const std::string& server_id) override {
        return compute_->warnings(server_id);
    }

    [[nodiscard]] Status collect_artefacts(const fs::path& directory) override {
        VTPMLAB_CHECK(write_file(directory / "journal.jsonl", services_->journal().to_jsonl()));
        VTPMLAB_CHECK(write_file(directory / "compute.log", compute_->log()));
        for (const auto& host : hosts_) {
            const fs::path of_host = directory / host->spec().name;
            VTPMLAB_CHECK(make_directories(of_host));
            VTPMLAB_CHECK(host->collect_logs(of_host));
            std::error_code ignored;
            fs::remove(of_host, ignored); // only when nothing is in it
        }
        return {};
    }

    [[nodiscard]] std::string description() const override { return description_; }

private:
    SimulatedCloud(Depth depth, std::vector<std::unique_ptr<CloudHost>> hosts)
        : depth_(depth), hosts_(std::move(hosts)) {}

    [[nodiscard]] Status bring_up(const CloudSpec& spec, const fs::path& directory) {
        fakes::ServicesConfig config;
        config.scratch_dir = directory;
        config.key_manager_in_catalog = spec.key_manager_in_catalog;
        VTPMLAB_TRY(services_, fakes::Services::start(std::move(config)));

        cloud::ComputeCloudConfig compute;
        compute.auth_url = services_->auth_url();
        VTPMLAB_TRY(const auto nova, services_->persona("nova"));
        compute.nova_password = nova->password.clone();
        compute.release = spec.release;
        compute.quota_driver = spec.quota_driver;
        compute.journal = &services_->journal();
        compute.steering.faults = &services_->faults();
        for (const auto& host : hosts_) {
            cloud::ComputeHost compute_host;
            compute_host.spec = host->spec();
            compute_host.hypervisor = &host->hypervisor();
            compute_host.files = &host->files();
            compute_host.instances_dir = host->instances_directory();
            compute.hosts.push_back(std::move(compute_host));
        }
        VTPMLAB_TRY(compute_, cloud::ComputeCloud::start(std::move(compute)));
        VTPMLAB_CHECK(services_->register_endpoint("compute", "nova", compute_->endpoint()));
        return describe();
    }

    [[nodiscard]] Status describe() {
        if (depth_ == Depth::model) {
            description_ = "model";
            return {};
        }
        VTPMLAB_TRY(const auto capabilities, hosts_.front()->hypervisor().capabilities());
        description_ = fmt::format("{}, QEMU {}, libvirt {}", capabilities.accelerator,
                                   capabilities.qemu_version, capabilities.libvirt_version);
        return {};
    }

    [[nodiscard]] CloudHost* find_host(const std::string& name) {
        for (const auto& host : hosts_)
            if (name.empty() || host->spec().name == name)
                return host.get();
        return nullptr;
    }

    // Destroyed from the last to the first: compute goes before what it talks to.
    const Depth depth_;
    std::vector<std::unique_ptr<CloudHost>> hosts_;
    std::unique_ptr<fakes::Services> services_;
    std::unique_ptr<cloud::ComputeCloud> compute_;
    std::string description_;
};

class SimulatedClouds final : public LabFactory {
public:
    SimulatedClouds(RunDirectory directory, KeepFiles keep)
        : directory_(std::move(directory)), keep_(keep) {}
    ~SimulatedClouds() override {
        pool_.reset(); // the hosts go before the directory they live in
        if (keep_ == KeepFiles::yes)
            fmt::print(stderr, "kept: {}\n", directory_.keep().string());
    }

    // From here on hosts are real.
    void use_libvirt(const std::string& accelerator, Confinement confinement) {
        HostPoolConfig config;
        config.run_directory = directory_.path();
        config.hosts_lock = directory_.hosts_lock();
        config.accelerator = accelerator;
        config.confinement = confinement;
        config.capabilities_cache = default_capabilities_cache();
        pool_.emplace(std::move(config));
    }

    [[nodiscard]] Result<std::unique_ptr<Lab>> create(const CloudSpec& spec, Depth depth) override {
        const fs::path directory = directory_.path() / fmt::format("cloud-{}", ++clouds_);
        VTPMLAB_CHECK(make_directories(directory));
        std::vector<std::unique_ptr<CloudHost>> hosts;
        for (const auto& host : spec.hosts) {
            VTPMLAB_TRY(auto made, pool_ ? libvirt_host(host, *pool_)
                                         : model_host(host, directory / host.name));
            hosts.push_back(std::move(made));
        }
        return SimulatedCloud::start(spec, depth, directory, std::move(hosts));
    }

private:
    RunDirectory directory_;
    const KeepFiles keep_;
    std::optional<HostPool> pool_; // none at model depth
    std::atomic<unsigned> clouds_ = 0;
};

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

Result<std::unique_ptr<LabFactory>> make_simulated_clouds(const LabOptions& options) {
    VTPMLAB_TRY(auto directory, RunDirectory::create());
    auto clouds = std::make_unique<SimulatedClouds>(std::move(directory), options.keep);
    if (options.depth == Depth::guest) {
        machine::AcceleratorCheck check;
        check.kernel = options.guest_directory / "vmlinuz";
        check.cache = machine::default_accelerator_cache();
        clouds->use_libvirt(machine::usable_accelerator(check).name, usable_confinement());
    }
    return clouds;
}

} // namespace vtpmlab::cli
