#include "cloud/compute/compute_service.h"

#include "cloud/action_log.h"
#include "cloud/compute/overtaken.h"
#include "cloud/instance_fault.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>

namespace vtpmlab::cloud {

ComputeService::ComputeService(ComputeHost host, Context& context, std::string provider)
    : context_(context), driver_(std::move(host), context, life_), placement_(context.nova),
      provider_(std::move(provider)) {
    record_.id = random_uuid();
}

BuildOutcome ComputeService::build(Requester& requester, const std::string& server_id) {
    const auto held = context_.server_locks.hold(server_id);
    const auto taken = context_.store.change_server(server_id, [&](ServerRecord& record) {
        record.host = name();
        if (!is_deletion(record.task_state))
            record.task_state = TaskState::spawning;
        record.updated_at = context_.clock->now();
    });
    if (!taken || !*taken || is_deletion((*taken)->task_state)) {
        give_back_allocation(server_id);
        return {};
    }
    auto server = std::move(**taken);
    if (has_model_without_version(server.flavor.request(), server.image.request()))
        context_.log.warning("nova-compute",
                             fmt::format("instance {} asks for a TPM model without a version: it "
                                         "gets no TPM",
                                         server_id));
    EventScope event(context_, requester, server_id, "compute__do_build_and_run_instance", name());
    if (const auto spawned = driver_.spawn(requester, server); !spawned) {
        event.finish(
            {"RescheduledException", spawned.error().exception.message, Exception::Origin::nova});
        return failed(server_id, spawned.error());
    }

    const auto saved = context_.store.change_server(server_id, [&](ServerRecord& record) {
        record.vm_state = VmState::active;
        record.power_state = PowerState::running;
        if (record.task_state == TaskState::spawning)
            record.task_state = TaskState::none;
        record.launched_at = record.updated_at = context_.clock->now();
    });
    if (!saved)
        context_.log.warning("nova-compute", saved.error().message);
    event.finish();
    return {};
}

BuildOutcome ComputeService::failed(const std::string& server_id, const SpawnError& error) {
    give_back_allocation(server_id);
    if (error.kind == SpawnError::Kind::interrupted)
        return {};
    const bool aborts = error.kind == SpawnError::Kind::secret_forbidden;
    const auto saved = context_.store.change_server(server_id, [&](ServerRecord& record) {
        record.host.clear();
        record.updated_at = context_.clock->now();
        if (record.task_state == TaskState::spawning)
            record.task_state = TaskState::scheduling;
        // The text is Nova's, and as misleading as that (spec: nova-vtpm §4.4).
        if (aborts)
            set_error(record,
                      fmt::format("Build of instance {} aborted: Failed to allocate the "
                                  "network(s), not rescheduling.",
                                  server_id),
                      error.exception.message, context_.clock->now());
    });
    if (!saved)
        context_.log.warning("nova-compute", saved.error().message);
    if (aborts)
        return {};
    return {BuildOutcome::Kind::reschedule, error.exception.message};
}

void ComputeService::terminate(Requester& requester, const std::string& server_id) {
    const auto held = context_.server_locks.hold(server_id);
    const auto found = context_.store.server(server_id);
    if (!found || !*found)
        return;
    auto server = **found;
    EventScope event(context_, requester, server_id, "compute_terminate_instance", name());
    const auto removed = destroy(requester, server);
    if (removed)
        return event.finish();
    event.finish(to_exception(removed.error()));
    to_error(server_id, removed.error());
}

// spec: nova-vtpm §LIF-DEL-1
VtpmSecretResult<void> ComputeService::destroy(Requester& requester, ServerRecord& server) {
    auto steps = driver_.steps_of(server.id);
    VTPMLAB_CHECK(driver_.destroy(requester, server));
    const auto saved = context_.store.change_server(server.id, [&](ServerRecord& record) {
        record.vm_state = VmState::deleted;
        record.power_state = PowerState::none;
        record.terminated_at = record.updated_at = context_.clock->now();
    });
    if (!saved)
        context_.log.warning("nova-compute", saved.error().message);
    steps.done(compute_step::record_deleted);
    give_back_allocation(server.id);
    steps.done(compute_step::allocation_given_back);
    if (context_.profile.manager_deletes_secret) {
        VTPMLAB_CHECK(VtpmSecret(context_, requester, server).remove_from_key_manager());
        steps.done(compute_step::secret_deleted);
    }
    if (const auto removed = context_.store.remove_server(server.id); !removed)
        context_.log.warning("nova-compute", removed.error().message);
    return {};
}

OrException<void> ComputeService::perform(Requester& requester, const std::string& server_id,
                                          const Operation& operation) {
    const auto held = context_.server_locks.hold(server_id);
    auto found = context_.store.server(server_id);
    if (!found || !*found)
        return raise("InstanceNotFound", fmt::format("Instance {} could not be found.", server_id));
    auto server = std::move(**found);
    if ((is_deletion(server.task_state) || is_softly_deleted(server)) &&
        operation.while_deleting == Operation::WhileDeleting::refused)
        return being_deleted();
    EventScope event(context_, requester, server_id, operation.event, name());
    Work work{context_, driver_, requester, server};
    auto result = [&]() -> OrException<void> {
        try {
            return operation.run(work);
        } catch (const ServiceDied& death) {
            // This service's own death answers nobody; of another's, its caller hears nothing more.
            if (death.whose == &life_)
                throw;
            return tl::unexpected(Exception{"MessagingTimeout", "Timed out waiting for a reply",
                                            Exception::Origin::other});
        }
    }();
    if (result) {
        event.finish();
        return result;
    }
    context_.log.warning("nova-compute",
                         fmt::format("{}: {} of instance {}: {}: {}", name(), operation.event,
                                     server_id, result.error().class_name, result.error().message));
    const auto saved = context_.store.change_server(server_id, [&](ServerRecord& record) {
        if ((is_deletion(record.task_state) || is_softly_deleted(record)) &&
            operation.while_deleting == Operation::WhileDeleting::refused)
            return; // what becomes of it is the deletion's to say
        const bool is_preempted = result.error().class_name == "UnexpectedTaskStateError";
        const bool ends_task =
            !is_deletion(record.task_state) ||
            operation.while_deleting == Operation::WhileDeleting::is_the_deletion;
        if (ends_task && !is_preempted)
            record.task_state = TaskState::none;
        if (operation.after_failure == AfterFailure::set_error)
            record.vm_state = VmState::error;
        record_fault(record, result.error(), context_.clock->now());
    });
    if (!saved)
        context_.log.warning("nova-compute", saved.error().message);
    event.finish(result.error());
    return result;
}

// spec: nova-vtpm §LIF-DEL-2
void ComputeService::to_error(const std::string& server_id, const VtpmSecretError& error) {
    context_.log.warning("nova-compute",
                         fmt::format("{}: deleting instance {} failed: {}: {}", name(), server_id,
                                     error.class_name, error.message));
    const auto saved = context_.store.change_server(server_id, [&](ServerRecord& record) {
        set_error(record, error.class_name, error.message, context_.clock->now());
    });
    if (!saved)
        context_.log.warning("nova-compute", saved.error().message);
}

void ComputeService::give_back_allocation(const std::string& server_id) {
    if (const auto removed = placement_.remove_allocations(server_id); !removed)
        context_.log.warning("nova-compute", removed.error().message);
}

GuestPorts ComputeService::guest_ports(const std::string& server_id) const {
    const auto directory = driver_.directory(server_id);
    return {name(), directory / "console.log", directory / "probe.sock"};
}

Result<std::string> ComputeService::domain_xml(const std::string& server_id) {
    return driver_.host().hypervisor->domain_xml(server_id);
}

} // namespace vtpmlab::cloud
