// What is there and what is left behind.
#include "scenario/known_leaks.h"
#include "scenario/verbs/fields.h"
#include "scenario/verbs/groups.h"

namespace vtpmlab::scenario {

using namespace build;

namespace {

std::vector<std::string> ids_of_known_leaks() {
    std::vector<std::string> ids;
    for (const auto& leak : known_leaks())
        ids.push_back(leak.id);
    return ids;
}

} // namespace

std::vector<Verb> audit_verbs() {
    return {
        {"expect-secrets",
         "the key manager's secrets, as the persona sees them",
         map_of({needs("count", integer(0), "how many"),
                 may("secrets", anything(), "tree the list must match")}),
         {{"count", "how many"}, {"secrets", "their metadata"}}},
        {"expect-finding",
         "what Nova itself leaves behind here: counted by the audits as known, and a "
         "failure when it is not there",
         map_of({needs("finding", one_of(ids_of_known_leaks()), "its id, as the README lists them"),
                 needs("store", one_of(audited_stores()), "the store it is found in"),
                 may("host", text(), "the compute host"),
                 may("count", integer(1), "how many; default 1")}),
         {}},
        {"expect-warning",
         "the report carries a warning with this text",
         map_of({needs("text", text(), "part of the warning")}),
         {}},
        {"expect-nothing-left",
         "no secret, allocation, domain, TPM state, process or socket is left anywhere",
         map_of({may("stores", list_of(one_of(audited_stores()), 1),
                     "look into these alone, while others must still hold something"),
                 timeout("30s")}),
         {}}};
}

} // namespace vtpmlab::scenario
