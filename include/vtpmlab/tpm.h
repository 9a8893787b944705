#pragma once
// The words of a vTPM request, as Nova, libvirt and the Linux kernel spell them.

#include <array>
#include <optional>
#include <string_view>

namespace vtpmlab {

enum class TpmVersion { v1_2, v2_0 };
enum class TpmModel { tis, crb };

// Who owns the secret and who may read it on the host: spec nova-vtpm §4.2.
enum class SecretSecurity { user, host, deployment };

struct TpmDevice {
    TpmVersion version = TpmVersion::v2_0;
    TpmModel model = TpmModel::tis;
    friend bool operator==(const TpmDevice&, const TpmDevice&) = default;
};

[[nodiscard]] constexpr std::string_view to_string(TpmVersion version) {
    return version == TpmVersion::v1_2 ? "1.2" : "2.0";
}
[[nodiscard]] constexpr std::string_view to_string(TpmModel model) {
    return model == TpmModel::tis ? "tpm-tis" : "tpm-crb";
}
[[nodiscard]] constexpr std::string_view to_string(SecretSecurity mode) {
    switch (mode) {
    case SecretSecurity::user:
        return "user";
    case SecretSecurity::host:
        return "host";
    case SecretSecurity::deployment:
        return "deployment";
    }
    return "user";
}

[[nodiscard]] constexpr std::optional<TpmVersion> parse_tpm_version(std::string_view text) {
    if (text == "1.2")
        return TpmVersion::v1_2;
    if (text == "2.0")
        return TpmVersion::v2_0;
    return std::nullopt;
}
[[nodiscard]] constexpr std::optional<TpmModel> parse_tpm_model(std::string_view text) {
    if (text == "tpm-tis")
        return TpmModel::tis;
    if (text == "tpm-crb")
        return TpmModel::crb;
    return std::nullopt;
}
[[nodiscard]] constexpr std::optional<SecretSecurity> parse_secret_security(std::string_view text) {
    for (auto mode : {SecretSecurity::user, SecretSecurity::host, SecretSecurity::deployment})
        if (text == to_string(mode))
            return mode;
    return std::nullopt;
}

} // namespace vtpmlab
