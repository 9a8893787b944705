#include "probe/witness20.h"

#include <tss2/tss2_mu.h>

#include <algorithm>
#include <array>

namespace vtpmlab::probe {
namespace {

// Owner's own, below the ranges the TCG gives to anybody (registry of reserved TPM 2.0 handles).
constexpr UINT32 nonce_index = 0x018f7701;
constexpr UINT32 counter_index = 0x018f7702;
constexpr UINT32 key_handle = 0x810f7701;
constexpr unsigned by_hand = 15; // the PCR nobody in the guests here extends
constexpr TPM2_RC any_format_one = 0x080;
constexpr UINT16 nonce_size = 32;

// The TPM's own code without the number of the parameter, handle or session it complains about.
TPM2_RC plain(TSS2_RC rc) {
    const TPM2_RC code = rc & 0xfff;
    return (code & any_format_one) != 0 ? code & 0x0bf : code;
}

TPML_PCR_SELECTION selection_of(std::initializer_list<unsigned> pcrs) {
    TPML_PCR_SELECTION selection{};
    selection.count = 1;
    selection.pcrSelections[0].hash = TPM2_ALG_SHA256;
    selection.pcrSelections[0].sizeofSelect = 3;
    for (const unsigned pcr : pcrs)
        selection.pcrSelections[0].pcrSelect[pcr / 8] |= static_cast<BYTE>(1u << (pcr % 8));
    return selection;
}

// PCR 0 and 7: the firmware and its rules, the same at each boot of one machine.
TPML_PCR_SELECTION firmware_pcrs() { return selection_of({0, 7}); }

// A storage key on P-256: made in no time, where RSA takes seconds.
TPM2B_PUBLIC key_template() {
    TPM2B_PUBLIC key{};
    TPMT_PUBLIC& area = key.publicArea;
    area.type = TPM2_ALG_ECC;
    area.nameAlg = TPM2_ALG_SHA256;
    area.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
                            TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
                            TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT;
    TPMS_ECC_PARMS& ecc = area.parameters.eccDetail;
    ecc.symmetric.algorithm = TPM2_ALG_AES;
    ecc.symmetric.keyBits.aes = 128;
    ecc.symmetric.mode.aes = TPM2_ALG_CFB;
    ecc.scheme.scheme = TPM2_ALG_NULL;
    ecc.curveID = TPM2_ECC_NIST_P256;
    ecc.kdf.scheme = TPM2_ALG_NULL;
    return key;
}

TPM2B_PUBLIC sealed_template(const TPM2B_DIGEST* policy) {
    TPM2B_PUBLIC sealed{};
    TPMT_PUBLIC& area = sealed.publicArea;
    area.type = TPM2_ALG_KEYEDHASH;
    area.nameAlg = TPM2_ALG_SHA256;
    area.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_NODA;
    if (policy != nullptr)
        area.authPolicy = *policy; // and no other way in
    else
        area.objectAttributes |= TPMA_OBJECT_USERWITHAUTH;
    area.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL;
    return sealed;
}

} // namespace

Result<bool> Witness20::exists(UINT32 handle) {
    // Asked of the capabilities: a read of what is not there is an error in every layer.
    TPMI_YES_NO more = TPM2_NO;
    TPMS_CAPABILITY_DATA* data = nullptr;
    VTPMLAB_CHECK(check(Esys_GetCapability(esys_.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                           TPM2_CAP_HANDLES, handle, 1, &more, &data),
                        "TPM2_GetCapability"));
    const Owned<TPMS_CAPABILITY_DATA> owned(data);
    const auto& handles = data->data.handles;
    return handles.count == 1 && handles.handle[0] == handle;
}

Look<ESYS_TR> Witness20::find(UINT32 handle, const char* what) {
    VTPMLAB_TRY(const bool is_there, exists(handle));
    if (!is_there)
        return std::nullopt;
    ESYS_TR object = ESYS_TR_NONE;
    VTPMLAB_CHECK(check(Esys_TR_FromTPMPublic(esys_.get(), handle, ESYS_TR_NONE, ESYS_TR_NONE,
                                              ESYS_TR_NONE, &object),
                        what));
    return std::optional(object);
}

Result<WitnessBlobs> Witness20::plant(const Bytes& nonce) {
    for (const UINT32 handle : {nonce_index, counter_index, key_handle}) {
        VTPMLAB_TRY(const bool is_there, exists(handle));
        if (is_there)
            return fail(ErrorKind::product, "this TPM has a witness already");
    }
    VTPMLAB_CHECK(plant_index(nonce_index, TPM2_NT_ORDINARY << TPMA_NV_TPM2_NT_SHIFT, &nonce));
    VTPMLAB_CHECK(plant_index(counter_index, TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT, nullptr));
    VTPMLAB_CHECK(count_boot());
    VTPMLAB_CHECK(plant_key());
    WitnessBlobs blobs;
    VTPMLAB_TRY(blobs.sealed, seal(nonce, nullptr));
    VTPMLAB_TRY(const TPM2B_DIGEST policy, policy_of_pcrs());
    VTPMLAB_TRY(blobs.sealed_to_pcrs, seal(nonce, &policy));

    TPML_DIGEST_VALUES digests{};
    digests.count = 1;
    digests.digests[0].hashAlg = TPM2_ALG_SHA256;
    std::copy_n(nonce.begin(), std::min<std::size_t>(nonce.size(), TPM2_SHA256_DIGEST_SIZE),
                digests.digests[0].digest.sha256);
    VTPMLAB_CHECK(check(Esys_PCR_Extend(esys_.get(), ESYS_TR_PCR0 + by_hand, ESYS_TR_PASSWORD,
                                        ESYS_TR_NONE, ESYS_TR_NONE, &digests),
                        "TPM2_PCR_Extend"));
    return blobs;
}

Status Witness20::plant_index(UINT32 index, TPMA_NV kind, const Bytes* data) {
    const TPM2B_AUTH no_auth{};
    TPM2B_NV_PUBLIC nv{};
    nv.nvPublic.nvIndex = index;
    nv.nvPublic.nameAlg = TPM2_ALG_SHA256;
    nv.nvPublic.attributes = kind | TPMA_NV_OWNERWRITE | TPMA_NV_OWNERREAD | TPMA_NV_AUTHWRITE |
                             TPMA_NV_AUTHREAD | TPMA_NV_NO_DA;
    nv.nvPublic.dataSize = data != nullptr ? static_cast<UINT16>(data->size()) : 8;
    ESYS_TR handle = ESYS_TR_NONE;
    VTPMLAB_CHECK(check(Esys_NV_DefineSpace(esys_.get(), ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD,
                                            ESYS_TR_NONE, ESYS_TR_NONE, &no_auth, &nv, &handle),
                        "TPM2_NV_DefineSpace"));
    Status written;
    if (data != nullptr) {
        TPM2B_MAX_NV_BUFFER buffer{};
        buffer.size = static_cast<UINT16>(data->size());
        std::ranges::copy(*data, buffer.buffer);
        written = check(Esys_NV_Write(esys_.get(), handle, handle, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                      ESYS_TR_NONE, &buffer, 0),
                        "TPM2_NV_Write");
    }
    Esys_TR_Close(esys_.get(), &handle);
    return written;
}

Status Witness20::count_boot() {
    VTPMLAB_TRY(auto counter, find(counter_index, "TPM2_NV_ReadPublic of the counter"));
    if (!counter)
        return {};
    Status counted = check(Esys_NV_Increment(esys_.get(), *counter, *counter, ESYS_TR_PASSWORD,
                                             ESYS_TR_NONE, ESYS_TR_NONE),
                           "TPM2_NV_Increment");
    Esys_TR_Close(esys_.get(), &*counter);
    return counted;
}

Status Witness20::plant_key() {
    const TPM2B_PUBLIC in_public = key_template();
    const TPM2B_SENSITIVE_CREATE no_secret{};
    const TPM2B_DATA no_data{};
    const TPML_PCR_SELECTION no_pcrs{};
    ESYS_TR handle = ESYS_TR_NONE;
    VTPMLAB_CHECK(
        check(Esys_CreatePrimary(esys_.get(), ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                 ESYS_TR_NONE, &no_secret, &in_public, &no_data, &no_pcrs, &handle,
                                 nullptr, nullptr, nullptr, nullptr),
              "TPM2_CreatePrimary"));
    const TransientObject key(esys_, handle);
    ESYS_TR persistent = ESYS_TR_NONE;
    VTPMLAB_CHECK(check(Esys_EvictControl(esys_.get(), ESYS_TR_RH_OWNER, handle, ESYS_TR_PASSWORD,
                                          ESYS_TR_NONE, ESYS_TR_NONE, key_handle, &persistent),
                        "TPM2_EvictControl"));
    Esys_TR_Close(esys_.get(), &persistent);
    return {};
}

Result<Bytes> Witness20::seal(const Bytes& nonce, const TPM2B_DIGEST* policy) {
    VTPMLAB_TRY(auto parent, find(key_handle, "TPM2_ReadPublic of the key"));
    if (!parent)
        return fail(ErrorKind::product, "the key that was just made is not there");
    const TPM2B_PUBLIC in_public = sealed_template(policy);
    TPM2B_SENSITIVE_CREATE sensitive{};
    sensitive.sensitive.data.size = static_cast<UINT16>(nonce.size());
    std::ranges::copy(nonce, sensitive.sensitive.data.buffer);
    const TPM2B_DATA no_data{};
    const TPML_PCR_SELECTION no_pcrs{};
    TPM2B_PRIVATE* private_part = nullptr;
    TPM2B_PUBLIC* public_part = nullptr;
    const Status created =
        check(Esys_Create(esys_.get(), *parent, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                          &sensitive, &in_public, &no_data, &no_pcrs, &private_part, &public_part,
                          nullptr, nullptr, nullptr),
              "TPM2_Create");
    Esys_TR_Close(esys_.get(), &*parent);
    VTPMLAB_CHECK(created);
    const Owned<TPM2B_PRIVATE> owned_private(private_part);
    const Owned<TPM2B_PUBLIC> owned_public(public_part);
    Bytes blob(sizeof(TPM2B_PUBLIC) + sizeof(TPM2B_PRIVATE));
    std::size_t size = 0;
    VTPMLAB_CHECK(check(Tss2_MU_TPM2B_PUBLIC_Marshal(public_part, blob.data(), blob.size(), &size),
                        "TPM2B_PUBLIC"));
    VTPMLAB_CHECK(
        check(Tss2_MU_TPM2B_PRIVATE_Marshal(private_part, blob.data(), blob.size(), &size),
              "TPM2B_PRIVATE"));
    blob.resize(size);
    return blob;
}

Result<TPM2B_DIGEST> Witness20::policy_of_pcrs() {
    const TPMT_SYM_DEF no_encryption{.algorithm = TPM2_ALG_NULL, .keyBits = {}, .mode = {}};
    ESYS_TR session = ESYS_TR_NONE;
    VTPMLAB_CHECK(check(Esys_StartAuthSession(esys_.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                              ESYS_TR_NONE, ESYS_TR_NONE, nullptr, TPM2_SE_TRIAL,
                                              &no_encryption, TPM2_ALG_SHA256, &session),
                        "TPM2_StartAuthSession"));
    const TransientObject owned_session(esys_, session);
    const TPML_PCR_SELECTION pcrs = firmware_pcrs();
    const TPM2B_DIGEST as_they_are{};
    VTPMLAB_CHECK(check(Esys_PolicyPCR(esys_.get(), session, ESYS_TR_NONE, ESYS_TR_NONE,
                                       ESYS_TR_NONE, &as_they_are, &pcrs),
                        "TPM2_PolicyPCR"));
    TPM2B_DIGEST* digest = nullptr;
    VTPMLAB_CHECK(check(Esys_PolicyGetDigest(esys_.get(), session, ESYS_TR_NONE, ESYS_TR_NONE,
                                             ESYS_TR_NONE, &digest),
                        "TPM2_PolicyGetDigest"));
    const Owned<TPM2B_DIGEST> owned(digest);
    return *digest;
}

Witness Witness20::look(const WitnessBlobs& blobs) {
    return {read_index(nonce_index, nonce_size),
            read_counter(),
            key_name(),
            unseal(blobs.sealed, false),
            unseal(blobs.sealed_to_pcrs, true),
            read_pcr()};
}

Look<Bytes> Witness20::read_index(UINT32 index, UINT16 size) {
    VTPMLAB_TRY(auto handle, find(index, "TPM2_NV_ReadPublic"));
    if (!handle)
        return std::nullopt;
    TPM2B_MAX_NV_BUFFER* data = nullptr;
    const Status read = check(Esys_NV_Read(esys_.get(), *handle, *handle, ESYS_TR_PASSWORD,
                                           ESYS_TR_NONE, ESYS_TR_NONE, size, 0, &data),
                              "TPM2_NV_Read");
    Esys_TR_Close(esys_.get(), &*handle);
    VTPMLAB_CHECK(read);
    const Owned<TPM2B_MAX_NV_BUFFER> owned(data);
    return std::optional(Bytes(data->buffer, data->buffer + data->size));
}

Look<std::uint64_t> Witness20::read_counter() {
    VTPMLAB_TRY(const auto bytes, read_index(counter_index, 8));
    if (!bytes)
        return std::nullopt;
    std::uint64_t count = 0;
    for (const unsigned char byte : *bytes)
        count = count << 8 | byte;
    return std::optional(count);
}

Look<Bytes> Witness20::key_name() {
    VTPMLAB_TRY(auto key, find(key_handle, "TPM2_ReadPublic of the key"));
    if (!key)
        return std::nullopt;
    TPM2B_NAME* name = nullptr;
    const Status named = check(Esys_TR_GetName(esys_.get(), *key, &name), "name of the key");
    Esys_TR_Close(esys_.get(), &*key);
    VTPMLAB_CHECK(named);
    const Owned<TPM2B_NAME> owned(name);
    return std::optional(Bytes(name->name, name->name + name->size));
}

Look<Bytes> Witness20::unseal(const Bytes& blob, bool with_policy) {
    TPM2B_PUBLIC public_part{};
    TPM2B_PRIVATE private_part{};
    std::size_t at = 0;
    VTPMLAB_CHECK(check(Tss2_MU_TPM2B_PUBLIC_Unmarshal(blob.data(), blob.size(), &at, &public_part),
                        "TPM2B_PUBLIC"));
    VTPMLAB_CHECK(
        check(Tss2_MU_TPM2B_PRIVATE_Unmarshal(blob.data(), blob.size(), &at, &private_part),
              "TPM2B_PRIVATE"));
    VTPMLAB_TRY(auto parent, find(key_handle, "TPM2_ReadPublic of the key"));
    if (!parent)
        return std::nullopt; // sealed under a key that is gone
    ESYS_TR loaded = ESYS_TR_NONE;
    const TSS2_RC rc = Esys_Load(esys_.get(), *parent, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                                 &private_part, &public_part, &loaded);
    Esys_TR_Close(esys_.get(), &*parent);
    if (plain(rc) == plain(TPM2_RC_INTEGRITY))
        return std::nullopt; // another TPM's
    VTPMLAB_CHECK(check(rc, "TPM2_Load"));
    const TransientObject object(esys_, loaded);

    ESYS_TR session = ESYS_TR_PASSWORD;
    std::optional<TransientObject> owned_session;
    if (with_policy) {
        const TPMT_SYM_DEF no_encryption{.algorithm = TPM2_ALG_NULL, .keyBits = {}, .mode = {}};
        VTPMLAB_CHECK(
            check(Esys_StartAuthSession(esys_.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                        ESYS_TR_NONE, ESYS_TR_NONE, nullptr, TPM2_SE_POLICY,
                                        &no_encryption, TPM2_ALG_SHA256, &session),
                  "TPM2_StartAuthSession"));
        owned_session.emplace(esys_, session);
        const TPML_PCR_SELECTION pcrs = firmware_pcrs();
        const TPM2B_DIGEST as_they_are{};
        VTPMLAB_CHECK(check(Esys_PolicyPCR(esys_.get(), session, ESYS_TR_NONE, ESYS_TR_NONE,
                                           ESYS_TR_NONE, &as_they_are, &pcrs),
                            "TPM2_PolicyPCR"));
    }
    TPM2B_SENSITIVE_DATA* data = nullptr;
    const TSS2_RC unsealed =
        Esys_Unseal(esys_.get(), loaded, session, ESYS_TR_NONE, ESYS_TR_NONE, &data);
    if (with_policy && plain(unsealed) == plain(TPM2_RC_POLICY_FAIL))
        return std::nullopt; // the PCRs are others
    VTPMLAB_CHECK(check(unsealed, "TPM2_Unseal"));
    const Owned<TPM2B_SENSITIVE_DATA> owned(data);
    return std::optional(Bytes(data->buffer, data->buffer + data->size));
}

Look<Bytes> Witness20::read_pcr() {
    const TPML_PCR_SELECTION wanted = selection_of({by_hand});
    TPML_DIGEST* digests = nullptr;
    TPML_PCR_SELECTION* read = nullptr;
    VTPMLAB_CHECK(check(Esys_PCR_Read(esys_.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                      &wanted, nullptr, &read, &digests),
                        "TPM2_PCR_Read"));
    const Owned<TPML_PCR_SELECTION> owned_read(read);
    const Owned<TPML_DIGEST> owned_digests(digests);
    if (digests->count != 1)
        return fail(ErrorKind::product, "the TPM has no SHA-256 bank", "TPM2_PCR_Read");
    const TPM2B_DIGEST& digest = digests->digests[0];
    return std::optional(Bytes(digest.buffer, digest.buffer + digest.size));
}

} // namespace vtpmlab::probe
