// Faults of the services.
#include "scenario/fault_shape.h"
#include "scenario/verbs/fields.h"
#include "scenario/verbs/groups.h"

namespace vtpmlab::scenario {

using namespace build;

std::vector<Verb> fault_verbs() {
    return {{"fault-inject",
             "make a service fail from now on",
             fault_shape(),
             {{"id", "the fault's number in the journal"}}},
            {"fault-clear",
             "take all faults away; each must have acted",
             map_of({}),
             {{"faults", "what they were, with the calls that fitted and their hits"}}}};
}

} // namespace vtpmlab::scenario
