// TPM 2.0 through tpm2-tss's ESYS. Names are those of the TPM 2.0 Library Specification.

#include "probe/esys.h"
#include "probe/tpm.h"
#include "probe/witness20.h"

#include <vtpmlab/encoding.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace vtpmlab::probe {
namespace {

constexpr UINT32 index_ek_certificate = 0x01c00002; // RSA 2048: EK credential profile, 2.2.1.4
constexpr std::size_t max_certificate_bytes = 8192;

// The default RSA 2048 template L-1 of the TCG EK credential profile, B.3.3.
TPM2B_PUBLIC endorsement_key_template() {
    // PolicySecret(TPM_RH_ENDORSEMENT)
    constexpr std::array<BYTE, 32> policy_a = {0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8,
                                               0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24,
                                               0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64,
                                               0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa};
    TPM2B_PUBLIC key{};
    TPMT_PUBLIC& area = key.publicArea;
    area.type = TPM2_ALG_RSA;
    area.nameAlg = TPM2_ALG_SHA256;
    area.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
                            TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_ADMINWITHPOLICY |
                            TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT;
    area.authPolicy.size = policy_a.size();
    std::ranges::copy(policy_a, area.authPolicy.buffer);
    TPMS_RSA_PARMS& rsa = area.parameters.rsaDetail;
    rsa.symmetric.algorithm = TPM2_ALG_AES;
    rsa.symmetric.keyBits.aes = 128;
    rsa.symmetric.mode.aes = TPM2_ALG_CFB;
    rsa.scheme.scheme = TPM2_ALG_NULL;
    rsa.keyBits = 2048;
    area.unique.rsa.size = 256; // zeros, by the profile
    return key;
}

std::string algorithm_name(TPMI_ALG_HASH algorithm) {
    switch (algorithm) {
    case TPM2_ALG_SHA1:
        return "sha1";
    case TPM2_ALG_SHA256:
        return "sha256";
    case TPM2_ALG_SHA384:
        return "sha384";
    case TPM2_ALG_SHA512:
        return "sha512";
    case TPM2_ALG_SM3_256:
        return "sm3-256";
    default:
        return "alg-" + std::to_string(algorithm);
    }
}

// Four characters of a property, without padding.
std::string characters(UINT32 value) {
    std::string text;
    for (int shift = 24; shift >= 0; shift -= 8)
        if (const auto c = static_cast<char>(value >> shift); c != '\0')
            text += c;
    return text;
}

std::string hex32(UINT32 value) {
    const std::array<unsigned char, 4> bytes = {
        static_cast<unsigned char>(value >> 24), static_cast<unsigned char>(value >> 16),
        static_cast<unsigned char>(value >> 8), static_cast<unsigned char>(value)};
    return hex(bytes);
}

class Tpm20 final : public Tpm {
public:
    explicit Tpm20(EsysContext esys) : esys_(std::move(esys)) {}

    TpmVersion version() const override { return TpmVersion::v2_0; }

    Result<Vendor> vendor() override {
        constexpr UINT32 count = TPM2_PT_FIRMWARE_VERSION_2 - TPM2_PT_MANUFACTURER + 1;
        VTPMLAB_TRY(const auto data,
                    capability(TPM2_CAP_TPM_PROPERTIES, TPM2_PT_MANUFACTURER, count));
        const auto& properties = data->data.tpmProperties;
        Vendor vendor;
        for (UINT32 i = 0; i < properties.count; ++i) {
            const auto [property, value] = properties.tpmProperty[i];
            if (property == TPM2_PT_MANUFACTURER)
                vendor.manufacturer = characters(value);
            else if (property >= TPM2_PT_VENDOR_STRING_1 && property <= TPM2_PT_VENDOR_STRING_4)
                vendor.description += characters(value);
            else if (property == TPM2_PT_FIRMWARE_VERSION_1 ||
                     property == TPM2_PT_FIRMWARE_VERSION_2)
                vendor.firmware += hex32(value);
        }
        return vendor;
    }

    Status self_test() override {
        VTPMLAB_CHECK(
            check(Esys_SelfTest(esys_.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_YES),
                  "TPM2_SelfTest"));
        TPM2B_MAX_BUFFER* detail = nullptr;
        TPM2_RC result = TPM2_RC_SUCCESS;
        VTPMLAB_CHECK(check(Esys_GetTestResult(esys_.get(), ESYS_TR_NONE, ESYS_TR_NONE,
                                               ESYS_TR_NONE, &detail, &result),
                            "TPM2_GetTestResult"));
        const Owned<TPM2B_MAX_BUFFER> owned(detail);
        return check(result, "TPM2_GetTestResult");
    }

