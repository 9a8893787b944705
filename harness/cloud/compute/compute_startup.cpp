// How nova-compute comes up: configuration checked, the host reported, and every server of the host
// looked at, as the system and without a token. Nova's init_host and _init_instance.
// spec: nova-vtpm §3.2
// spec: nova-vtpm §5.9

#include "cloud/compute/compute_service.h"
#include "cloud/compute/operations/moves.h"
#include "cloud/compute/operations/operations.h"
#include "cloud/instance_fault.h"

#include <vtpmlab/encoding.h>
#include <vtpmlab/traits.h>

#include <fmt/format.h>

#include <algorithm>

namespace vtpmlab::cloud {
namespace {

// [DEFAULT] service_down_time
constexpr std::chrono::seconds silent_is_down{60};

bool is_one_of(TaskState task, std::initializer_list<TaskState> tasks) {
    return std::find(tasks.begin(), tasks.end(), task) != tasks.end();
}

} // namespace

Result<std::unique_ptr<ComputeService>> ComputeService::start(ComputeHost host, Context& context) {
    VTPMLAB_TRY(auto provider, context.store.node_id(host.spec.name));
    std::unique_ptr<ComputeService> service(
        new ComputeService(std::move(host), context, std::move(provider)));
    VTPMLAB_CHECK(service->start());
    return service;
}

Status ComputeService::start() {
    if (life_.is_running())
        return {};
    life_.begin_start();
    Status started;
    try {
        started = try_start();
    } catch (const ServiceDied& death) {
        if (death.whose != &life_)
            throw;
        started = fail(ErrorKind::product,
                       fmt::format("nova-compute of {} died while it started", name()));
    }
    if (!started) {
        life_.abandon_start();
        context_.log.warning("nova-compute",
                             fmt::format("{} does not start: {}", name(), started.error().message));
        return started;
    }
    {
        const std::lock_guard lock(record_mutex_);
        record_.updated_at = context_.clock->now();
    }
    context_.log.info("nova-compute", name() + " started");
    life_.finish_start();
    return {};
}

Status ComputeService::try_start() {
    const auto& host = driver_.host();
    VTPMLAB_TRY(const auto capabilities, host.hypervisor->capabilities());
    VTPMLAB_CHECK(check_vtpm_support(host.spec, capabilities, host.accounts));
    VTPMLAB_CHECK(check_no_vtpm_servers());
    VTPMLAB_TRY(const auto servers, context_.store.servers({{}, name(), {}}));
    VTPMLAB_CHECK(destroy_evacuated());
    for (const auto& server : servers)
        initialise(server);
    return report(capabilities);
}

// spec: nova-vtpm §CFG-7
Status ComputeService::check_no_vtpm_servers() const {
    if (driver_.host().spec.swtpm_enabled)
        return {};
    VTPMLAB_TRY(const auto servers, context_.store.servers({{}, driver_.host().spec.name, {}}));
    for (const auto& server : servers) {
        const auto device = server.vtpm();
        if (server.vm_state != VmState::deleted && device && *device)
            return fail(ErrorKind::product,
                        "This host has instances with the vTPM feature enabled, but the host is "
                        "not correctly configured; enable vTPM support.",
                        "start of nova-compute on " + driver_.host().spec.name,
                        "server " + server.id + " is one of them");
    }
    return {};
}

// What has been made again elsewhere while this host was dead.
Status ComputeService::destroy_evacuated() {
    VTPMLAB_TRY(const auto migrations, context_.store.migrations());
    for (const auto& migration : migrations) {
        if (migration.type != "evacuation" || migration.status != "done" ||
            migration.source != name())
            continue;
        driver_.reap(migration.server_id);
        set_migration_status(context_, migration.uuid, "completed");
    }
    return {};
}

// What Placement refuses is logged, and the service runs on: Nova tries again a minute later.
// spec: nova-vtpm §SCH-8
Status ComputeService::report(const HypervisorCapabilities& capabilities) {
    const auto& spec = driver_.host().spec;
    VTPMLAB_CHECK(placement_.ensure_provider(provider_, spec.name));
    VTPMLAB_CHECK(placement_.set_inventories(provider_, {{"VCPU", {spec.vcpus, 0, 16.0}},
                                                         {"MEMORY_MB", {spec.memory_mib, 0, 1.0}},
                                                         {"DISK_GB", {spec.disk_gib, 0, 1.0}}}));
    VTPMLAB_TRY(auto traits, placement_.traits(provider_));
    for (const auto& [trait, present] : tpm_traits(profile(), spec, capabilities)) {
        if (present)
            traits.insert(trait);
        else
            traits.erase(trait);
    }
    if (record().is_disabled)
        traits.insert(std::string(traits::status_disabled));
    else
        traits.erase(std::string(traits::status_disabled));
    const auto set = placement_.set_traits(provider_, traits);
    if (!set && set.error().message.starts_with("TraitCreationFailed"))
        context_.log.warning("nova-compute",
                             fmt::format("{}: Error updating resources for node: {}", spec.name,
                                         set.error().message));
    else
        VTPMLAB_CHECK(set);
    return {};
}

void ComputeService::change(const std::string& server_id,
                            const std::function<void(ServerRecord&)>& change) {
    const auto saved = context_.store.change_server(server_id, [&](ServerRecord& record) {
        change(record);
        record.updated_at = context_.clock->now();
    });
    if (!saved)
        context_.log.warning("nova-compute", saved.error().message);
}

void ComputeService::initialise(const ServerRecord& server) {
    using enum TaskState;
    const auto task = server.task_state;
    if (server.vm_state == VmState::soft_deleted ||
        (server.vm_state == VmState::error && !is_one_of(task, {resize_migrating, deleting})))
        return;
    if (server.vm_state == VmState::deleted)
        return complete_partial_deletion(server);
    const bool was_rebuilding = is_one_of(task, {rebuilding, rebuild_spawning});
    // Nova calls it spawning, too, once an unshelved server has a host.
    const bool was_spawning = is_one_of(task, {scheduling, spawning, unshelving});
    if (server.vm_state == VmState::building || was_spawning || was_rebuilding)
        return change(server.id, [](ServerRecord& record) {
            record.task_state = none;
            record.vm_state = VmState::error;
        });
    if (is_one_of(task, {image_snapshot, image_backup, resize_prep})) {
        change(server.id, [](ServerRecord& record) { record.task_state = none; });
        return resume_guest(server);
    }
    if (task == deleting) {
        auto system = system_requester();
        terminate(*system, server.id);
        return;
    }
    if (task == resize_migrating)
        roll_back_migration(server);
    else if (task == migrating)
        // The live migration did not end, and the server is here.
        change(server.id, [](ServerRecord& record) { record.task_state = none; });
    else if (task != none && retry_or_clear(server) == Retried::yes)
        return;
    resume_guest(server);
}

// The record goes first, so nobody can ask for the rest again.
// spec: nova-vtpm §LIF-DEL-6
void ComputeService::complete_partial_deletion(const ServerRecord& server) {
    auto record = server;
    if (const auto removed = context_.store.remove_server(server.id); !removed)
        return context_.log.warning("nova-compute", removed.error().message);
    give_back_allocation(server.id);
    if (!context_.profile.manager_deletes_secret)
        return;
    auto system = system_requester();
    if (const auto removed = VtpmSecret(context_, *system, record).remove_from_key_manager();
        !removed)
        context_.log.warning("nova-compute",
                             fmt::format("Failed to complete a deletion: {}: {}",
                                         removed.error().class_name, removed.error().message));
}

// What was begun is begun again, or forgotten when it is done already. Of a suspend, a resume and
// the later parts of a resize Nova knows nothing here: their task stays until somebody ends it.
// spec: nova-vtpm §LIF-HST-4
ComputeService::Retried ComputeService::retry_or_clear(const ServerRecord& server) {
    using enum TaskState;
    auto system = system_requester();
    const auto again = [&](const Operation& operation) {
        static_cast<void>(perform(*system, server.id, operation));
        return Retried::yes;
    };
    const auto power = driver_.power_state(server);
    const auto task = server.task_state;
    if (is_one_of(task, {reboot_started, reboot_started_hard}) && power != PowerState::running)
        return again(reboot_instance(RebootType::hard));
    if (is_one_of(task, {reboot_started, reboot_started_hard, pausing, unpausing}) &&
        power == PowerState::running)
        change(server.id, [](ServerRecord& record) {
            record.task_state = none;
            record.vm_state = VmState::active;
        });
    if (task == unpausing && power == PowerState::paused)
        return again(unpause_instance());
    if (task == powering_off)
        return again(stop_instance());
    if (task == powering_on)
        return again(start_instance());
    return Retried::no;
}

// spec: nova-vtpm §LIF-RSZ-11
void ComputeService::roll_back_migration(const ServerRecord& server) {
    auto system = system_requester();
    auto record = server;
    const auto launch =
        server.old_vm_state == VmState::stopped ? Driver::Launch::no : Driver::Launch::yes;
    if (const auto reverted = driver_.finish_revert_migration(*system, record, launch); !reverted)
        context_.log.warning("nova-compute",
                             fmt::format("{}: Failed to revert crashed migration of instance {}: "
                                         "{}: {}",
                                         name(), server.id, reverted.error().class_name,
                                         reverted.error().message));
    change(server.id, [](ServerRecord& changed) { changed.task_state = TaskState::none; });
}

// spec: nova-vtpm §LIF-HST-1
void ComputeService::resume_guest(const ServerRecord& server) {
    const bool should_run = server.power_state == PowerState::running &&
                            driver_.power_state(server) != PowerState::running;
    if (!should_run || !context_.options.resume_guests_state_on_host_boot)
        return;
    auto system = system_requester();
    const auto held = context_.server_locks.hold(server.id);
    auto record = server;
    const auto resumed = driver_.resume_state_on_host_boot(*system, record);
    if (resumed)
        return;
    context_.log.warning("nova-compute",
                         fmt::format("{}: Failed to resume instance {}: {}: {}", name(), server.id,
                                     resumed.error().class_name, resumed.error().message));
    change(server.id, [&](ServerRecord& changed) {
        changed.vm_state = VmState::error;
        changed.task_state = TaskState::none;
        changed.power_state = PowerState::none;
        record_fault(changed, resumed.error(), context_.clock->now());
    });
}

const ReleaseProfile& ComputeService::profile() const {
    const auto* own = find_release(driver_.host().spec.release);
    return own ? *own : context_.profile;
}

void ComputeService::stop() {
    life_.stop();
    const std::lock_guard lock(record_mutex_);
    record_.updated_at = context_.clock->now();
}

void ComputeService::kill() {
    life_.kill();
    const std::lock_guard lock(record_mutex_);
    record_.updated_at = context_.clock->now();
}

void ComputeService::configure(const ComputeSettings& settings) { driver_.configure(settings); }

ServiceRecord ComputeService::record() const {
    const std::lock_guard lock(record_mutex_);
    auto record = record_;
    if (life_.is_running())
        record.updated_at = context_.clock->now();
    return record;
}

bool ComputeService::is_seen_up() const {
    const auto now = record();
    return !now.is_forced_down && context_.clock->now() - now.updated_at <= silent_is_down;
}

void ComputeService::set_disabled(bool disabled, std::string reason) {
    {
        const std::lock_guard lock(record_mutex_);
        record_.is_disabled = disabled;
        record_.disabled_reason = std::move(reason);
    }
    if (!life_.is_running())
        return; // it tells Placement when it starts
    auto traits = placement_.traits(provider_);
    if (!traits)
        return context_.log.warning("nova-compute", traits.error().message);
    if (disabled)
        traits->insert(std::string(traits::status_disabled));
    else
        traits->erase(std::string(traits::status_disabled));
    if (const auto set = placement_.set_traits(provider_, *traits); !set)
        context_.log.warning("nova-compute", set.error().message);
}

void ComputeService::set_forced_down(bool forced_down) {
    const std::lock_guard lock(record_mutex_);
    record_.is_forced_down = forced_down;
}

} // namespace vtpmlab::cloud
