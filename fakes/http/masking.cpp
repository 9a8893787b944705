#include "http/masking.h"

#include "http/headers.h"
#include "http/json.h"
#include "http/percent.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace vtpmlab::http {

namespace {

constexpr std::string_view mask = "***";

// Compared in lower case, as a part of the name: `adminPass`, `new_password`, `payload`. The names
// that only describe a payload or secret stay readable.
constexpr std::array secret_words = {
    std::string_view("pass"),  std::string_view("payload"),    std::string_view("secret"),
    std::string_view("token"), std::string_view("credential"), std::string_view("private_key")};
constexpr std::array harmless_names = {std::string_view("payload_content_type"),
                                       std::string_view("payload_content_encoding"),
                                       std::string_view("payload_content_types"),
                                       std::string_view("secret_ref"),
                                       std::string_view("secret_refs"),
                                       std::string_view("secret_type"),
                                       std::string_view("secrets"),
                                       std::string_view("password_expires_at"),
                                       std::string_view("secret_href")};

std::string lowered(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return result;
}

bool is_secret_name(std::string_view name) {
    const std::string key = lowered(name);
    if (std::find(harmless_names.begin(), harmless_names.end(), key) != harmless_names.end())
        return false;
    return std::any_of(secret_words.begin(), secret_words.end(),
                       [&](std::string_view word) { return key.find(word) != std::string::npos; });
}

// A cheap first look, so that the many bodies without any secret are not parsed a second time. An
// escape could hide a name, so any backslash counts as suspicious.
bool may_hold_secrets(std::string_view body) {
    if (body.find('\\') != std::string_view::npos)
        return true;
    const auto begins_word = [&body](std::size_t at) {
        return std::any_of(secret_words.begin(), secret_words.end(), [&](std::string_view word) {
            return equals_ignoring_case(body.substr(at, word.size()), word);
        });
    };
    // Of the first letters of the words, so that most places cost one comparison.
    for (auto at = body.find_first_of("pstcPSTC"); at != std::string_view::npos;
         at = body.find_first_of("pstcPSTC", at + 1))
        if (begins_word(at))
            return true;
    return false;
}

// Keystone's password and token methods hold objects under names that sound secret, and who came
// in is worth seeing: objects are entered, anything else is replaced.
void hide(nlohmann::json& value, bool secret) {
    if (value.is_object()) {
        for (auto& [key, item] : value.items())
            hide(item, is_secret_name(key) || (secret && (key == "id" || key == "value")));
    } else if (value.is_array()) {
        for (auto& item : value)
            hide(item, secret);
    } else if (secret && !value.is_null()) {
        value = mask;
    }
}

// Only what stands under a name can be told apart. A bare value may be anything, a payload sent to
// the wrong place for one.
bool has_names(const nlohmann::json& value) {
    return value.is_object() ||
           (value.is_array() && std::all_of(value.begin(), value.end(),
                                            [](const auto& item) { return item.is_object(); }));
}

std::string counted(std::size_t bytes) { return "<" + std::to_string(bytes) + " bytes>"; }

} // namespace

std::string masked_body(std::string_view body, std::string_view content_type, std::size_t limit) {
    if (body.empty())
        return {};
    if (body.size() > limit || content_type.find("json") == std::string_view::npos)
        return counted(body.size());
    const bool is_suspicious = may_hold_secrets(body);
    // Most bodies: an object without any secret, which need not be taken apart.
    if (!is_suspicious && body.front() == '{' && is_json(body))
        return std::string(body);
    auto value = parse_json(body);
    if (!value || !has_names(*value))
        return counted(body.size());
    if (!is_suspicious)
        return std::string(body);
    hide(*value, false);
    return dump_json(*value);
}

std::string masked_target(std::string_view target) {
    const auto question = target.find('?');
    if (question == std::string_view::npos)
        return std::string(target);
    std::string result(target.substr(0, question + 1));
    std::string_view rest = target.substr(question + 1);
    while (true) {
        const auto ampersand = rest.find('&');
        const std::string_view field = rest.substr(0, ampersand);
        const auto equals = field.find('=');
        const auto name = percent_decode(field.substr(0, equals), PlusIs::space);
        if (equals != std::string_view::npos && (!name || is_secret_name(*name))) {
            result += field.substr(0, equals + 1);
            result += mask;
        } else {
            result += field;
        }
        if (ampersand == std::string_view::npos)
            return result;
        result += '&';
        rest = rest.substr(ampersand + 1);
    }
}

} // namespace vtpmlab::http
