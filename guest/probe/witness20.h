#pragma once
// The witness in a TPM 2.0: what is planted once and looked for ever after. All of it in the ranges
// a platform's owner may use, with empty authorisations, as swtpm_setup leaves the hierarchies.

#include "probe/esys.h"
#include "probe/tpm.h"

#include <optional>

namespace vtpmlab::probe {

class Witness20 {
public:
    explicit Witness20(const EsysContext& esys) : esys_(esys) {}

    [[nodiscard]] Result<WitnessBlobs> plant(const Bytes& nonce);
    [[nodiscard]] Status count_boot();
    [[nodiscard]] Witness look(const WitnessBlobs& blobs);

private:
    [[nodiscard]] Result<bool> exists(UINT32 handle);
    // Nothing when there is none.
    [[nodiscard]] Look<ESYS_TR> find(UINT32 handle, const char* what);
    [[nodiscard]] Status plant_index(UINT32 index, TPMA_NV kind, const Bytes* data);
    [[nodiscard]] Status plant_key();
    [[nodiscard]] Result<Bytes> seal(const Bytes& nonce, const TPM2B_DIGEST* policy);
    [[nodiscard]] Result<TPM2B_DIGEST> policy_of_pcrs();
    [[nodiscard]] Look<Bytes> read_index(UINT32 index, UINT16 size);
    [[nodiscard]] Look<std::uint64_t> read_counter();
    [[nodiscard]] Look<Bytes> key_name();
    [[nodiscard]] Look<Bytes> unseal(const Bytes& blob, bool with_policy);
    [[nodiscard]] Look<Bytes> read_pcr();

    const EsysContext& esys_;
};

} // namespace vtpmlab::probe
