#include "barbican/secret_body.h"

#include "barbican/body_check.h"
#include "http/timestamp.h"

#include <vtpmlab/encoding.h>

#include <openssl/crypto.h>

#include <algorithm>

namespace vtpmlab::fakes::barbican {

using http::Outcome;
using http::refuse;
using nlohmann::json;

namespace {

constexpr std::string_view supported_types =
    "['text/plain', 'text/plain;charset=utf-8', 'text/plain; charset=utf-8', "
    "'application/octet-stream', 'application/pkcs8']";

constexpr std::string_view schema_text = R"({
    "type": "object",
    "properties": {
        "name": {"type": ["string", "null"], "maxLength": 255},
        "algorithm": {"type": "string", "maxLength": 255},
        "mode": {"type": "string", "maxLength": 255},
        "bit_length": {"type": "integer", "minimum": 1, "maximum": 32767},
        "expiration": {"type": "string", "maxLength": 255},
        "payload": {"type": "string"},
        "secret_type": {"type": "string", "maxLength": 80, "enum": ["symmetric", "passphrase",
            "private", "public", "certificate", "opaque"]},
        "payload_content_type": {"type": ["string", "null"], "maxLength": 255},
        "payload_content_encoding": {"type": "string", "maxLength": 255, "enum": ["base64"]},
        "transport_key_needed": {"type": "string", "enum": ["true", "false"]},
        "transport_key_id": {"type": "string"}
    }})";

struct Checker {
    std::string_view name; // of the schema, in messages
    enum class Of { secret, order } of;

    [[nodiscard]] tl::unexpected<http::Fault> wrong(const std::string& reason,
                                                    std::string_view property) const {
        return no_match(name, reason, property);
    }
};

std::optional<std::string> text_of(const json& body, const char* key) {
    const auto found = body.find(key);
    if (found == body.end() || !found->is_string())
        return std::nullopt;
    return found->get<std::string>();
}

Outcome<std::optional<Clock::Time>> expiration_of(const json& body, Clock::Time now,
                                                  const Checker& checker) {
    const auto text = text_of(body, "expiration");
    if (!text || trimmed(*text).empty())
        return std::nullopt;
    const auto time = http::parse_timestamp(trimmed(*text));
    if (!time)
        return checker.wrong("Invalid date for 'expiration'", "expiration");
    if (*time <= now)
        return checker.wrong("'expiration' is before current time", "expiration");
    return time;
}

// Which encodings go with a type: None for text, base64 for the others.
Outcome<std::string> content_type_of(const json& body, const Checker& checker) {
    const auto written = text_of(body, "payload_content_type");
    if (!written)
        return checker.wrong("If 'payload' is supplied, 'payload_content_type' must also be "
                             "supplied.",
                             "payload_content_type");
    const auto normal = normal_content_type(*written);
    if (!normal)
        return checker.wrong("payload_content_type is not one of " + std::string(supported_types),
                             "payload_content_type");
    const bool encoded = body.contains("payload_content_encoding");
    if (is_text(*normal) == encoded)
        return checker.wrong(is_text(*normal)
                                 ? "payload_content_encoding is not one of None"
                                 : "payload_content_encoding is not one of ['base64', 'binary']",
                             "payload_content_encoding");
    return *normal;
}

Outcome<std::optional<SecretValue>> payload_of(const json& body, Secret& secret,
                                               const Checker& checker) {
    const auto found = body.find("payload");
    if (found == body.end()) {
        if (!body.contains("payload_content_type"))
            return std::nullopt;
        if (checker.of == Checker::Of::secret)
            return checker.wrong("payload must be provided when payload_content_type is specified",
                                 "payload");
        const auto type = text_of(body, "payload_content_type");
        if (type && !type->empty() && !(secret.content_type = normal_content_type(*type)))
            return checker.wrong("payload_content_type is not one of " +
                                     std::string(supported_types),
                                 "payload_content_type");
        return std::nullopt;
    }
    VTPMLAB_TRY(const std::string type, content_type_of(body, checker));
    const auto& text = found->get_ref<const std::string&>();
    if (text.size() > max_secret_bytes)
        return refuse(413, "Provided information too large to process");
    auto bare = trimmed(text);
    if (bare.empty())
        return checker.wrong("If 'payload' specified, must be non empty", "payload");
    auto payload = is_text(type) ? std::optional(SecretValue(bare)) : lenient_base64(bare);
    OPENSSL_cleanse(bare.data(), bare.size());
    if (!payload)
        return checker.wrong("Invalid payload for payload_content_encoding", "payload");
    secret.content_type = type;
    return payload;
}

Outcome<NewSecret> checked(const json& body, Clock::Time now, const Checker& checker) {
    NewSecret made;
    Secret& secret = made.secret;
    secret.name = text_of(body, "name");
    if (secret.name)
        secret.name = trimmed(*secret.name);
    secret.algorithm = text_of(body, "algorithm");
    secret.mode = text_of(body, "mode");
    if (const auto found = body.find("bit_length"); found != body.end())
        secret.bit_length = found->get<std::int64_t>();
    secret.type = text_of(body, "secret_type").value_or("opaque");
    VTPMLAB_TRY(secret.expiration, expiration_of(body, now, checker));
    VTPMLAB_TRY(made.payload, payload_of(body, secret, checker));
    return made;
}

} // namespace

Outcome<NewSecret> new_secret(const json& body, Clock::Time now) {
    static const BodySchema schema("Secret", schema_text);
    VTPMLAB_CHECK(schema.check(body));
    return checked(body, now, {"Secret", Checker::Of::secret});
}

Outcome<Secret> ordered_secret(const json& meta, Clock::Time now) {
    constexpr std::string_view name = "Secret' within 'Order";
    static const BodySchema schema(name, schema_text);
    VTPMLAB_CHECK(schema.check(meta));
    VTPMLAB_TRY(NewSecret made, checked(meta, now, {name, Checker::Of::order}));
    return std::move(made.secret);
}

std::optional<std::string> normal_content_type(std::string_view content_type) {
    std::string text;
    for (const char c : content_type)
        if (c != ' ')
            text += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (text == "text/plain" || text == "text/plain;charset=utf-8")
        return "text/plain";
    if (text == "application/octet-stream" || text == "application/pkcs8")
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

std::string iso_time(Clock::Time time) {
    auto text = http::timestamp_naive(time);
    if (text.size() > 7 && text.substr(text.size() - 7) == ".000000")
        text.resize(text.size() - 7);
    return text;
}

} // namespace vtpmlab::fakes::barbican
