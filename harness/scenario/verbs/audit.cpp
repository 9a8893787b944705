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

// What the model has too: a count of what is not there proves nothing.
std::vector<std::string> stores_of_both_depths() {
    auto stores = audited_stores();
    std::erase_if(stores, is_of_real_hosts);
    return stores;
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
        {"expect-store",
         "what a store holds now, as the audits see it: also what is rightly there",
         map_of({needs("store", one_of(stores_of_both_depths()), "the store"),
                 needs("count", integer(0), "how many things"),
                 may("host", text(), "on this compute host alone")}),
         {{"count", "how many things"}, {"things", "host and name of each"}}},
        {"expect-warning",
         "the report carries a warning with this text",
         map_of({needs("text", text(), "part of the warning"),
                 may("count", integer(0), "how many of them; default any but none")}),
         {}},
        {"expect-nothing-left",
         "no secret, allocation, domain, TPM state, process or socket is left anywhere",
         map_of({may("stores", list_of(one_of(audited_stores()), 1),
                     "look into these alone, while others must still hold something"),
                 timeout("30s")}),
         {}}};
}

} // namespace vtpmlab::scenario
