// TPM 1.2 in its own bytes: there is no library for it worth carrying into a guest.

#include "probe/tpm.h"
#include "probe/tpm12_wire.h"
#include "probe/witness12.h"

#include <algorithm>
#include <array>
#include <utility>

namespace vtpmlab::probe {
namespace {

constexpr std::uint32_t cap_property = 0x05;
constexpr std::uint32_t cap_nv_index = 0x11;
constexpr std::uint32_t cap_version_val = 0x1a;
constexpr std::uint32_t cap_prop_pcr = 0x101;

constexpr std::uint32_t index_ek_certificate = 0x1000f000; // TPM_NV_INDEX_EKCert with the D bit
constexpr std::uint32_t rc_bad_index = 0x02;
constexpr std::uint32_t rc_auth_conflict = 0x3b;
constexpr std::size_t max_certificate_bytes = 8192;
constexpr std::size_t nv_chunk_bytes = 512;
constexpr std::uint32_t max_pcrs = 64;

class Tpm12 final : public Tpm {
public:
    explicit Tpm12(std::unique_ptr<Transport> transport) : wire_(std::move(transport)) {}

    TpmVersion version() const override { return TpmVersion::v1_2; }

    Result<Vendor> vendor() override {
        // TPM_CAP_VERSION_INFO
        VTPMLAB_TRY(const Bytes info, capability(cap_version_val));
        WireReader in(info);
        in.u16(); // tag
        const unsigned major = in.u8(), minor = in.u8(), revision_major = in.u8(),
                       revision_minor = in.u8();
        in.u16(); // specification level
        in.u8();  // errata revision
        const auto vendor_id = in.bytes(4);
        if (!in.is_good())
            return malformed(Ordinal::get_capability);
        Vendor vendor;
        for (unsigned char c : vendor_id)
            if (c != 0)
                vendor.manufacturer += static_cast<char>(c);
        vendor.firmware = std::to_string(major) + "." + std::to_string(minor) + "." +
                          std::to_string(revision_major) + "." + std::to_string(revision_minor);
        return vendor;
    }

    Status self_test() override {
        if (auto done = ask(Ordinal::self_test_full, {}); !done)
            return fail(std::move(done).error());
        // The answer above says "passed" or not; the result is asked for the TPM's own detail.
        VTPMLAB_TRY(const Answer12 answer, wire_.transmit(Ordinal::get_test_result, {}));
        if (answer.code != 0)
            return refused(Ordinal::get_test_result, answer.code);
        return {};
    }

    Result<Bytes> random(std::size_t count) override {
        Bytes drawn;
        // A TPM may give fewer than were asked for.
        while (drawn.size() < count) {
            WireWriter request;
            request.u32(static_cast<std::uint32_t>(count - drawn.size()));
            VTPMLAB_TRY(const Bytes body, ask(Ordinal::get_random, request));
            WireReader in(body);
            const auto bytes = in.bytes(in.u32());
            if (!in.is_good() || bytes.empty())
                return malformed(Ordinal::get_random);
            drawn.insert(drawn.end(), bytes.begin(), bytes.end());
        }
        drawn.resize(count);
        return drawn;
    }

    Result<std::vector<Bank>> banks() override {
        WireWriter which;
        which.u32(cap_prop_pcr);
        VTPMLAB_TRY(const Bytes property, capability(cap_property, which));
        const std::uint32_t count = WireReader(property).u32();
        if (count == 0 || count > max_pcrs)
            return malformed(Ordinal::get_capability);
        Bank bank{"sha1", {}};
        for (std::uint32_t pcr = 0; pcr < count; ++pcr) {
            WireWriter request;
            request.u32(pcr);
            VTPMLAB_TRY(Bytes value, ask(Ordinal::pcr_read, request));
            bank.pcrs.emplace(pcr, std::move(value));
        }
        return std::vector<Bank>{std::move(bank)};
    }

    Result<PublicKey> endorsement_key() override {
        WireWriter request;
        request.bytes(std::array<unsigned char, 20>{}); // against replay, which nobody checks here
        VTPMLAB_TRY(const Bytes body, ask(Ordinal::read_pubek, request));
        // TPM_PUBKEY: TPM_KEY_PARMS with TPM_RSA_KEY_PARMS, then TPM_STORE_PUBKEY
        WireReader in(body);
        in.u32(); // algorithm
        in.u16(); // encryption scheme
        in.u16(); // signature scheme
        WireReader parameters(in.bytes(in.u32()));
        parameters.u32(); // bits
        parameters.u32(); // primes
        const auto exponent = parameters.bytes(parameters.u32());
        const auto modulus = in.bytes(in.u32());
        if (!in.is_good() || !parameters.is_good() || modulus.empty() || exponent.size() > 4)
            return malformed(Ordinal::read_pubek);
        PublicKey key;
        key.modulus.assign(modulus.begin(), modulus.end());
        if (!exponent.empty()) { // empty stands for 65537
            key.exponent = 0;
            for (unsigned char byte : exponent)
                key.exponent = key.exponent << 8 | byte;
        }
        return key;
    }

