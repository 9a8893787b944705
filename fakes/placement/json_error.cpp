#include "placement/json_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace vtpmlab::fakes::placement {

namespace {

struct Wrong {
    std::string_view what;
    std::size_t at;
};

// Follows the grammar in the order Python's decoder looks at it, without recursion: what is open is
// a stack of brackets.
class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    std::optional<Wrong> read() {
        skip_white();
        if (auto wrong = value())
            return wrong;
        while (!open_.empty())
            if (auto wrong = after_item())
                return wrong;
        skip_white();
        if (at_ < text_.size())
            return Wrong{"Extra data", at_};
        return std::nullopt;
    }

private:
    [[nodiscard]] char now() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void skip_white() { at_ = std::min(text_.find_first_not_of(" \t\n\r", at_), text_.size()); }

    // A value, or the beginning of a list or object up to its first value.
    std::optional<Wrong> value() {
        for (;;) {
            const char c = now();
            if (c == '"')
                return string();
            if (c != '{' && c != '[')
                return scalar();
            ++at_;
            skip_white();
            if (now() == (c == '{' ? '}' : ']')) {
                ++at_;
                return std::nullopt;
            }
            open_ += c;
            if (c == '{')
                if (auto wrong = key())
                    return wrong;
        }
    }

    std::optional<Wrong> key() {
        if (now() != '"')
            return Wrong{"Expecting property name enclosed in double quotes", at_};
        if (auto wrong = string())
            return wrong;
        skip_white();
        if (now() != ':')
            return Wrong{"Expecting ':' delimiter", at_};
        ++at_;
        skip_white();
        return std::nullopt;
    }

    std::optional<Wrong> after_item() {
        skip_white();
        const char bracket = open_.back();
        if (now() == (bracket == '{' ? '}' : ']')) {
            ++at_;
            open_.pop_back();
            return std::nullopt;
        }
        if (now() != ',')
            return Wrong{"Expecting ',' delimiter", at_};
        ++at_;
        skip_white();
        if (bracket == '{')
            if (auto wrong = key())
                return wrong;
        return value();
    }

    std::optional<Wrong> string() {
        const std::size_t begin = at_++;
        for (; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (c == '"') {
                ++at_;
                return std::nullopt;
            }
            if (static_cast<unsigned char>(c) < 0x20)
                return Wrong{"Invalid control character at", at_};
            if (c != '\\')
                continue;
            if (++at_ == text_.size())
                break;
            if (text_[at_] == 'u') {
                const auto digits = text_.substr(at_ + 1, 4);
                if (digits.size() < 4 ||
                    digits.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
                    return Wrong{"Invalid \\uXXXX escape", at_};
                at_ += 4;
            } else if (std::string_view("\"\\/bfnrt").find(text_[at_]) == std::string_view::npos) {
                return Wrong{"Invalid \\escape", at_ - 1};
            }
        }
        return Wrong{"Unterminated string starting at", begin};
    }

    std::optional<Wrong> scalar() {
        for (const std::string_view word :
             {"null", "true", "false", "NaN", "Infinity", "-Infinity"})
            if (text_.substr(at_, word.size()) == word) {
                at_ += word.size();
                return std::nullopt;
            }
        const std::size_t begin = at_;
        at_ += now() == '-' ? 1 : 0;
        if (now() == '0')
            ++at_;
        else if (digits() == 0)
            return Wrong{"Expecting value", at_ = begin};
        const auto optionally = [this](bool there, std::size_t prefix) {
            const std::size_t back = at_;
            if (!there)
                return;
            at_ += prefix;
            if (digits() == 0)
                at_ = back;
        };
        optionally(now() == '.', 1);
        const char sign = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
        optionally(now() == 'e' || now() == 'E', sign == '+' || sign == '-' ? 2 : 1);
        return std::nullopt;
    }
    std::size_t digits() {
        const std::size_t begin = at_;
        while (now() >= '0' && now() <= '9')
            ++at_;
        return at_ - begin;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string open_;
};

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

} // namespace

std::string json_error(std::string_view text) {
    const auto wrong = Reader(text).read();
    if (!wrong)
        return "the request body is no JSON document";
    const std::string_view before = text.substr(0, wrong->at);
    const auto lines = std::count(before.begin(), before.end(), '\n');
    const auto line_begin = lines == 0 ? 0 : before.rfind('\n') + 1;
    return fmt::format("{}: line {} column {} (char {})", wrong->what, lines + 1,
                       characters(before.substr(line_begin)) + 1, characters(before));
}

} // namespace vtpmlab::fakes::placement
