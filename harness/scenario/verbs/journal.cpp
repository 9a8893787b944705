// What the services were asked.
#include "scenario/verbs/fields.h"
#include "scenario/verbs/groups.h"

namespace vtpmlab::scenario {

using namespace build;

namespace {

// One request as the journal has it.
std::vector<Field> call_fields() {
    return {needs("service", matching("[a-z][a-z-]*", "a service such as 'barbican'"),
                  "the service that was asked"),
            may("method", one_of({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}), "HTTP method"),
            may("path", regex(), "regular expression found in path and query"),
            may("route", text(), "template of the route: /v1/secrets/{id}"),
            may("user", text(), "name of the user whose token came with it"),
            may("project", text(), "name of that token's project"),
            may("role", text(), "a role of that token"),
            may("service_user", text(), "user of the service token beside it"),
            may("status", integer(0, 599), "HTTP status of the answer; 0: there was none"),
            may("faulty", boolean(), "did a fault act on it")};
}

} // namespace

std::vector<Verb> journal_verbs() {
    std::vector<Field> counted = call_fields();
    counted.push_back(may("count", integer(0), "exactly so many"));
    counted.push_back(may("at_least", integer(0), "so many or more; default 1"));
    counted.push_back(may("at_most", integer(0), "so many or fewer"));
    return {{"expect-journal",
             "count the HTTP requests the services have seen",
             map_of(std::move(counted)),
             {{"count", "how many"}, {"requests", "method, path, status and user of each"}}},
            {"expect-journal-order",
             "requests the services have seen, in this order, others in between",
             map_of({needs("calls", list_of(map_of(call_fields(), "a call"), 2),
                           "what came one after another")}),
             {{"requests", "method, path, status and user of each"}}}};
}

} // namespace vtpmlab::scenario
