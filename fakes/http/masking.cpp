#include "http/masking.h"

#include "http/headers.h"
#include "http/json.h"
#include "http/percent.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

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

// Writes a body again while it is read, without the secrets. Keystone's password and token methods
// hold objects under names that sound secret, and who came in is worth seeing: objects are entered,
// anything else is replaced.
class Masker final : public nlohmann::json_sax<nlohmann::json> {
public:
    explicit Masker(std::size_t expected_bytes) { text_.reserve(expected_bytes); }

    [[nodiscard]] std::string take() { return std::move(text_); }

    bool null() override { return plain("null"); }
    bool boolean(bool value) override { return scalar(value ? "true" : "false"); }
    bool number_integer(number_integer_t value) override { return scalar(std::to_string(value)); }
    bool number_unsigned(number_unsigned_t value) override { return scalar(std::to_string(value)); }
    bool number_float(number_float_t, const string_t& digits) override { return scalar(digits); }
    bool binary(binary_t&) override { return false; } // not in JSON
    bool string(string_t& value) override {
        return is_secret() ? scalar({}) : begin_value() && quote(value);
    }
    bool start_object(std::size_t) override { return open('{', false); }
    bool end_object() override { return close('}'); }
    bool start_array(std::size_t) override { return open('[', true); }
    bool end_array() override { return close(']'); }
    bool key(string_t& name) override {
        Level& level = levels_.back();
        level.value_is_secret =
            is_secret_name(name) || (level.is_below_secret && (name == "id" || name == "value"));
        separate();
        quote(name);
        text_ += ':';
        return true;
    }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
        return false;
    }

private:
    struct Level {
        bool is_array = false;
        bool is_below_secret = false; // the name this stands under sounds secret
        bool value_is_secret = false; // what comes next
        bool is_empty = true;
    };

    [[nodiscard]] bool is_secret() const {
        return !levels_.empty() && levels_.back().value_is_secret;
    }

    void separate() {
        if (!std::exchange(levels_.back().is_empty, false))
            text_ += ',';
    }
    // Only what stands under a name can be told apart. A bare value may be anything, a payload sent
    // to the wrong place for one: reading ends there.
    bool begin_value(bool is_object = false) {
        if (levels_.empty())
            return is_object;
        if (levels_.size() == 1 && levels_.back().is_array && !is_object)
            return false;
        if (levels_.back().is_array)
            separate();
        return true;
    }
    bool plain(std::string_view value) {
        if (!begin_value())
            return false;
        text_ += value;
        return true;
    }
    bool scalar(std::string_view value) {
        return is_secret() ? begin_value() && quote(mask) : plain(value);
    }
    bool quote(std::string_view value) {
        const bool is_plain = std::none_of(value.begin(), value.end(), [](char c) {
            return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
        });
        if (is_plain)
            text_.append(1, '"').append(value).append(1, '"');
        else
            text_ += dump_json(value);
        return true;
    }
    bool open(char bracket, bool is_array) {
        const bool secret = is_secret();
        if (!begin_value(!is_array || levels_.empty()))
            return false;
        text_ += bracket;
        levels_.push_back({is_array, secret, is_array && secret});
        return true;
    }
    bool close(char bracket) {
        text_ += bracket;
        levels_.pop_back();
        return true;
    }

    std::string text_;
    std::vector<Level> levels_;
};

std::string counted(std::size_t bytes) { return "<" + std::to_string(bytes) + " bytes>"; }

} // namespace

std::string masked_body(std::string_view body, std::string_view content_type, std::size_t limit) {
    if (body.empty())
        return {};
    if (body.size() > limit || content_type.find("json") == std::string_view::npos)
        return counted(body.size());
    // Most bodies: an object without any secret, which need not be written again.
    if (body.front() == '{' && !may_hold_secrets(body))
        return is_json(body) ? std::string(body) : counted(body.size());
    Masker masker(body.size());
    if (nested_too_deep(body) || !nlohmann::json::sax_parse(body, &masker))
        return counted(body.size());
    return masker.take();
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
