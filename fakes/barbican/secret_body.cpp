#include "barbican/secret_body.h"

#include "http/timestamp.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>

namespace vtpmlab::fakes::barbican {

using http::Outcome;
using http::refuse;
using nlohmann::json;

namespace {

constexpr std::array secret_types = {"symmetric", "passphrase",  "private",
                                     "public",    "certificate", "opaque"};
constexpr const char* schema = "Secret";

// Like Python's repr of a value out of JSON.
std::string python(const json& value) {
    if (value.is_null())
        return "None";
    if (value.is_boolean())
        return value.get<bool>() ? "True" : "False";
    if (value.is_string())
        return "'" + value.get<std::string>() + "'";
    return value.dump();
}

std::string stripped(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    const auto begin = text.find_first_not_of(blank);
    if (begin == std::string_view::npos)
        return {};
    return std::string(text.substr(begin, text.find_last_not_of(blank) - begin + 1));
}

// The string under that name, nothing if it is missing or null.
Outcome<std::optional<std::string>> text_of(const json& body, const char* name,
                                            std::size_t longest = 255) {
    const auto found = body.find(name);
    if (found == body.end() || found->is_null())
        return std::nullopt;
    if (!found->is_string())
        return no_match(schema, fmt::format("{} is not of type 'string', 'null'", python(*found)),
                        name);
    auto text = found->get<std::string>();
    if (text.size() > longest)
        return no_match(schema, fmt::format("{} is too long", python(*found)), name);
    return text;
}

Outcome<std::optional<std::int64_t>> bit_length_of(const json& body) {
    const auto found = body.find("bit_length");
    if (found == body.end() || found->is_null())
        return std::nullopt;
    if (!found->is_number_integer())
        return no_match(schema, fmt::format("{} is not of type 'integer', 'null'", python(*found)),
                        "bit_length");
    if (*found < 1)
        return no_match(schema, fmt::format("{} is less than the minimum of 1", found->dump()),
                        "bit_length");
    if (*found > 32767)
        return no_match(schema,
                        fmt::format("{} is greater than the maximum of 32767", found->dump()),
                        "bit_length");
    return found->get<std::int64_t>();
}

Outcome<std::string> type_of(const json& body) {
    const auto found = body.find("secret_type");
    if (found == body.end())
        return std::string("opaque");
    if (!found->is_string() || std::find(secret_types.begin(), secret_types.end(),
                                         found->get<std::string>()) == secret_types.end())
        return no_match(
            schema,
            fmt::format("{} is not one of ['{}']", python(*found), fmt::join(secret_types, "', '")),
            "secret_type");
    return found->get<std::string>();
}

Outcome<std::optional<Clock::Time>> expiration_of(const json& body, Clock::Time now) {
    VTPMLAB_TRY(const auto text, text_of(body, "expiration"));
    if (!text || stripped(*text).empty())
        return std::nullopt;
    const auto time = http::parse_timestamp(stripped(*text));
    if (!time)
        return no_match(schema, "Invalid date for 'expiration'", "expiration");
    if (*time <= now)
        return no_match(schema, "'expiration' is before current time", "expiration");
    return time;
}

Outcome<SecretValue> decoded(const std::string& payload, const std::string& content_type,
                             const std::optional<std::string>& encoding) {
    if (content_type == "text/plain")
        return SecretValue(payload);
    if (!encoding)
        return no_match(schema,
                        "payload_content_encoding must be specified when payload_content_type is "
                        "application/octet-stream.",
                        "payload_content_encoding");
    auto bytes = lenient_base64(payload);
    if (!bytes)
        return no_match(schema, "Invalid payload for payload_content_encoding", "payload");
    return std::move(*bytes);
}

Outcome<std::optional<SecretValue>> payload_of(const json& body, Secret& secret) {
    VTPMLAB_TRY(const auto content_type, text_of(body, "payload_content_type"));
    VTPMLAB_TRY(const auto encoding, text_of(body, "payload_content_encoding"));
    const auto found = body.find("payload");
    if (found == body.end()) {
        if (content_type)
            return no_match(schema,
                            "payload must be provided when payload_content_type is supplied.",
                            "payload");
        return std::nullopt;
    }
    if (!found->is_string())
        return no_match(schema, "the payload is not of type 'string'", "payload");
    if (encoding && *encoding != "base64")
        return no_match(schema, fmt::format("'{}' is not one of ['base64']", *encoding),
                        "payload_content_encoding");
    const auto& text = found->get_ref<const std::string&>();
    // Barbican looks at the size before anything else of the payload's.
    if (text.size() > max_secret_bytes)
        return refuse(413, "Provided information too large to process");
    if (!content_type)
        return no_match(schema,
                        "If 'payload' is supplied, 'payload_content_type' must also be supplied.",
                        "payload_content_type");
    const auto normal = normal_content_type(*content_type);
    if (!normal)
        return no_match(schema,
                        fmt::format("payload_content_type {} is not one of ['text/plain', "
                                    "'text/plain;charset=utf-8', 'text/plain; charset=utf-8', "
                                    "'application/octet-stream']",
                                    *content_type),
                        "payload_content_type");
    if (*normal == "text/plain" && encoding)
        return no_match(schema,
                        fmt::format("payload_content_encoding {} is not supported for {}",
                                    *encoding, *content_type),
                        "payload_content_encoding");
    auto bare = stripped(text);
    if (bare.empty())
        return no_match(schema, "If 'payload' specified, must be non empty.", "payload");
    auto payload = decoded(bare, *normal, encoding);
    OPENSSL_cleanse(bare.data(), bare.size());
    if (!payload)
        return tl::unexpected(std::move(payload.error()));
    secret.content_type = *normal;
    return std::optional<SecretValue>(std::move(*payload));
}

} // namespace

tl::unexpected<http::Fault> no_match(std::string_view name, std::string_view reason,
                                     std::string_view property) {
    return refuse(400, fmt::format("Provided object does not match schema '{}': {}. Invalid "
                                   "property: '{}'",
                                   name, reason, property));
}

Outcome<NewSecret> new_secret(const json& body, Clock::Time now) {
    if (!body.is_object())
        return no_match(schema, "the body is not of type 'object'", "");
    NewSecret made;
    Secret& secret = made.secret;
    VTPMLAB_TRY(secret.name, text_of(body, "name"));
    if (secret.name && (secret.name = stripped(*secret.name))->empty())
        secret.name.reset();
    VTPMLAB_TRY(secret.algorithm, text_of(body, "algorithm"));
    VTPMLAB_TRY(secret.mode, text_of(body, "mode"));
    VTPMLAB_TRY(secret.bit_length, bit_length_of(body));
    VTPMLAB_TRY(secret.type, type_of(body));
    VTPMLAB_TRY(secret.expiration, expiration_of(body, now));
    VTPMLAB_TRY(made.payload, payload_of(body, secret));
    return made;
}

std::optional<std::string> normal_content_type(std::string_view content_type) {
    std::string text;
    for (const char c : content_type)
        if (c != ' ')
            text += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (text == "text/plain" || text == "text/plain;charset=utf-8")
        return "text/plain";
    if (text == "application/octet-stream")
        return text;
    return std::nullopt;
}

std::optional<SecretValue> lenient_base64(std::string_view text) {
    std::string known;
    known.reserve(text.size() + 4);
    for (const char c : text) {
        const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (letter || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=')
            known += c;
    }
    auto bytes = base64_decode(known);
    OPENSSL_cleanse(known.data(), known.size());
    if (!bytes)
        return std::nullopt;
    return SecretValue(std::move(*bytes));
}

} // namespace vtpmlab::fakes::barbican
