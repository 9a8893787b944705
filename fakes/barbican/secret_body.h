#pragma once
// What a client sends to make a secret: checked as Barbican checks it, in its words.

#include "barbican/store.h"
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

// 400 with "Provided object does not match schema 'NAME': …".
[[nodiscard]] tl::unexpected<http::Fault> no_match(std::string_view schema, std::string_view reason,
                                                   std::string_view property);

// Without id, owner and times, which are not the client's to say.
[[nodiscard]] http::Outcome<NewSecret> new_secret(const nlohmann::json& body, Clock::Time now);

// "text/plain" and "application/octet-stream" however they are written; else nothing.
[[nodiscard]] std::optional<std::string> normal_content_type(std::string_view content_type);

// As Python decodes it: characters that are none of base64's are skipped; nothing if what remains
// is cut off.
[[nodiscard]] std::optional<SecretValue> lenient_base64(std::string_view text);

} // namespace vtpmlab::fakes::barbican
