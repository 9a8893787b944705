#pragma once
// Refusals in libvirt's own words: its names and numbers (virterror.h); the texts are what the real
// one says.

#include <vtpmlab/result.h>

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace vtpmlab::model {

inline constexpr std::string_view internal_error = "VIR_ERR_INTERNAL_ERROR, 1";
inline constexpr std::string_view operation_failed = "VIR_ERR_OPERATION_FAILED, 9";
inline constexpr std::string_view system_error = "VIR_ERR_SYSTEM_ERROR, 38";
inline constexpr std::string_view operation_invalid = "VIR_ERR_OPERATION_INVALID, 55";
inline constexpr std::string_view no_secret = "VIR_ERR_NO_SECRET, 66";
inline constexpr std::string_view config_unsupported = "VIR_ERR_CONFIG_UNSUPPORTED, 67";
inline constexpr std::string_view invalid_secret = "VIR_ERR_INVALID_SECRET, 65";

inline tl::unexpected<Error> refuse(std::string_view code, const std::string& text,
                                    std::string_view call, const std::string& host) {
    return fail(ErrorKind::product, fmt::format("{} ({})", text, code),
                fmt::format("{} on {}", call, host));
}

inline tl::unexpected<Error> no_domain(const std::string& uuid, std::string_view call,
                                       const std::string& host) {
    return fail(ErrorKind::product, fmt::format("there is no domain {}", uuid),
                fmt::format("{} on {}", call, host));
}

} // namespace vtpmlab::model
