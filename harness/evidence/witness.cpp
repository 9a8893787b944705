#include "evidence/witness.h"

#include "evidence/guest_report.h"
#include "evidence/hostile_json.h"

#include <vtpmlab/encoding.h>
#include <vtpmlab/witness_block.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <limits>

namespace vtpmlab {
namespace {

using nlohmann::json;

constexpr std::size_t max_blob_bytes = 4096;

Result<std::string> parse_hex(const HostileJson& value) {
    VTPMLAB_TRY(const Bytes bytes, value.hex_bytes(1, 128));
    return hex(bytes);
}

Result<std::uint64_t> parse_count(const HostileJson& value) {
    return value.number(std::numeric_limits<std::uint64_t>::max());
}

Result<std::string> parse_fingerprint(const HostileJson& value) {
    VTPMLAB_TRY(const EndorsementKey key, parse_endorsement_key(value));
    return key.fingerprint;
}

// `answer` has "witness" (null without a TPM) and "endorsement_key".
Result<WitnessLook> parse_look(const HostileJson& answer) {
    WitnessLook look;
    VTPMLAB_TRY(look.endorsement_key,
                answer.member("endorsement_key").observed<std::string>(parse_fingerprint));
    const HostileJson witness = answer.member("witness");
    if (witness.raw().is_null()) {
        if (look.endorsement_key.value)
            return witness.wrong("a witness, for there is an endorsement key");
        return look;
    }
    VTPMLAB_CHECK(witness.object({"nv", "boots", "persistent", "sealed", "sealed_to_pcrs", "pcr"}));
    look.has_tpm = true;
    const auto observe = [&](std::string_view key, Observed<std::string>& into) -> Status {
        VTPMLAB_TRY(into, witness.member(key).observed<std::string>(parse_hex));
        return {};
    };
    VTPMLAB_CHECK(observe("nv", look.nv));
    VTPMLAB_CHECK(observe("persistent", look.persistent_key));
    VTPMLAB_CHECK(observe("sealed", look.sealed));
    VTPMLAB_CHECK(observe("sealed_to_pcrs", look.sealed_to_pcrs));
    VTPMLAB_CHECK(observe("pcr", look.pcr));
    VTPMLAB_TRY(look.boots, witness.member("boots").observed<std::uint64_t>(parse_count));
    return look;
}

Result<std::string> parse_mark(const HostileJson& value) {
    VTPMLAB_TRY(const Bytes bytes,
                value.hex_bytes(witness_block::mark_size, witness_block::mark_size));
    return hex(bytes);
}

Result<Observed<std::string>> parse_disk(const json& answer) {
    const HostileJson root(answer);
    VTPMLAB_CHECK(root.object({"mark"}));
    return root.member("mark").observed<std::string>(parse_mark);
}

Result<std::string> parse_blob(const HostileJson& value) {
    VTPMLAB_TRY(const Bytes bytes, value.hex_bytes(0, max_blob_bytes));
    return hex(bytes);
}

// 32 bytes nobody can know beforehand: two random UUIDs, without what is fixed in them.
std::string new_nonce() {
    std::string digits;
    while (digits.size() < 64) {
        const std::string uuid = random_uuid();
        digits += uuid.substr(0, 8) + uuid.substr(9, 4) + uuid.substr(24, 12);
    }
    return digits.substr(0, 64);
}

template <typename T>
json to_json(const Observed<T>& observed) {
    if (!observed.was_looked_at())
        return {{"unavailable", observed.unavailable}};
    return {{"value", observed.value ? json(*observed.value) : json()}};
}

template <typename T>
Status is_there(const Observed<T>& observed, WitnessThing thing) {
    if (observed.value)
        return {};
    return fail(ErrorKind::product,
                fmt::format("the guest shows no {}: {}", to_string(thing),
                            observed.was_looked_at() ? "none" : observed.unavailable));
}

// What was planted must be seen at once, or nothing that follows means anything.
Status check_planted(const WitnessSet& set, TpmVersion version) {
    const auto holds_nonce = [&](const Observed<std::string>& observed,
                                 WitnessThing thing) -> Status {
        VTPMLAB_CHECK(is_there(observed, thing));
        if (*observed.value == set.nonce)
            return {};
        return fail(
            ErrorKind::product,
            fmt::format("the TPM does not give back what was put into its {}", to_string(thing)));
    };
    VTPMLAB_CHECK(is_there(set.then.endorsement_key, WitnessThing::endorsement_key));
    VTPMLAB_CHECK(holds_nonce(set.then.nv, WitnessThing::nv));
    VTPMLAB_CHECK(is_there(set.then.pcr, WitnessThing::pcr));
    if (version == TpmVersion::v1_2)
        return {};
    VTPMLAB_CHECK(is_there(set.then.persistent_key, WitnessThing::persistent_key));
    VTPMLAB_CHECK(holds_nonce(set.then.sealed, WitnessThing::sealed));
    VTPMLAB_CHECK(holds_nonce(set.then.sealed_to_pcrs, WitnessThing::sealed_to_pcrs));
    return is_there(set.then.boots, WitnessThing::boots);
}

} // namespace

Result<WitnessSet> set_witness(const AskProbe& ask, TpmVersion version) {
    WitnessSet set;
    set.nonce = new_nonce();
    VTPMLAB_TRY(const json answer, ask("plant_witness", {{"nonce", set.nonce}}));
    const HostileJson root(answer);
    VTPMLAB_CHECK(root.object({"blobs", "witness", "endorsement_key"}));
    const HostileJson blobs = root.member("blobs");
    VTPMLAB_CHECK(blobs.object({"sealed", "sealed_to_pcrs"}));
    VTPMLAB_TRY(set.sealed, parse_blob(blobs.member("sealed")));
    VTPMLAB_TRY(set.sealed_to_pcrs, parse_blob(blobs.member("sealed_to_pcrs")));
    VTPMLAB_TRY(set.then, parse_look(root));
    VTPMLAB_CHECK(check_planted(set, version));
    set.before = set.then;
    return set;
}

Status mark_disk(const AskProbe& ask, WitnessSet& set) {
    const std::string mark = new_nonce();
    VTPMLAB_TRY(const json answer, ask("write_disk_mark", {{"mark", mark}}));
    VTPMLAB_TRY(auto seen, parse_disk(answer));
    VTPMLAB_CHECK(is_there(seen, WitnessThing::disk));
    if (*seen.value != mark)
        return fail(ErrorKind::product, "the disk does not give back what was written to it");
    set.before.disk = set.then.disk.value ? set.then.disk : seen;
    set.then.disk = std::move(seen);
    return {};
}

Result<WitnessLook> look_for_witness(const AskProbe& ask, const WitnessSet& set) {
    WitnessLook look;
    if (set.then.has_tpm) {
        VTPMLAB_TRY(
            const json answer,
            ask("check_witness", {{"sealed", set.sealed}, {"sealed_to_pcrs", set.sealed_to_pcrs}}));
        const HostileJson root(answer);
        VTPMLAB_CHECK(root.object({"witness", "endorsement_key"}));
        VTPMLAB_TRY(look, parse_look(root));
    }
    if (set.then.disk.value) {
        VTPMLAB_TRY(const json answer, ask("read_disk_mark", json::object()));
        VTPMLAB_TRY(look.disk, parse_disk(answer));
    }
    return look;
}

json to_json(const WitnessLook& look) {
    return {{"has_tpm", look.has_tpm},        {"endorsement_key", to_json(look.endorsement_key)},
            {"nv", to_json(look.nv)},         {"persistent_key", to_json(look.persistent_key)},
            {"sealed", to_json(look.sealed)}, {"sealed_to_pcrs", to_json(look.sealed_to_pcrs)},
            {"pcr", to_json(look.pcr)},       {"boots", to_json(look.boots)},
            {"disk", to_json(look.disk)}};
}

} // namespace vtpmlab
