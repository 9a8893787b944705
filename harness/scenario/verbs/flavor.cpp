// Flavors and their extra specs.
#include "scenario/verbs/fields.h"
#include "scenario/verbs/groups.h"

namespace vtpmlab::scenario {

using namespace build;

std::vector<Verb> flavor_verbs() {
    return {
        {"flavor-create", "make a flavor, with its extra specs",
         map_of({needs("name", text(), "name of the flavor"),
                 needs("ram", integer(1), "memory in MiB"),
                 needs("vcpus", integer(1), "virtual CPUs"),
                 needs("disk", integer(0), "root disk in GiB"),
                 may("properties", properties(), "extra specs"), microversion()}),
         answer({{"id", "id of the flavor"},
                 {"name", "its name"},
                 {"extra_specs", "its extra specs"}})},
        {"flavor-set", "set extra specs of a flavor",
         map_of({needs("flavor", text(), "id of the flavor"),
                 needs("properties", properties(), "extra specs to set"), microversion()}),
         answer({{"extra_specs", "the extra specs as the API gives them back"}})},
        {"flavor-unset", "remove extra specs of a flavor",
         map_of({needs("flavor", text(), "id of the flavor"),
                 needs("properties", list_of(text(), 1), "names of extra specs"), microversion()}),
         answer({})},
        {"flavor-show", "read a flavor with its extra specs",
         map_of({needs("flavor", text(), "id of the flavor"), microversion()}),
         answer({{"id", "id of the flavor"},
                 {"name", "its name"},
                 {"extra_specs", "its extra specs"}})}};
}

} // namespace vtpmlab::scenario
