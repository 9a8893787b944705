#pragma once
// One table: what is left of a TPM, and of the disk, after each operation a cloud has. The only
// place that knows.

#include <vtpmlab/witness.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace vtpmlab {

struct OperationRow {
    std::string_view operation; // as a scenario names it
    WitnessState endorsement_key;
    WitnessState nv;
    WitnessState persistent_key;
    WitnessState sealed;
    WitnessState sealed_to_pcrs;
    WitnessState pcr;
    WitnessState boots;
    WitnessState disk;
    std::string_view source; // the rule it comes from
    // It brings back the TPM's state of before the operation before it: also what that one counted.
    bool goes_back = false;
};

[[nodiscard]] std::span<const OperationRow> operation_table();
// Nothing for an operation the table does not have.
[[nodiscard]] const OperationRow* find_operation(std::string_view operation);
// For messages: "pause and unpause, suspend and resume, …".
[[nodiscard]] std::string operation_names();

[[nodiscard]] WitnessState expected_of(const OperationRow& row, WitnessThing thing);

// What was found now against what was set then, judged by that row.
[[nodiscard]] WitnessJudgement judge_witness(const OperationRow& row, const WitnessSet& set,
                                             const WitnessLook& now);
// What the next operation's outcome is to be compared with: the same witness, with the PCR and the
// count of boots there are now. Of another TPM nothing is carried on: the witness waits in its own.
[[nodiscard]] WitnessSet carried_on(WitnessSet set, const WitnessLook& now);
// One sentence. Of a silently fresh TPM a loud one.
[[nodiscard]] std::string headline(const WitnessJudgement& judgement, const OperationRow& row);
// "endorsement key: expected same, found new", one a thing that does not agree.
[[nodiscard]] std::vector<std::string> disagreements(const WitnessJudgement& judgement);

} // namespace vtpmlab
