#include "hypervisor/model/model_probe.h"

#include <vtpmlab/encoding.h>
#include <vtpmlab/witness_block.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>

namespace vtpmlab::model {
namespace {

using nlohmann::json;

constexpr unsigned by_hand = 15;

json value(json what) { return {{"value", std::move(what)}}; }

std::string sha256(std::string_view text) {
    std::array<unsigned char, 32> digest{};
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
        return {};
    return hex(digest);
}

// A modulus no two identities share: as long and as odd as a real one.
json endorsement_key(const SimulatedTpm& tpm) {
    std::string modulus = "c0";
    for (int part = 0; modulus.size() < 510; ++part)
        modulus += sha256(fmt::format("{} {}", tpm.identity, part));
    modulus.resize(510);
    return value({{"modulus", modulus + "01"}, {"exponent", 65537}});
}

// What only this TPM opens again: its identity stands in it, as a parent key's secret would.
std::string sealed_by(const SimulatedTpm& tpm, const std::string& nonce) {
    return hex(std::span(reinterpret_cast<const unsigned char*>(tpm.identity.data()),
                         tpm.identity.size())) +
           nonce;
}

json unseal(const SimulatedTpm& tpm, const std::string& blob) {
    const std::string mine = sealed_by(tpm, {});
    if (!tpm.nv.contains("nonce") || !blob.starts_with(mine))
        return value(nullptr);
    return value(blob.substr(mine.size()));
}

json witness(const ModelHypervisor::GuestTpm& guest, const std::string& sealed,
             const std::string& sealed_to_pcrs) {
    const auto nonce = guest.tpm.nv.find("nonce");
    const bool is_planted = nonce != guest.tpm.nv.end();
    const auto pcr = guest.memory.extended.find(by_hand);
    const std::string digest =
        pcr == guest.memory.extended.end() ? std::string(64, '0') : sha256(pcr->second);
    if (guest.tpm.version == TpmVersion::v1_2) {
        const json none{{"unavailable", "not part of the witness in a TPM 1.2"}};
        return {{"nv", value(is_planted ? json(nonce->second) : json())},
                {"boots", none},
                {"persistent", none},
                {"sealed", none},
                {"sealed_to_pcrs", none},
                {"pcr", value(digest.substr(0, 40))}};
    }
    return {{"nv", value(is_planted ? json(nonce->second) : json())},
            {"boots", value(is_planted ? json(guest.tpm.boots) : json())},
            {"persistent", value(is_planted ? json(sha256(guest.tpm.identity)) : json())},
            {"sealed", unseal(guest.tpm, sealed)},
            {"sealed_to_pcrs", unseal(guest.tpm, sealed_to_pcrs)},
            {"pcr", value(digest)}};
}

// At model depth the disk is a file as at the other, and the cloud moves it in the same way.
Result<json> disk_mark(const std::optional<std::filesystem::path>& disk) {
    if (!disk)
        return json{{"mark", value(nullptr)}};
    std::ifstream file(*disk, std::ios::binary);
    std::array<unsigned char, witness_block::size> block{};
    file.seekg(witness_block::offset);
    file.read(reinterpret_cast<char*>(block.data()), block.size());
    if (!file)
        return fail(ErrorKind::product, "model: the disk ends before the witness's block",
                    disk->string());
    return json{{"mark", value(hex(witness_block::mark_in(block)))}};
}

Status write_disk_mark(const std::filesystem::path& disk, const std::string& mark) {
    const auto bytes = unhex(mark);
    std::fstream file(disk, std::ios::binary | std::ios::in | std::ios::out);
    std::array<unsigned char, witness_block::size> block{};
    file.seekg(witness_block::offset);
    file.read(reinterpret_cast<char*>(block.data()), block.size());
    if (!file || !witness_block::may_be_written(block))
        return fail(ErrorKind::product, "the disk's image left no block to a witness",
                    disk.string());
    if (!bytes || bytes->size() != witness_block::mark_size)
        return fail(ErrorKind::lab, "the mark is not as long as a mark");
    std::ranges::copy(*bytes, witness_block::mark_in(block).begin());
    file.seekp(witness_block::offset);
    file.write(reinterpret_cast<const char*>(block.data()), block.size());
    if (!file.flush())
        return fail(ErrorKind::lab, "the disk cannot be written", disk.string());
    return {};
}

} // namespace

Result<std::string> answer_probe(ModelHypervisor& host, const std::string& uuid,
                                 std::string_view op, std::string_view params) {
    const json request = json::parse(params, nullptr, false);
    if (!request.is_object())
        return fail(ErrorKind::lab, "the parameters of a probe's operation are no JSON object");
    VTPMLAB_TRY(const DomainState state, host.state(uuid));
    if (state != DomainState::running)
        return fail(
            ErrorKind::product,
            fmt::format("model: the server {} does not run, so no guest would answer", uuid));
    if (op == "reboot") {
        VTPMLAB_CHECK(host.reboot_guest(uuid));
        return json{{"rebooting", true}}.dump();
    }
    if (op == "write_disk_mark" || op == "read_disk_mark") {
        VTPMLAB_TRY(const auto disk, host.guest_disk(uuid));
        if (op == "write_disk_mark" && !disk)
            return fail(ErrorKind::product, "there is no disk to set a witness in");
        if (op == "write_disk_mark")
            VTPMLAB_CHECK(write_disk_mark(*disk, request.value("mark", "")));
        VTPMLAB_TRY(const json found, disk_mark(disk));
        return found.dump();
    }
    auto guest = host.guest_tpm(uuid);
    if (op == "check_witness") {
        if (!guest)
            return json{{"witness", nullptr}, {"endorsement_key", value(nullptr)}}.dump();
        return json{{"witness", witness(*guest, request.value("sealed", ""),
                                        request.value("sealed_to_pcrs", ""))},
                    {"endorsement_key", endorsement_key(guest->tpm)}}
            .dump();
    }
    if (op != "plant_witness")
        return fail(ErrorKind::lab, fmt::format("the model answers no '{}'", op));
    if (!guest)
        return fail(ErrorKind::product, "there is no TPM to set a witness in");
    if (guest->tpm.nv.contains("nonce"))
        return fail(ErrorKind::product, "this TPM has a witness already");
    const auto nonce = request.value("nonce", "");
    guest->tpm.nv.emplace("nonce", nonce);
    guest->memory.extended[by_hand] = nonce;
    if (!host.write_guest_tpm(uuid, guest->tpm.nv, guest->memory))
        return fail(ErrorKind::product, "the TPM went away");
    const bool seals = guest->tpm.version == TpmVersion::v2_0;
    const std::string blob = seals ? sealed_by(guest->tpm, nonce) : std::string();
    return json{{"blobs", {{"sealed", blob}, {"sealed_to_pcrs", blob}}},
                {"witness", witness(*guest, blob, blob)},
                {"endorsement_key", endorsement_key(guest->tpm)}}
        .dump();
}

} // namespace vtpmlab::model
