#pragma once
// What a client sends to make a secret: checked as Barbican checks it, in its words.

#include "barbican/records.h"
#include "http/fault.h"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace vtpmlab::fakes::barbican {

// Barbican's max_allowed_secret_in_bytes and max_allowed_request_size_in_bytes.
inline constexpr std::size_t max_secret_bytes = 20000;
inline constexpr std::size_t max_request_bytes = 25000;

struct NewSecret {
    Secret secret;
    std::optional<SecretValue> payload;
};

// Without id, owner and times, which are not the client's to say.
[[nodiscard]] http::Outcome<NewSecret> new_secret(const nlohmann::json& body, Clock::Time now);

// The same of an order's "meta", which describes a secret to be made: a content type is no promise
// of a payload there, and what is wrong is said of "Secret' within 'Order".
[[nodiscard]] http::Outcome<Secret> ordered_secret(const nlohmann::json& meta, Clock::Time now);

// The supported content types however they are written; else nothing.
[[nodiscard]] std::optional<std::string> normal_content_type(std::string_view content_type);
[[nodiscard]] inline bool is_text(std::string_view normal_type) {
    return normal_type == "text/plain";
}

// As Python decodes it: characters that are none of base64's are skipped; nothing if what remains
// is cut off.
[[nodiscard]] std::optional<SecretValue> lenient_base64(std::string_view text);

// As Python's isoformat(): no fraction if it is nought.
[[nodiscard]] std::string iso_time(Clock::Time time);

} // namespace vtpmlab::fakes::barbican
