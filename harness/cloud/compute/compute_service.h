#pragma once
// nova-compute of one host: reports the host to Placement when it starts, builds and deletes
// servers, and keeps their states true while it does. One operation on a server at a time. It can
// be stopped, killed and started again, and goes on then with what it finds.

#include "cloud/compute/driver.h"
#include "cloud/compute/operation.h"
#include "cloud/compute/service_life.h"
#include "cloud/neighbours/placement.h"

#include <vtpmlab/compute_control.h>
#include <vtpmlab/lab.h>
#include <vtpmlab/result.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace vtpmlab::cloud {

struct BuildOutcome {
    enum class Kind {
        done,       // ACTIVE, ERROR or gone: nothing more to do
        reschedule, // nothing of it is left here; the reason is the exception's text
    };
    Kind kind = Kind::done;
    std::string reason = {};
};

// What an administrator sees and sets of a service (os-services).
struct ServiceRecord {
    std::string id; // as microversion 2.53 and later name it
    std::uint64_t number = 0;
    bool is_disabled = false;
    std::string disabled_reason;
    bool is_forced_down = false;
    Clock::Time updated_at{}; // when it was last heard of
};

class ComputeService final : public ComputeControl {
public:
    // Checks the configuration and registers the host; refused as Nova's service refuses to start.
    [[nodiscard]] static Result<std::unique_ptr<ComputeService>> start(ComputeHost host,
                                                                       Context& context);

    void stop() override;
    void kill() override;
    void kill_after(std::string step) override { life_.kill_after(std::move(step)); }
    [[nodiscard]] bool is_running() const override { return life_.is_running(); }
    void configure(const ComputeSettings& settings) override;
    [[nodiscard]] Status start() override;

    // Does what the other services cast to it: now, or once it runs again.
    void cast(std::function<void()> task) { life_.cast(std::move(task)); }
    // Done before this returns; false when the service does not run.
    [[nodiscard]] bool call(const std::function<void()>& task) { return life_.call(task); }
    // As the others see it: a service that has fallen silent is up for a minute more.
    // spec: nova-vtpm §LIF-DEL-5
    [[nodiscard]] bool is_seen_up() const;
    [[nodiscard]] ServiceRecord record() const;
    // An administrator's word; a disabled host gets Placement's trait for it.
    void set_disabled(bool disabled, std::string reason);
    void set_forced_down(bool forced_down);
    // Of the release it is installed from.
    [[nodiscard]] const ReleaseProfile& profile() const;
    // What it does from time to time, once: nothing when it is down.
    enum class Periodic {
        sync_power_states,
        reclaim_queued_deletes, // softly deleted servers whose time is over
        reap_deleted,           // guests of servers that are gone
    };
    void run(Periodic task);

    [[nodiscard]] const std::string& name() const { return driver_.host().spec.name; }
    [[nodiscard]] const std::string& provider() const { return provider_; }
    [[nodiscard]] Driver& driver() { return driver_; }

    // The allocation is made already; it is given back unless the server becomes ACTIVE.
    [[nodiscard]] BuildOutcome build(Requester& requester, const std::string& server_id);
    void terminate(Requester& requester, const std::string& server_id);
    // Under the server's lock, with its event and, when it fails, its fault. A server that is gone
    // or being deleted is left alone, which is an exception too.
    OrException<void> perform(Requester& requester, const std::string& server_id,
                              const Operation& operation);

    [[nodiscard]] GuestPorts guest_ports(const std::string& server_id) const;
    [[nodiscard]] Result<std::string> domain_xml(const std::string& server_id);
    void remove_traces(const ServerRecord& server) { driver_.remove_traces(server); }

private:
    ComputeService(ComputeHost host, Context& context, std::string provider);
    // compute_startup.cpp
    [[nodiscard]] Status try_start();
    [[nodiscard]] Status check_no_vtpm_servers() const;
    [[nodiscard]] Status report(const HypervisorCapabilities& capabilities);
    [[nodiscard]] Status destroy_evacuated();
    void initialise(const ServerRecord& server);
    void complete_partial_deletion(const ServerRecord& server);
    enum class Retried { no, yes };
    [[nodiscard]] Retried retry_or_clear(const ServerRecord& server);
    void roll_back_migration(const ServerRecord& server);
    void resume_guest(const ServerRecord& server);
    void change(const std::string& server_id, const std::function<void(ServerRecord&)>& change);
    // periodic_tasks.cpp
    void sync_power_states();
    void reclaim_queued_deletes();
    void reap_deleted();
    void give_back_allocation(const std::string& server_id);
    [[nodiscard]] BuildOutcome failed(const std::string& server_id, const SpawnError& error);
    [[nodiscard]] VtpmSecretResult<void> destroy(Requester& requester, ServerRecord& server);
    void to_error(const std::string& server_id, const VtpmSecretError& error);

    Context& context_;
    ServiceLife life_;
    Driver driver_;
    Placement placement_;
    std::string provider_;
    mutable std::mutex record_mutex_;
    ServiceRecord record_;
};

} // namespace vtpmlab::cloud
