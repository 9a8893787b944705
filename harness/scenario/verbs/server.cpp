// Servers: made, read, deleted, waited for.
#include "scenario/verbs/fields.h"
#include "scenario/verbs/groups.h"

namespace vtpmlab::scenario {

using namespace build;

namespace {

const std::vector<std::string>& server_statuses() {
    static const std::vector<std::string> statuses = {
        "ACTIVE",       "BUILD",         "DELETED",  "ERROR",
        "HARD_REBOOT",  "MIGRATING",     "PAUSED",   "REBOOT",
        "REBUILD",      "RESCUE",        "RESIZE",   "REVERT_RESIZE",
        "SHELVED",      "SHUTOFF",       "UNKNOWN",  "SHELVED_OFFLOADED",
        "SOFT_DELETED", "VERIFY_RESIZE", "SUSPENDED"};
    return statuses;
}

std::vector<ResultField> server_fields() {
    return answer({{"id", "id of the server"},
                   {"name", "its name"},
                   {"ids", "ids of all servers this request made, by name"},
                   {"server_status", "ACTIVE, ERROR, …"},
                   {"fault", "code and message, when it is in ERROR"},
                   {"host", "compute host it runs on, for an admin"}});
}

} // namespace

std::vector<Verb> server_verbs() {
    return {
        {"server-create", "ask for a server; does not wait",
         map_of({needs("name", text(), "name of the server"),
                 needs("flavor", text(), "id of the flavor"),
                 needs("image", text(), "id of the image"),
                 may("min_count", integer(1), "how many servers at least"),
                 may("max_count", integer(1), "how many servers at most"),
                 may("host", text(), "the host it must land on; for an admin"), microversion()}),
         server_fields()},
        {"server-show", "read a server", map_of({server(), microversion()}), server_fields()},
        {"server-delete", "delete a server and wait until it is gone",
         map_of({server(), may("wait", boolean(), "false where it does not go; default true"),
                 timeout("60s")}),
         answer({})},
        {"expect-server", "wait until a server has a status, or ERROR",
         map_of({server(), needs("status", one_of(server_statuses()), "the status"),
                 may("fault", anything(), "tree the fault must match"),
                 may("host", text(), "compute host it must be on"), timeout("60s")}),
         server_fields()},
        {"expect-servers",
         "the servers the API lists to the persona, of its project",
         map_of({needs("count", integer(0), "how many"), may("name", text(), "of this name alone"),
                 may("status", one_of(server_statuses()), "in this status alone")}),
         {{"count", "how many"}, {"servers", "id, name and server_status of each"}}}};
}

} // namespace vtpmlab::scenario
