#include "runner/verb.h"

#include <array>

namespace vtpmlab::runner {
namespace {

std::array<std::span<const VerbEntry>, 15> groups() {
    return {flavor_verbs(),  image_verbs(),   server_verbs(),    server_action_verbs(),
            tpm_verbs(),     witness_verbs(), guest_verbs(),     host_verbs(),
            machine_verbs(), compute_verbs(), migration_verbs(), secret_verbs(),
            audit_verbs(),   journal_verbs(), fault_verbs()};
}

} // namespace

VerbFunction find_verb(std::string_view name) {
    for (const auto& group : groups())
        for (const auto& entry : group)
            if (entry.name == name)
                return entry.run;
    return nullptr;
}

std::vector<std::string_view> verb_names() {
    std::vector<std::string_view> names;
    for (const auto& group : groups())
        for (const auto& entry : group)
            names.push_back(entry.name);
    return names;
}

tl::unexpected<StepFailure> unmet(report::Finding finding, std::string message, std::string hint) {
    Error error;
    error.kind = ErrorKind::product;
    error.message = std::move(message);
    error.hint = std::move(hint);
    StepFailure failure(std::move(error));
    failure.finding = finding;
    return tl::unexpected<StepFailure>(std::move(failure));
}

} // namespace vtpmlab::runner
