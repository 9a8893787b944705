// Where a server was moved, and what Placement counts for it.
#include "scenario/verbs/fields.h"
#include "scenario/verbs/groups.h"

namespace vtpmlab::scenario {

using namespace build;

std::vector<Verb> migration_verbs() {
    return {
        {"expect-migration",
         "wait until the newest migration of a server has a status, or can get no other; by an "
         "admin",
         map_of(
             {server(),
              needs("status",
                    one_of({"finished", "confirmed", "reverted", "completed", "failed", "error"}),
                    "the status"),
              may("type", one_of({"migration", "resize", "live-migration", "evacuation"}),
                  "how it was moved"),
              may("from", text(), "the host it was on"), may("to", text(), "the host it goes to"),
              timeout("60s")}),
         {{"uuid", "of the migration: what holds the source's allocation until it is confirmed"},
          {"migration_status", "the status"},
          {"type", "how it was moved"},
          {"from", "the host it was on"},
          {"to", "the host it goes to"}}},
        {"expect-allocations",
         "the hosts on which a server, or a migration, holds something in placement; by "
         "an admin",
         map_of({needs("consumer", text(), "id of the server, or uuid of the migration"),
                 needs("hosts", list_of(text()), "names of the hosts")}),
         {{"hosts", "names of the hosts"}}}};
}

} // namespace vtpmlab::scenario
