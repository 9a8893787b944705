#include "probe/tpm12_wire.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <charconv>

namespace vtpmlab::probe {
namespace {

constexpr std::uint16_t tag_request = 0x00c1;            // TPM_TAG_RQU_COMMAND
constexpr std::uint16_t tag_authorised_request = 0x00c2; // TPM_TAG_RQU_AUTH1_COMMAND
constexpr std::uint16_t tag_response = 0x00c4;
constexpr std::uint16_t tag_authorised_response = 0x00c5;
constexpr std::size_t header_bytes = 10;
constexpr std::size_t authorisation_bytes = 4 + 20 + 1 + 20;
constexpr std::size_t answered_authorisation_bytes = 20 + 1 + 20;
constexpr std::uint16_t entity_owner = 0x0002;         // TPM_ET_OWNER
constexpr std::uint32_t handle_of_owner = 0x40000001u; // TPM_KH_OWNER
// Against replay, which nobody on the way to a software TPM tries: a nonce of zeros is as good.
constexpr Digest12 nonce_odd{};

Digest12 sha1(std::span<const unsigned char> bytes) {
    Digest12 digest{};
    unsigned size = 0;
    EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha1(), nullptr);
    return digest;
}

Digest12 hmac_sha1(const Digest12& key, std::span<const unsigned char> bytes) {
    Digest12 digest{};
    unsigned size = 0;
    HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), bytes.data(), bytes.size(),
         digest.data(), &size);
    return digest;
}

bool take(WireReader& in, Digest12& into) {
    const auto bytes = in.bytes(into.size());
    std::ranges::copy(bytes, into.begin());
    return in.is_good();
}

std::string hex_code(std::uint32_t code) {
    std::array<char, 8> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), code, 16).ptr;
    return "0x" + std::string(digits.data(), end);
}

} // namespace

std::string name_of(Ordinal ordinal) {
    switch (ordinal) {
    case Ordinal::oiap:
        return "TPM_OIAP";
    case Ordinal::osap:
        return "TPM_OSAP";
    case Ordinal::take_ownership:
        return "TPM_TakeOwnership";
    case Ordinal::extend:
        return "TPM_Extend";
    case Ordinal::pcr_read:
        return "TPM_PCRRead";
    case Ordinal::set_capability:
        return "TPM_SetCapability";
    case Ordinal::get_random:
        return "TPM_GetRandom";
    case Ordinal::self_test_full:
        return "TPM_SelfTestFull";
    case Ordinal::get_test_result:
        return "TPM_GetTestResult";
    case Ordinal::get_capability:
        return "TPM_GetCapability";
    case Ordinal::read_pubek:
        return "TPM_ReadPubek";
    case Ordinal::nv_define_space:
        return "TPM_NV_DefineSpace";
    case Ordinal::nv_write_value:
        return "TPM_NV_WriteValue";
    case Ordinal::nv_read_value:
        return "TPM_NV_ReadValue";
    }
    return "TPM command";
}

tl::unexpected<Error> Tpm12Wire::malformed(Ordinal ordinal) {
    return fail(ErrorKind::product, "the answer is malformed", name_of(ordinal));
}

tl::unexpected<Error> Tpm12Wire::refused(Ordinal ordinal, std::uint32_t code) {
    return fail(ErrorKind::product, "the TPM answered with code " + hex_code(code),
                name_of(ordinal));
}

Result<Answer12> Tpm12Wire::exchange(Ordinal ordinal, const WireWriter& command) {
    VTPMLAB_TRY(const Bytes bytes, transport_->transmit(command.data()));
    WireReader in(bytes);
    const unsigned tag = in.u16();
    const std::uint32_t size = in.u32();
    Answer12 answer;
    answer.code = in.u32();
    if (!in.is_good() || size != bytes.size() ||
        (tag != tag_response && tag != tag_authorised_response))
        return malformed(ordinal);
    answer.body.assign(in.rest().begin(), in.rest().end());
    if (tag == tag_authorised_response) {
        if (answer.body.size() < answered_authorisation_bytes)
            return malformed(ordinal);
        answer.body.resize(answer.body.size() - answered_authorisation_bytes);
    }
    return answer;
}

Result<Answer12> Tpm12Wire::transmit(Ordinal ordinal, const WireWriter& parameters) {
    WireWriter command;
    command.u16(tag_request)
        .u32(static_cast<std::uint32_t>(header_bytes + parameters.data().size()))
        .u32(static_cast<std::uint32_t>(ordinal))
        .bytes(parameters.data());
    return exchange(ordinal, command);
}

Result<Bytes> Tpm12Wire::ask(Ordinal ordinal, const WireWriter& parameters) {
    VTPMLAB_TRY(Answer12 answer, transmit(ordinal, parameters));
    if (answer.code != 0)
        return refused(ordinal, answer.code);
    return std::move(answer.body);
}

// Part 1, 13: the authorisation is an HMAC over what the command says and the session's nonces.
Result<Bytes> Tpm12Wire::ask_in(const Session& session, Ordinal ordinal,
                                const WireWriter& parameters) {
    WireWriter said;
    said.u32(static_cast<std::uint32_t>(ordinal)).bytes(parameters.data());
    WireWriter signed_over;
    signed_over.bytes(sha1(said.data())).bytes(session.nonce_even).bytes(nonce_odd).u8(0);
    WireWriter command;
    command.u16(tag_authorised_request)
        .u32(static_cast<std::uint32_t>(header_bytes + parameters.data().size() +
                                        authorisation_bytes))
        .u32(static_cast<std::uint32_t>(ordinal))
        .bytes(parameters.data())
        .u32(session.handle)
        .bytes(nonce_odd)
        .u8(0) // the session ends with this command
        .bytes(hmac_sha1(session.key, signed_over.data()));
    VTPMLAB_TRY(Answer12 answer, exchange(ordinal, command));
    if (answer.code != 0)
        return refused(ordinal, answer.code);
    return std::move(answer.body);
}

Result<Bytes> Tpm12Wire::ask_authorised(Ordinal ordinal, const WireWriter& parameters,
                                        const Digest12& secret) {
    VTPMLAB_TRY(const Bytes opened, ask(Ordinal::oiap, {}));
    WireReader in(opened);
    Session session{in.u32(), {}, secret};
    if (!take(in, session.nonce_even))
        return malformed(Ordinal::oiap);
    return ask_in(session, ordinal, parameters);
}

Result<Bytes> Tpm12Wire::ask_owner_with_secret(Ordinal ordinal, WireWriter parameters,
                                               const Digest12& owner_secret,
                                               const Digest12& new_secret) {
    WireWriter request;
    request.u16(entity_owner).u32(handle_of_owner).bytes(nonce_odd);
    VTPMLAB_TRY(const Bytes opened, ask(Ordinal::osap, request));
    WireReader in(opened);
    Session session{in.u32(), {}, {}};
    Digest12 shared_nonce{};
    if (!take(in, session.nonce_even) || !take(in, shared_nonce))
        return malformed(Ordinal::osap);
    WireWriter nonces;
    nonces.bytes(shared_nonce).bytes(nonce_odd);
    session.key = hmac_sha1(owner_secret, nonces.data());
    // ADIP: what is handed over is hidden by the session's key.
    WireWriter pad;
    pad.bytes(session.key).bytes(session.nonce_even);
    Digest12 hidden = sha1(pad.data());
    for (std::size_t i = 0; i < hidden.size(); ++i)
        hidden[i] = static_cast<unsigned char>(hidden[i] ^ new_secret[i]);
    return ask_in(session, ordinal, parameters.bytes(hidden));
}

} // namespace vtpmlab::probe
