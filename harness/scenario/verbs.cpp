#include "scenario/verbs.h"

#include "scenario/shape_check.h"
#include "scenario/verbs/groups.h"

#include <vtpmlab/personas.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace vtpmlab::scenario {
namespace {

std::vector<Verb> make_verbs() {
    std::vector<Verb> table;
    for (auto group : {flavor_verbs, image_verbs, secret_verbs, server_verbs, server_action_verbs,
                       migration_verbs, tpm_verbs, witness_verbs, guest_verbs, host_verbs,
                       machine_verbs, compute_verbs, audit_verbs, journal_verbs, fault_verbs}) {
        auto verbs = group();
        std::move(verbs.begin(), verbs.end(), std::back_inserter(table));
    }
    for (auto& verb : table)
        verb.arguments.title = verb.name;
    return table;
}

} // namespace

std::span<const Verb> verbs() {
    static const std::vector<Verb> table = make_verbs();
    return table;
}

const Verb* find_verb(std::string_view name) {
    const auto table = verbs();
    const auto at = std::find_if(table.begin(), table.end(),
                                 [&](const Verb& verb) { return verb.name == name; });
    return at == table.end() ? nullptr : &*at;
}

std::span<const std::string> personas() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> played;
        for (const auto& persona : persona_table)
            if (persona.played_by == PlayedBy::steps)
                played.emplace_back(persona.name);
        return played;
    }();
    return names;
}

Status check_arguments(const Verb& verb, const Located& resolved) {
    Status status;
    const FaultSink sink{[&](const Place& place, std::string message, std::string hint) {
                             if (status)
                                 status = fail(ErrorKind::scenario, std::move(message),
                                               place.text(), std::move(hint));
                         },
                         {}};
    check_shape(verb.arguments, resolved, sink);
    return status;
}

} // namespace vtpmlab::scenario
