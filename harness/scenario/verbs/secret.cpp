// The key manager's own API, for what its policy allows to whom.
#include "scenario/verbs/fields.h"
#include "scenario/verbs/groups.h"

namespace vtpmlab::scenario {

using namespace build;

std::vector<Verb> secret_verbs() {
    const auto secret = [] { return needs("secret", text(), "id of the secret"); };
    const auto anonymous = [] {
        return may("anonymous", boolean(), "without a token; default false");
    };
    return {{"secret-store", "store a passphrase that is made up here",
             map_of({needs("name", text(), "its name"), anonymous()}),
             answer({{"id", "id of the secret"}})},
            {"secret-get", "read what is known of a secret, without its payload",
             map_of({secret(), anonymous()}), answer({{"name", "its name"}})},
            {"secret-get-payload",
             "read a secret's payload; one that was stored here must come back",
             map_of({secret(), anonymous()}), answer({})},
            {"secret-delete", "delete a secret", map_of({secret(), anonymous()}), answer({})},
            {"secret-acl-set", "say who may read a secret besides whom the policy lets",
             map_of({secret(),
                     may("users", list_of(one_of({personas().begin(), personas().end()})),
                         "personas that may; default none"),
                     may("project_access", boolean(), "may its project; default true")}),
             answer({})}};
}

} // namespace vtpmlab::scenario
