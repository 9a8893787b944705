#include "cloud/compute_cloud.h"

#include "client/cause.h"
#include "cloud/api/api.h"
#include "cloud/api/request_id.h"
#include "cloud/conductor/conductor.h"
#include "cloud/context.h"
#include "cloud/instance_fault.h"
#include "cloud/periodic_schedule.h"
#include "cloud/periodic_timer.h"
#include "cloud/task_pool.h"
#include "core/text.h"
#include "http/keystone_validator.h"
#include "http/server.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>

namespace vtpmlab::cloud {

class ComputeCloud::Impl {
public:
    Impl(const ReleaseProfile& profile, ComputeCloudConfig& config, std::unique_ptr<Store> database)
        : clock(http::clock_of(config)), store(std::move(database)),
          nova({config.auth_url, "nova", "service", config.nova_password.clone()}, clock),
          log(clock), context{profile,       clock, *store, nova, log, config.has_service_user,
                              config.options},
          tasks(config.workers) {}

    ~Impl() {
        context.stopping = true;
        timer.reset();
        if (server)
            server->stop();
        tasks.stop();
        if (const auto servers = store->servers())
            for (const auto& record : *servers)
                for (const auto& compute : computes)
                    // A server between two hosts may have left something on any.
                    if (compute->name() == record.host || record.old_flavor)
                        compute->remove_traces(record);
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    [[nodiscard]] Status start(ComputeCloudConfig& config) {
        for (auto& host : config.hosts) {
            VTPMLAB_TRY(auto compute, ComputeService::start(std::move(host), context));
            computes.push_back(std::move(compute));
        }
        VTPMLAB_CHECK(after_power_loss());
        conductor.emplace(context, tasks, computes);
        api.emplace(Api{context, *conductor, config.quota_driver, computes});
        VTPMLAB_CHECK(serve(config));
        if (config.periodic_tasks == ComputeCloudConfig::PeriodicTasks::by_time)
            timer.emplace(periodic_tasks());
        else
            schedule.emplace(periodic_tasks(), clock->now());
        return {};
    }

    // What all services do from time to time, at the intervals of nova.conf.
    [[nodiscard]] std::vector<PeriodicTask> periodic_tasks() {
        using Periodic = ComputeService::Periodic;
        const auto on_all_hosts = [this](Periodic task) {
            return [this, task] {
                for (const auto& compute : computes)
                    if (!context.stopping)
                        compute->run(task);
            };
        };
        const auto& options = context.options;
        return {{options.periodic_interval, [this] { conductor->confirm_unanswered(); }},
                {options.sync_power_state_interval, on_all_hosts(Periodic::sync_power_states)},
                {options.periodic_interval, on_all_hosts(Periodic::reclaim_queued_deletes)},
                {options.running_deleted_poll_interval, on_all_hosts(Periodic::reap_deleted)}};
    }

    // The service that has the server, which must have come to a host.
    [[nodiscard]] Result<ComputeService*> host_of(const std::string& server_id) {
        VTPMLAB_TRY(const auto record, find(server_id));
        for (const auto& compute : computes)
            if (compute->name() == record.host)
                return compute.get();
        return fail(ErrorKind::product, fmt::format("server {} is on no host", server_id), {},
                    record.fault ? record.fault->message : std::string());
    }

    [[nodiscard]] Result<ServerRecord> find(const std::string& server_id) {
        VTPMLAB_TRY(auto record, store->server(server_id));
        if (!record)
            return fail(ErrorKind::product, fmt::format("there is no server {}", server_id));
        return std::move(*record);
    }

    std::shared_ptr<const Clock> clock;
    std::unique_ptr<Store> store;
    client::Session nova;
    Log log;
    Context context;
    std::vector<std::unique_ptr<ComputeService>> computes;
    TaskPool tasks;
    std::optional<Conductor> conductor;
    std::optional<Api> api;
    std::unique_ptr<http::Server> server;
    std::optional<PeriodicTimer> timer;
    std::optional<PeriodicSchedule> schedule;

private:
    // What a request makes the cloud ask of its neighbours bears the client's own id of it, or else
    // the one it got here, which the answer bears as well.
    static http::Handler with_cause(http::Handler handler) {
        return [handler = std::move(handler)](
                   const http::Request& request) -> http::Outcome<http::Response> {
            const client::Cause cause(
                request.global_request_id.empty() ? request.request_id : request.global_request_id);
            VTPMLAB_TRY(auto response, handler(request));
            return with_request_id(std::move(response), request);
        };
    }

    // The servers of an earlier start, as Nova finds them when their hosts come up again: nothing
    // runs, and what was being done to them is over.
    [[nodiscard]] Status after_power_loss() {
        VTPMLAB_TRY(const auto found, store->servers());
        for (const auto& one : found) {
            const auto changed = store->change_server(one.id, [&](ServerRecord& record) {
                if (record.vm_state == VmState::building)
                    set_error(record, "the cloud went down while this server was being built", "",
                              clock->now());
                else if (record.vm_state == VmState::active)
                    record.vm_state = VmState::stopped;
                if (record.power_state == PowerState::running)
                    record.power_state = PowerState::shut_down;
                record.task_state = TaskState::none;
            });
            if (!changed)
                return fail(changed.error());
        }
        return {};
    }

    [[nodiscard]] Status serve(ComputeCloudConfig& config) {
        http::KeystoneValidatorConfig validator;
        validator.auth_url = config.auth_url;
        validator.user = "nova";
        validator.password = config.nova_password.clone();
        validator.clock = clock;

        http::ServerConfig serving = http::server_of("compute", config);
        serving.dialect = nova_dialect();
        serving.validator = std::make_shared<http::KeystoneValidator>(std::move(validator));
        serving.keystone_url = config.auth_url;
        serving.microversions = nova_microversions(context.profile);
        for (auto make :
             {version_routes, flavor_routes, flavor_access_routes, extra_spec_routes, server_routes,
              server_action_routes, server_metadata_routes, server_migration_routes,
              instance_action_routes, migration_routes, key_pair_routes, limit_routes, quota_routes,
              availability_zone_routes, hypervisor_routes, service_routes})
            for (auto& route : make(*api)) {
                route.handler = with_cause(std::move(route.handler));
                serving.routes.push_back(std::move(route));
            }
        VTPMLAB_TRY(server, http::Server::start(std::move(serving)));
        return {};
    }
};

ComputeCloud::ComputeCloud(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ComputeCloud::~ComputeCloud() = default;

Result<std::unique_ptr<ComputeCloud>> ComputeCloud::start(ComputeCloudConfig config) {
    const auto* profile = find_release(config.release);
    if (!profile) {
        const auto names = release_names();
        const auto meant = did_you_mean(config.release, names);
        return fail(ErrorKind::scenario, fmt::format("unknown release '{}'", config.release), {},
                    meant ? fmt::format("did you mean '{}'?", *meant)
                          : fmt::format("it is one of: {}", fmt::join(names, ", ")));
    }
    VTPMLAB_TRY(auto store, Store::open(config.database));
    auto impl = std::make_unique<Impl>(*profile, config, std::move(store));
    VTPMLAB_CHECK(impl->start(config));
    return std::unique_ptr<ComputeCloud>(new ComputeCloud(std::move(impl)));
}

std::string ComputeCloud::endpoint() const { return impl_->server->url() + "/v2.1"; }

Result<GuestPorts> ComputeCloud::guest_ports(const std::string& server_id) {
    VTPMLAB_TRY(const auto* compute, impl_->host_of(server_id));
    return compute->guest_ports(server_id);
}

Result<std::string> ComputeCloud::domain_xml(const std::string& server_id) {
    VTPMLAB_TRY(auto* compute, impl_->host_of(server_id));
    return compute->domain_xml(server_id);
}

Result<std::vector<std::string>> ComputeCloud::warnings(const std::string& server_id) {
    VTPMLAB_TRY(auto record, impl_->find(server_id));
    return std::move(record.warnings);
}

Result<ComputeControl*> ComputeCloud::compute(const std::string& host) {
    for (const auto& compute : impl_->computes)
        if (host.empty() || compute->name() == host)
            return compute.get();
    std::vector<std::string> names;
    for (const auto& compute : impl_->computes)
        names.push_back(compute->name());
    return fail(ErrorKind::scenario, fmt::format("this cloud has no host '{}'", host), {},
                fmt::format("its hosts: {}", fmt::join(names, ", ")));
}

void ComputeCloud::run_periodic_tasks() {
    for (const auto& task : impl_->periodic_tasks())
        task.run();
}

void ComputeCloud::run_periodic_tasks(Clock::Time until,
                                      const std::function<void(Clock::Time)>& reach) {
    if (impl_->schedule)
        impl_->schedule->run_until(until, reach);
}

std::string ComputeCloud::log() const { return impl_->log.text(); }

std::string ComputeCloud::log_after(std::uint64_t& number) const {
    return impl_->log.text_after(number);
}

} // namespace vtpmlab::cloud
