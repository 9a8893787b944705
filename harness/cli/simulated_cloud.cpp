#include "cli/simulated_cloud.h"

#include "cli/cloud.h"
#include "core/files.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <atomic>
#include <iterator>
#include <utility>
#include <vector>

namespace vtpmlab::cli {
namespace {

namespace fs = std::filesystem;

class SimulatedCloud final : public Lab {
public:
    SimulatedCloud(Depth depth, fs::path directory, std::unique_ptr<Cloud> cloud)
        : depth_(depth), directory_(std::move(directory)), cloud_(std::move(cloud)) {}

    [[nodiscard]] Depth depth() const override { return depth_; }

    [[nodiscard]] Result<Credentials> credentials(const std::string& name) override {
        VTPMLAB_TRY(const auto persona, cloud_->services().persona(name));
        return Credentials{cloud_->services().auth_url(), persona->name, persona->project,
                           persona->password.clone()};
    }

    [[nodiscard]] Result<GuestPorts> guest_ports(const std::string& server_id) override {
        return cloud_->compute().guest_ports(server_id);
    }

    [[nodiscard]] Result<std::string> domain_xml(const std::string& server_id) override {
        return cloud_->compute().domain_xml(server_id);
    }

    [[nodiscard]] Result<std::vector<Leftover>> leftovers() override {
        auto found = cloud_->services().leftovers();
        for (const auto& host : cloud_->hosts()) {
            VTPMLAB_TRY(auto on_host, host->leftovers());
            found.insert(found.end(), std::make_move_iterator(on_host.begin()),
                         std::make_move_iterator(on_host.end()));
        }
        return found;
    }

    [[nodiscard]] Result<std::vector<SeenRequest>> seen_requests() override {
        std::vector<SeenRequest> seen;
        for (auto& entry : cloud_->services().journal().entries())
            seen.push_back(
                {std::move(entry.service), std::move(entry.method), std::move(entry.target),
                 std::move(entry.user), entry.status, std::move(entry.route),
                 std::move(entry.project), std::move(entry.roles), std::move(entry.service_user),
                 std::move(entry.request_id), std::move(entry.cause), std::move(entry.fault)});
        return seen;
    }

    [[nodiscard]] Result<std::uint64_t> add_fault(const FaultRule& rule) override {
        return cloud_->services().faults().add(rule);
    }

    [[nodiscard]] Result<std::vector<FaultRecord>> faults() override {
        return cloud_->services().faults().list();
    }

    [[nodiscard]] Status clear_faults() override {
        cloud_->services().faults().clear();
        return {};
    }

    [[nodiscard]] Result<std::vector<HostSecret>> host_secrets() override {
        std::vector<HostSecret> secrets;
        for (const auto& host : cloud_->hosts()) {
            VTPMLAB_TRY(const auto of_host, host->hypervisor().secrets());
            for (const auto& secret : of_host)
                secrets.push_back({host->spec().name, secret});
        }
        return secrets;
    }

    [[nodiscard]] Status try_define(const std::string& name, const TpmDevice& device) override {
        VTPMLAB_TRY(CloudHost * host, named_host(name));
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
        return cloud_->compute().warnings(server_id);
    }

    [[nodiscard]] std::vector<Error> troubles() override {
        std::vector<Error> troubles;
        for (const auto& host : cloud_->hosts())
            if (auto trouble = host->trouble())
                troubles.push_back(std::move(*trouble));
        if (auto space = check_disk_space(directory_); !space)
            troubles.push_back(std::move(space).error());
        return troubles;
    }

    [[nodiscard]] Result<HostMachine*> machine(const std::string& name) override {
        VTPMLAB_TRY(CloudHost * host, named_host(name));
        return &host->machine();
    }

    [[nodiscard]] Result<ComputeControl*> compute(const std::string& host) override {
        return cloud_->compute().compute(host);
    }

    [[nodiscard]] Status advance_clock(std::chrono::seconds by) override {
        auto& clock = cloud_->clock();
        const auto until = clock.now() + by;
        const auto reach = [&](Clock::Time time) {
            if (const auto now = clock.now(); now < time)
                clock.advance(std::chrono::ceil<std::chrono::milliseconds>(time - now));
        };
        cloud_->compute().run_periodic_tasks(until, reach);
        reach(until);
        return {};
    }

