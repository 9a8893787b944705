// What a guest does by itself.
#include "scenario/verbs/fields.h"
#include "scenario/verbs/groups.h"

namespace vtpmlab::scenario {

using namespace build;

std::vector<Verb> guest_verbs() {
    return {{"guest-reboot",
             "let the guest reboot itself, from inside, and wait until it is up again",
             map_of({server(), timeout("60s")}),
             {}}};
}

} // namespace vtpmlab::scenario
