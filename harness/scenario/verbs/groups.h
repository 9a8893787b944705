#pragma once
// The groups of verbs, one file each, named as the files of runner/verbs that do what stands there.

#include "scenario/verbs.h"

#include <vector>

namespace vtpmlab::scenario {

[[nodiscard]] std::vector<Verb> flavor_verbs();
[[nodiscard]] std::vector<Verb> image_verbs();
[[nodiscard]] std::vector<Verb> secret_verbs();
[[nodiscard]] std::vector<Verb> server_verbs();
[[nodiscard]] std::vector<Verb> server_action_verbs();
[[nodiscard]] std::vector<Verb> migration_verbs();
[[nodiscard]] std::vector<Verb> tpm_verbs();
[[nodiscard]] std::vector<Verb> witness_verbs();
[[nodiscard]] std::vector<Verb> guest_verbs();
[[nodiscard]] std::vector<Verb> host_verbs();
[[nodiscard]] std::vector<Verb> machine_verbs();
[[nodiscard]] std::vector<Verb> compute_verbs();
[[nodiscard]] std::vector<Verb> audit_verbs();
[[nodiscard]] std::vector<Verb> journal_verbs();
[[nodiscard]] std::vector<Verb> fault_verbs();

} // namespace vtpmlab::scenario
