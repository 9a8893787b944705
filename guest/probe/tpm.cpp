#include "probe/tpm.h"

#include "probe/wire.h"

#include <algorithm>
#include <array>

namespace vtpmlab::probe {
namespace {

// TPM2_GetCapability(TPM_CAP_TPM_PROPERTIES, TPM_PT_FAMILY_INDICATOR, 1)
constexpr std::array<unsigned char, 22> family_question = {
    0x80, 0x01, 0, 0, 0, 22, 0, 0, 1, 0x7a, 0, 0, 0, 6, 0, 0, 1, 0, 0, 0, 0, 1};
// TPM_GetCapability(TPM_CAP_VERSION_VAL)
constexpr std::array<unsigned char, 18> version_question = {0x00, 0xc1, 0, 0, 0,    18, 0, 0, 0,
                                                            0x65, 0,    0, 0, 0x1a, 0,  0, 0, 0};

// "2.0" in the value of the property.
bool says_two(std::span<const unsigned char> answer) {
    WireReader in(answer);
    const unsigned tag = in.u16();
    in.u32(); // size
    const std::uint32_t code = in.u32();
    in.u8();  // more data
    in.u32(); // capability
    in.u32(); // count
    in.u32(); // property
    const auto value = in.bytes(4);
    constexpr std::array<unsigned char, 4> two = {'2', '.', '0', 0};
    return in.is_good() && tag == 0x8001 && code == 0 && std::ranges::equal(value, two);
}

// Major 1, minor 2 in TPM_CAP_VERSION_INFO.
bool says_one_two(std::span<const unsigned char> answer) {
    WireReader in(answer);
    const unsigned tag = in.u16();
    in.u32(); // size
    const std::uint32_t code = in.u32();
    in.u32(); // size of the capability
    in.u16(); // structure tag
    const unsigned major = in.u8(), minor = in.u8();
    return in.is_good() && tag == 0x00c4 && code == 0 && major == 1 && minor == 2;
}

} // namespace

Result<TpmVersion> ask_version(Transport& transport) {
    auto as_two = transport.transmit(family_question);
    auto as_one_two = transport.transmit(version_question);
    if (!as_two && !as_one_two)
        return fail(std::move(as_two).error());
    const bool two = as_two && says_two(*as_two);
    const bool one_two = as_one_two && says_one_two(*as_one_two);
    if (two == one_two)
        return fail(ErrorKind::product, two ? "the TPM answers as 1.2 and as 2.0"
                                            : "the TPM answers neither as 1.2 nor as 2.0");
    return two ? TpmVersion::v2_0 : TpmVersion::v1_2;
}

Result<std::unique_ptr<Tpm>> open_tpm(const std::string& device) {
    VTPMLAB_TRY(auto transport, DeviceTransport::open(device));
    VTPMLAB_TRY(const TpmVersion version, ask_version(*transport));
    if (version == TpmVersion::v1_2)
        return make_tpm12(std::move(transport));
    return make_tpm20(std::move(transport));
}

Result<SoftwareTpm> SoftwareTpm::prove(Tpm& tpm) {
    VTPMLAB_TRY(const Vendor vendor, tpm.vendor());
    // libtpms, which swtpm is made of, in both versions; in 2.0 it says that it is software, too.
    const bool is_software = vendor.manufacturer == "IBM" && (tpm.version() == TpmVersion::v1_2 ||
                                                              vendor.description.starts_with("SW"));
    if (!is_software)
        return fail(ErrorKind::product, "will not write to a TPM made by '" + vendor.manufacturer +
                                            "': only the software TPM's (IBM, swtpm) may change");
    return SoftwareTpm(tpm);
}

} // namespace vtpmlab::probe
