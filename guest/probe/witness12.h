#pragma once
// The witness in a TPM 1.2: a nonce in an NV space of the owner's, and a PCR extended by hand.
// swtpm_setup locks NV and leaves the TPM without an owner, so the probe takes ownership, with
// authorisations of zeros (what trousers calls the well-known secret): only an owner may define
// a space then.

#include "probe/tpm.h"
#include "probe/tpm12_wire.h"

namespace vtpmlab::probe {

class Witness12 {
public:
    explicit Witness12(Tpm12Wire& wire) : wire_(wire) {}

    [[nodiscard]] Status plant(const PublicKey& endorsement_key, const Bytes& nonce);
    [[nodiscard]] Witness look();

private:
    [[nodiscard]] Status take_ownership(const PublicKey& endorsement_key);
    [[nodiscard]] Status keep_endorsement_key_readable();
    [[nodiscard]] Status define_space(std::size_t size);
    [[nodiscard]] Status write_space(const Bytes& data);
    [[nodiscard]] Look<Bytes> read_space();
    [[nodiscard]] Look<Bytes> read_pcr();

    Tpm12Wire& wire_;
};

} // namespace vtpmlab::probe