    Result<Bytes> random(std::size_t count) override {
        Bytes drawn;
        while (drawn.size() < count) {
            TPM2B_DIGEST* bytes = nullptr;
            VTPMLAB_CHECK(
                check(Esys_GetRandom(esys_.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                     static_cast<UINT16>(count - drawn.size()), &bytes),
                      "TPM2_GetRandom"));
            const Owned<TPM2B_DIGEST> owned(bytes);
            if (bytes->size == 0)
                return fail(ErrorKind::product, "the TPM gave no bytes", "TPM2_GetRandom");
            drawn.insert(drawn.end(), bytes->buffer, bytes->buffer + bytes->size);
        }
        drawn.resize(count);
        return drawn;
    }

    Result<std::vector<Bank>> banks() override {
        VTPMLAB_TRY(const auto data, capability(TPM2_CAP_PCRS, 0, 1));
        const auto& allocated = data->data.assignedPCR;
        std::vector<Bank> banks;
        for (UINT32 i = 0; i < allocated.count; ++i) {
            const TPMS_PCR_SELECTION& selection = allocated.pcrSelections[i];
            const auto end = selection.pcrSelect + selection.sizeofSelect;
            if (std::all_of(selection.pcrSelect, end, [](BYTE bits) { return bits == 0; }))
                continue; // supported, not active
            VTPMLAB_TRY(Bank bank, read_bank(selection));
            banks.push_back(std::move(bank));
        }
        return banks;
    }

    Result<PublicKey> endorsement_key() override {
        const TPM2B_PUBLIC key_template = endorsement_key_template();
        const TPM2B_SENSITIVE_CREATE no_secret{};
        const TPML_PCR_SELECTION no_pcrs{};
        ESYS_TR handle = ESYS_TR_NONE;
        TPM2B_PUBLIC* public_part = nullptr;
        VTPMLAB_CHECK(
            check(Esys_CreatePrimary(esys_.get(), ESYS_TR_RH_ENDORSEMENT, ESYS_TR_PASSWORD,
                                     ESYS_TR_NONE, ESYS_TR_NONE, &no_secret, &key_template, nullptr,
                                     &no_pcrs, &handle, &public_part, nullptr, nullptr, nullptr),
                  "TPM2_CreatePrimary of the endorsement key"));
        const TransientObject object(esys_, handle);
        const Owned<TPM2B_PUBLIC> owned(public_part);
        const auto& modulus = public_part->publicArea.unique.rsa;
        PublicKey key;
        key.modulus.assign(modulus.buffer, modulus.buffer + modulus.size);
        const UINT32 exponent = public_part->publicArea.parameters.rsaDetail.exponent;
        key.exponent = exponent == 0 ? 65537 : exponent; // zero stands for 2^16 + 1
        return key;
    }

    Result<Bytes> endorsement_certificate() override {
        // Asked of the capabilities first: a read of what is not there is an error in every layer,
        // and tpm2-tss prints errors.
        VTPMLAB_TRY(const auto data, capability(TPM2_CAP_HANDLES, index_ek_certificate, 1));
        const auto& handles = data->data.handles;
        if (handles.count == 0 || handles.handle[0] != index_ek_certificate)
            return Bytes{};
        ESYS_TR index = ESYS_TR_NONE;
        VTPMLAB_CHECK(check(Esys_TR_FromTPMPublic(esys_.get(), index_ek_certificate, ESYS_TR_NONE,
                                                  ESYS_TR_NONE, ESYS_TR_NONE, &index),
                            "TPM2_NV_ReadPublic 0x01c00002"));
        auto certificate = read_index(index);
        Esys_TR_Close(esys_.get(), &index);
        return certificate;
    }

