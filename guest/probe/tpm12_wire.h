#pragma once
// Commands to a TPM 1.2 and their answers, and those that only its owner may give. Names and
// numbers are those of the TPM Main Specification, parts 2 and 3, level 2 revision 116.

#include "probe/transport.h"
#include "probe/wire.h"

#include <vtpmlab/result.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>

namespace vtpmlab::probe {

enum class Ordinal : std::uint32_t {
    oiap = 0x0a,
    osap = 0x0b,
    take_ownership = 0x0d,
    extend = 0x14,
    pcr_read = 0x15,
    set_capability = 0x3f,
    get_random = 0x46,
    self_test_full = 0x50,
    get_test_result = 0x54,
    get_capability = 0x65,
    read_pubek = 0x7c,
    nv_define_space = 0xcc,
    nv_write_value = 0xcd,
    nv_read_value = 0xcf,
};

[[nodiscard]] std::string name_of(Ordinal ordinal);

struct Answer12 {
    std::uint32_t code = 0;
    Bytes body;
};

using Digest12 = std::array<unsigned char, 20>;

class Tpm12Wire {
public:
    explicit Tpm12Wire(std::unique_ptr<Transport> transport) : transport_(std::move(transport)) {}

    // Whatever the TPM says, also that it refuses.
    [[nodiscard]] Result<Answer12> transmit(Ordinal ordinal, const WireWriter& parameters);
    // The body of an answer that does not refuse.
    [[nodiscard]] Result<Bytes> ask(Ordinal ordinal, const WireWriter& parameters);
    // The same, with `secret` for the authorisation: a session of its own (OIAP) for this command.
    [[nodiscard]] Result<Bytes> ask_authorised(Ordinal ordinal, const WireWriter& parameters,
                                               const Digest12& secret);
    // The same, of the owner (OSAP), whose session also hides an authorisation that is handed over:
    // `new_secret` follows the parameters.
    [[nodiscard]] Result<Bytes> ask_owner_with_secret(Ordinal ordinal, WireWriter parameters,
                                                      const Digest12& owner_secret,
                                                      const Digest12& new_secret);

    [[nodiscard]] static tl::unexpected<Error> malformed(Ordinal ordinal);
    [[nodiscard]] static tl::unexpected<Error> refused(Ordinal ordinal, std::uint32_t code);

private:
    struct Session {
        std::uint32_t handle = 0;
        Digest12 nonce_even{};
        Digest12 key{}; // of the authorisations in this session
    };
    [[nodiscard]] Result<Bytes> ask_in(const Session& session, Ordinal ordinal,
                                       const WireWriter& parameters);
    [[nodiscard]] Result<Answer12> exchange(Ordinal ordinal, const WireWriter& command);

    std::unique_ptr<Transport> transport_;
};

} // namespace vtpmlab::probe
