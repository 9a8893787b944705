#pragma once
// The witness: what a scenario puts into a guest's TPM and disk at its first boot, and what must be
// found of it after each operation. Values only; harness/evidence reads them from what a guest says
// and judges them.

#include <vtpmlab/evidence.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab {

// What can be told apart. The first five are the TPM's identity and what it keeps for good; the PCR
// is what it forgets with its power. The disk is the guest's other memory.
enum class WitnessThing {
    endorsement_key,
    nv,
    persistent_key,
    sealed,
    sealed_to_pcrs,
    pcr,
    boots,
    disk,
};

[[nodiscard]] constexpr std::string_view to_string(WitnessThing thing) {
    switch (thing) {
    case WitnessThing::endorsement_key:
        return "endorsement key";
    case WitnessThing::nv:
        return "NV index";
    case WitnessThing::persistent_key:
        return "persistent key";
    case WitnessThing::sealed:
        return "sealed object";
    case WitnessThing::sealed_to_pcrs:
        return "object sealed to PCRs";
    case WitnessThing::pcr:
        return "PCR extended by hand";
    case WitnessThing::boots:
        return "boot counter";
    case WitnessThing::disk:
        return "disk";
    }
    return "?";
}

enum class WitnessState {
    same,       // as it was; of the counter: no boot since
    reset,      // of the PCR: zeros; of the counter: it goes on, and counts the boots since; of the
                // disk: as its image has it
    is_new,     // there, and another one
    gone,       // there is none
    unknown,    // this version of TPM has no such thing: there was none to plant
    unreadable, // it was read when it was planted, and cannot be read now
};

[[nodiscard]] constexpr std::string_view to_string(WitnessState state) {
    switch (state) {
    case WitnessState::same:
        return "same";
    case WitnessState::reset:
        return "reset";
    case WitnessState::is_new:
        return "new";
    case WitnessState::gone:
        return "gone";
    case WitnessState::unknown:
        return "unknown";
    case WitnessState::unreadable:
        return "unreadable";
    }
    return "?";
}

// What was found at one time, in hex where it is bytes.
struct WitnessLook {
    bool has_tpm = false;
    Observed<std::string> endorsement_key; // fingerprint
    Observed<std::string> nv;
    Observed<std::string> persistent_key; // its name
    Observed<std::string> sealed;         // what was unsealed
    Observed<std::string> sealed_to_pcrs;
    Observed<std::string> pcr;
    Observed<std::uint64_t> boots;
    Observed<std::string> disk; // its mark
    friend bool operator==(const WitnessLook&, const WitnessLook&) = default;
};

// A witness that was set: what was seen right after, and the sealed objects only this TPM opens.
// Where `then` has no TPM, or no disk, none was set in it.
struct WitnessSet {
    WitnessLook then;
    std::string nonce;
    std::string sealed;
    std::string sealed_to_pcrs;
    WitnessLook before{}; // what `then` was before the last operation, which may be taken back
};

struct WitnessFinding {
    WitnessThing thing = WitnessThing::endorsement_key;
    WitnessState expected = WitnessState::same;
    WitnessState found = WitnessState::same;
    std::string detail; // why nobody could look, or what the counter says
    [[nodiscard]] bool agrees() const {
        return found == expected ||
               (found == WitnessState::unknown && thing != WitnessThing::endorsement_key);
    }
    friend bool operator==(const WitnessFinding&, const WitnessFinding&) = default;
};

enum class WitnessVerdict {
    as_expected,
    // The TPM should have been the same and is another: what users lose data to.
    silently_fresh,
    not_as_expected,
    // The TPM, if there is a witness in it, is what it should be; the disk is not.
    wrong_disk,
    // The endorsement key, which every TPM has, could not be read.
    undecided,
};

struct WitnessJudgement {
    WitnessVerdict verdict = WitnessVerdict::undecided;
    // One for each thing the witness was set in, in the order of WitnessThing.
    std::vector<WitnessFinding> findings;
};

} // namespace vtpmlab
