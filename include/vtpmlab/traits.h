#pragma once
// The Placement traits that have to do with a vTPM, by the names of os-traits.
// spec: nova-vtpm §2.1

#include <vtpmlab/tpm.h>

#include <string_view>

namespace vtpmlab::traits {

inline constexpr std::string_view tpm_1_2 = "COMPUTE_SECURITY_TPM_1_2";
inline constexpr std::string_view tpm_2_0 = "COMPUTE_SECURITY_TPM_2_0";
inline constexpr std::string_view tpm_tis = "COMPUTE_SECURITY_TPM_TIS";
inline constexpr std::string_view tpm_crb = "COMPUTE_SECURITY_TPM_CRB";
inline constexpr std::string_view secret_security_user =
    "COMPUTE_SECURITY_TPM_SECRET_SECURITY_USER";
inline constexpr std::string_view secret_security_host =
    "COMPUTE_SECURITY_TPM_SECRET_SECURITY_HOST";
inline constexpr std::string_view secret_security_deployment =
    "COMPUTE_SECURITY_TPM_SECRET_SECURITY_DEPLOYMENT";
inline constexpr std::string_view status_disabled = "COMPUTE_STATUS_DISABLED";

[[nodiscard]] constexpr std::string_view of(TpmVersion version) {
    return version == TpmVersion::v1_2 ? tpm_1_2 : tpm_2_0;
}
[[nodiscard]] constexpr std::string_view of(TpmModel model) {
    return model == TpmModel::tis ? tpm_tis : tpm_crb;
}
[[nodiscard]] constexpr std::string_view of(SecretSecurity mode) {
    switch (mode) {
    case SecretSecurity::user:
        return secret_security_user;
    case SecretSecurity::host:
        return secret_security_host;
    case SecretSecurity::deployment:
        return secret_security_deployment;
    }
    return secret_security_user;
}

} // namespace vtpmlab::traits