    Result<Bytes> endorsement_certificate() override {
        WireWriter which;
        which.u32(index_ek_certificate);
        VTPMLAB_TRY(const Answer12 answer, wire_.transmit(Ordinal::get_capability,
                                                          capability_request(cap_nv_index, which)));
        if (answer.code == rc_bad_index)
            return Bytes{};
        if (answer.code != 0)
            return refused(Ordinal::get_capability, answer.code);
        // TPM_NV_DATA_PUBLIC ends with the size of the data.
        if (answer.body.size() < 4 + 4)
            return malformed(Ordinal::get_capability);
        const std::uint32_t size = WireReader(std::span{answer.body}.last(4)).u32();
        if (size > max_certificate_bytes)
            return malformed(Ordinal::get_capability);
        VTPMLAB_TRY(const Bytes stored, nv_read(index_ek_certificate, size));
        // TCG_PCCLIENT_STORED_CERT around TCG_FULL_CERT around DER (PC client specific
        // implementation specification, 7.4)
        WireReader in(stored);
        const unsigned stored_tag = in.u16();
        in.u8(); // full certificate
        WireReader full(in.bytes(in.u16()));
        const unsigned full_tag = full.u16();
        if (!in.is_good() || !full.is_good() || stored_tag != 0x1001 || full_tag != 0x1002)
            return fail(ErrorKind::product,
                        "NV index 0x1000f000 holds no TCG_PCCLIENT_STORED_CERT");
        return Bytes(full.rest().begin(), full.rest().end());
    }

    Result<WitnessBlobs> plant_witness(const SoftwareTpm&, const Bytes& nonce) override {
        VTPMLAB_TRY(const PublicKey key, endorsement_key());
        VTPMLAB_CHECK(Witness12(wire_).plant(key, nonce));
        return WitnessBlobs{}; // nothing is sealed
    }
    Status count_boot(const SoftwareTpm&) override { return {}; }
    Witness witness(const WitnessBlobs&) override { return Witness12(wire_).look(); }

private:
    static tl::unexpected<Error> malformed(Ordinal ordinal) {
        return Tpm12Wire::malformed(ordinal);
    }
    static tl::unexpected<Error> refused(Ordinal ordinal, std::uint32_t code) {
        return Tpm12Wire::refused(ordinal, code);
    }
    Result<Bytes> ask(Ordinal ordinal, const WireWriter& parameters) {
        return wire_.ask(ordinal, parameters);
    }

    static WireWriter capability_request(std::uint32_t area, const WireWriter& sub) {
        WireWriter request;
        request.u32(area).u32(static_cast<std::uint32_t>(sub.data().size())).bytes(sub.data());
        return request;
    }

    Result<Bytes> capability(std::uint32_t area, const WireWriter& sub = {}) {
        VTPMLAB_TRY(const Bytes body, ask(Ordinal::get_capability, capability_request(area, sub)));
        WireReader in(body);
        const auto value = in.bytes(in.u32());
        if (!in.is_good())
            return malformed(Ordinal::get_capability);
        return Bytes(value.begin(), value.end());
    }

    Result<Bytes> nv_read(std::uint32_t index, std::size_t size) {
        Bytes data;
        while (data.size() < size) {
            WireWriter request;
            request.u32(index)
                .u32(static_cast<std::uint32_t>(data.size()))
                .u32(static_cast<std::uint32_t>(std::min(nv_chunk_bytes, size - data.size())));
            VTPMLAB_TRY(const Answer12 answer, wire_.transmit(Ordinal::nv_read_value, request));
            if (answer.code == rc_auth_conflict) // as swtpm_setup leaves it with --lock-nvram
                return fail(ErrorKind::product, "only the TPM's owner may read it",
                            name_of(Ordinal::nv_read_value));
            if (answer.code != 0)
                return refused(Ordinal::nv_read_value, answer.code);
            WireReader in(answer.body);
            const auto chunk = in.bytes(in.u32());
            if (!in.is_good() || chunk.empty())
                return malformed(Ordinal::nv_read_value);
            data.insert(data.end(), chunk.begin(), chunk.end());
        }
        return data;
    }

    Tpm12Wire wire_;
};

} // namespace

std::unique_ptr<Tpm> make_tpm12(std::unique_ptr<Transport> transport) {
    return std::make_unique<Tpm12>(std::move(transport));
}

} // namespace vtpmlab::probe