    [[nodiscard]] Result<std::string> ask_model_probe(const std::string& server_id,
                                                      const std::string& op,
                                                      const std::string& params) override {
        VTPMLAB_TRY(const GuestPorts ports, cloud_->compute().guest_ports(server_id));
        CloudHost* host = find_host(ports.host);
        if (host == nullptr)
            return fail(ErrorKind::lab, fmt::format("server {} is on no host", server_id));
        return host->ask_model_probe(server_id, op, params);
    }

    [[nodiscard]] Status collect_artefacts(const fs::path& directory) override {
        VTPMLAB_CHECK(
            write_file(directory / "journal.jsonl", cloud_->services().journal().to_jsonl()));
        VTPMLAB_CHECK(write_file(directory / "compute.log", cloud_->compute().log()));
        for (const auto& host : cloud_->hosts()) {
            const fs::path of_host = directory / host->spec().name;
            VTPMLAB_CHECK(make_directories(of_host));
            VTPMLAB_CHECK(host->collect_logs(of_host));
            std::error_code ignored;
            fs::remove(of_host, ignored); // only when nothing is in it
        }
        return {};
    }

    [[nodiscard]] std::string description() const override { return cloud_->description(); }

private:
    // A plain name was checked when the scenario was loaded; the value of an expression was not.
    [[nodiscard]] Result<CloudHost*> named_host(const std::string& name) {
        if (CloudHost* host = find_host(name))
            return host;
        std::vector<std::string> names;
        for (const auto& host : cloud_->hosts())
            names.push_back(host->spec().name);
        return fail(ErrorKind::scenario, fmt::format("this cloud has no host '{}'", name), {},
                    fmt::format("its hosts: {}", fmt::join(names, ", ")));
    }

    [[nodiscard]] CloudHost* find_host(const std::string& name) {
        for (const auto& host : cloud_->hosts())
            if (name.empty() || host->spec().name == name)
                return host.get();
        return nullptr;
    }

    const Depth depth_;
    const fs::path directory_;
    std::unique_ptr<Cloud> cloud_;
};

class SimulatedClouds final : public LabFactory {
public:
    SimulatedClouds(std::unique_ptr<HostSource> hosts, KeepFiles keep)
        : hosts_(std::move(hosts)), keep_(keep) {}
    ~SimulatedClouds() override {
        if (keep_ == KeepFiles::yes)
            fmt::print(stderr, "kept: {}\n", hosts_->keep().string());
    }

    [[nodiscard]] Result<std::unique_ptr<Lab>> create(const CloudSpec& spec, Depth depth) override {
        CloudConfig config;
        config.spec = spec;
        config.depth = depth;
        config.scratch_directory = hosts_->directory() / fmt::format("cloud-{}", ++clouds_);
        VTPMLAB_CHECK(make_directories(config.scratch_directory));
        VTPMLAB_TRY(config.hosts, hosts_->lend(spec.hosts, config.scratch_directory));
        const fs::path directory = config.scratch_directory;
        auto cloud = Cloud::start(std::move(config));
        if (!cloud) {
            // What is wrong with the cloud that is asked for is the scenario's.
            if (cloud.error().kind == ErrorKind::usage)
                cloud.error().kind = ErrorKind::scenario;
            return fail(std::move(cloud).error());
        }
        return std::make_unique<SimulatedCloud>(depth, directory, std::move(*cloud));
    }

private:
    std::unique_ptr<HostSource> hosts_;
    const KeepFiles keep_;
    std::atomic<unsigned> clouds_ = 0;
};

} // namespace

Result<std::unique_ptr<LabFactory>> make_simulated_clouds(const LabOptions& options) {
    VTPMLAB_TRY(auto hosts, HostSource::open(options.depth, options.guest_directory));
    return std::make_unique<SimulatedClouds>(std::move(hosts), options.keep);
}

} // namespace vtpmlab::cli
