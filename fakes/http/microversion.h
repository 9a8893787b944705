#pragma once
// Microversions as the OpenStack services use them: a client names one in a header, the service
// answers in that dialect, says so in its answer, or refuses with 406.

#include "http/headers.h"

#include <tl/expected.hpp>

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::http {

struct Microversion {
    int major = 0;
    int minor = 0;

    [[nodiscard]] std::string text() const {
        return std::to_string(major) + "." + std::to_string(minor);
    }
    friend auto operator<=>(const Microversion&, const Microversion&) = default;
};

// "2.93"; nothing on anything else, leading zeros included.
[[nodiscard]] std::optional<Microversion> parse_microversion(std::string_view text);

struct MicroversionRange {
    std::string service_type; // "placement", as in `OpenStack-API-Version: placement 1.36`
    Microversion minimum;
    Microversion maximum;
    Microversion assumed; // when the client names none
    // Older headers that carry the bare version, newest first: "X-OpenStack-Nova-API-Version".
    std::vector<std::string> legacy_headers = {};
};

struct MicroversionRefusal {
    enum class Reason { malformed, unacceptable };
    Reason reason = Reason::malformed;
    std::string asked; // as the client wrote it
};

// "latest" means the maximum. The modern header wins over a legacy one.
[[nodiscard]] tl::expected<Microversion, MicroversionRefusal>
negotiate(const Headers& request, const MicroversionRange& range);

} // namespace vtpmlab::http
