#pragma once
// nova-conductor: takes a request from the API, has it scheduled, sends it to a compute service,
// and tries the alternates when a build fails. Everything here happens after the API has answered.

#include "cloud/compute/compute_service.h"
#include "cloud/compute/operations/operations.h"
#include "cloud/context.h"
#include "cloud/scheduler/scheduler.h"
#include "cloud/task_pool.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace vtpmlab::cloud {

class Conductor {
public:
    // All outlive the conductor; the pool is stopped before it goes.
    Conductor(Context& context, TaskPool& tasks,
              const std::vector<std::unique_ptr<ComputeService>>& computes);

    // The records stand in the store, BUILD and scheduling.
    // `forced_to`: see Scheduler::Limits.
    void build(std::shared_ptr<Requester> requester, std::vector<ServerRecord> servers,
               std::string forced_to);
    [[nodiscard]] bool has_host(const std::string& name) const { return on_host(name) != nullptr; }
    // Null for a host this cloud does not have.
    [[nodiscard]] ComputeService* on_host(const std::string& name) const;
    // In the order of the configuration.
    [[nodiscard]] const std::vector<ComputeService*>& computes() const { return computes_; }
    // On the host the server is on when its turn comes.
    void perform(std::shared_ptr<Requester> requester, std::string server_id, Operation operation);

    // Cold migration, and resize when the flavor is another one. The record's task is resize_prep.
    struct Move {
        Flavor flavor;
        std::string host; // empty: the scheduler's choice
        bool is_resize = false;
    };
    void migrate(std::shared_ptr<Requester> requester, std::string server_id, Move move);
    void confirm(std::shared_ptr<Requester> requester, std::string server_id, Migration migration);
    void revert(std::shared_ptr<Requester> requester, std::string server_id, Migration migration);

    // As the system, what has waited longer than resize_confirm_window for a word.
    // spec: nova-vtpm §LIF-RSZ-8
    void confirm_unanswered();

    // The record's task is migrating.
    struct LiveMove {
        std::string host; // empty: the scheduler's choice
        bool force = false;
    };
    void migrate_live(std::shared_ptr<Requester> requester, std::string server_id, LiveMove move);

    // A server whose host is dead, from its image, on another host or the one that is named. The
    // record's task is rebuilding.
    void evacuate(std::shared_ptr<Requester> requester, std::string server_id, std::string host,
                  AfterEvacuation after);
    // From the image it was shelved into. The record's task is unshelving, and its requested host
    // the one that is asked for, if any.
    void unshelve(std::shared_ptr<Requester> requester, std::string server_id);

    // The record's task is soft_deleting or deleting. What has no host, or none that is up, goes
    // for good either way, as in Nova.
    enum class Removal { soft, final };
    void remove(std::shared_ptr<Requester> requester, std::string server_id, Removal removal);

private:
    struct Build {
        std::shared_ptr<Requester> requester;
        ServerRecord server;
        Candidate host;
        std::vector<Candidate> alternates;
        bool is_forced = false; // to its host: what fails there is not tried elsewhere
        unsigned attempts = 1;
    };
    void schedule(const std::shared_ptr<Requester>& requester,
                  const std::vector<ServerRecord>& servers, const std::string& forced_to);
    void run(Build build);
    void reschedule(Build build, const std::string& reason);
    void bury(const std::string& server_id, const std::string& message);
    // For what goes on whether or not a record could be changed.
    template <typename Outcome>
    void warn_unless(const Outcome& done) {
        if (!done)
            context_.log.warning("nova-conductor", done.error().message);
    }
    void migrate_now(const std::shared_ptr<Requester>& requester, const std::string& server_id,
                     const Move& move);
    void migrate_live_now(const std::shared_ptr<Requester>& requester, const std::string& server_id,
                          const LiveMove& move);
    [[nodiscard]] Result<Migration> begin_migration(const Requester& requester,
                                                    const ServerRecord& server,
                                                    const std::string& type,
                                                    const Flavor& new_flavor);
    void abandon_migration(const Migration& migration, const std::string& status,
                           const Exception& exception);
    void evacuate_now(const std::shared_ptr<Requester>& requester, const std::string& server_id,
                      const std::string& host, AfterEvacuation after);
    void unshelve_now(const std::shared_ptr<Requester>& requester, const std::string& server_id);
    // The server's record as it was, with a fault.
    void give_up(const std::string& server_id, const Exception& exception);
    void forget(const std::string& server_id);
    void confirm_before_removal(Requester& requester, const ServerRecord& server);
    // A server no host has; does nothing when it has come to one.
    enum class HasHost { no, yes };
    [[nodiscard]] HasHost remove_locally(Requester& requester, const std::string& server_id);

    Context& context_;
    TaskPool& tasks_;
    std::vector<ComputeService*> computes_;
    std::map<std::string, ComputeService*> by_provider_;
    std::map<std::string, ComputeService*> by_name_;
    Scheduler scheduler_;
};

} // namespace vtpmlab::cloud