    Result<WitnessBlobs> plant_witness(const SoftwareTpm&, const Bytes& nonce) override {
        return Witness20(esys_).plant(nonce);
    }
    Status count_boot(const SoftwareTpm&) override { return Witness20(esys_).count_boot(); }
    Witness witness(const WitnessBlobs& blobs) override { return Witness20(esys_).look(blobs); }

private:
    Result<Owned<TPMS_CAPABILITY_DATA>> capability(TPM2_CAP what, UINT32 first, UINT32 count) {
        TPMI_YES_NO more = TPM2_NO;
        TPMS_CAPABILITY_DATA* data = nullptr;
        VTPMLAB_CHECK(check(Esys_GetCapability(esys_.get(), ESYS_TR_NONE, ESYS_TR_NONE,
                                               ESYS_TR_NONE, what, first, count, &more, &data),
                            "TPM2_GetCapability"));
        return Owned<TPMS_CAPABILITY_DATA>(data);
    }

    // TPM2_PCR_Read gives at most eight digests at a time and says which.
    Result<Bank> read_bank(TPMS_PCR_SELECTION wanted) {
        Bank bank{algorithm_name(wanted.hash), {}};
        for (;;) {
            TPML_PCR_SELECTION selection{};
            selection.count = 1;
            selection.pcrSelections[0] = wanted;
            TPML_PCR_SELECTION* read = nullptr;
            TPML_DIGEST* digests = nullptr;
            VTPMLAB_CHECK(check(Esys_PCR_Read(esys_.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                              &selection, nullptr, &read, &digests),
                                "TPM2_PCR_Read"));
            const Owned<TPML_PCR_SELECTION> owned_read(read);
            const Owned<TPML_DIGEST> owned_digests(digests);
            UINT32 at = 0;
            for (unsigned pcr = 0; read->count == 1 && pcr < 8u * wanted.sizeofSelect; ++pcr) {
                const auto bit = static_cast<BYTE>(1u << (pcr % 8));
                if ((read->pcrSelections[0].pcrSelect[pcr / 8] & bit) == 0 || at >= digests->count)
                    continue;
                const TPM2B_DIGEST& digest = digests->digests[at++];
                bank.pcrs.emplace(pcr, Bytes(digest.buffer, digest.buffer + digest.size));
                wanted.pcrSelect[pcr / 8] &= static_cast<BYTE>(~bit);
            }
            const auto end = wanted.pcrSelect + wanted.sizeofSelect;
            if (std::all_of(wanted.pcrSelect, end, [](BYTE bits) { return bits == 0; }))
                return bank;
            if (at == 0)
                return fail(ErrorKind::product,
                            "the TPM left out PCRs of the bank " + bank.algorithm, "TPM2_PCR_Read");
        }
    }

    Result<Bytes> read_index(ESYS_TR index) {
        TPM2B_NV_PUBLIC* nv_public = nullptr;
        VTPMLAB_CHECK(check(Esys_NV_ReadPublic(esys_.get(), index, ESYS_TR_NONE, ESYS_TR_NONE,
                                               ESYS_TR_NONE, &nv_public, nullptr),
                            "TPM2_NV_ReadPublic 0x01c00002"));
        const Owned<TPM2B_NV_PUBLIC> owned_public(nv_public);
        const std::size_t size = nv_public->nvPublic.dataSize;
        if (size > max_certificate_bytes)
            return fail(ErrorKind::product, "NV index 0x01c00002 is too large for a certificate");
        Bytes data;
        while (data.size() < size) {
            TPM2B_MAX_NV_BUFFER* chunk = nullptr;
            // With the index's own, empty, authorisation.
            VTPMLAB_CHECK(check(
                Esys_NV_Read(esys_.get(), index, index, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                             ESYS_TR_NONE,
                             static_cast<UINT16>(std::min<std::size_t>(1024, size - data.size())),
                             static_cast<UINT16>(data.size()), &chunk),
                "TPM2_NV_Read 0x01c00002"));
            const Owned<TPM2B_MAX_NV_BUFFER> owned_chunk(chunk);
            if (chunk->size == 0)
                return fail(ErrorKind::product, "the TPM gave no bytes", "TPM2_NV_Read 0x01c00002");
            data.insert(data.end(), chunk->buffer, chunk->buffer + chunk->size);
        }
        return data;
    }

    EsysContext esys_;
};

} // namespace

Result<std::unique_ptr<Tpm>> make_tpm20(std::unique_ptr<DeviceTransport> transport) {
    VTPMLAB_TRY(auto esys, EsysContext::open(std::move(transport)));
    return std::unique_ptr<Tpm>(std::make_unique<Tpm20>(std::move(esys)));
}

} // namespace vtpmlab::probe
