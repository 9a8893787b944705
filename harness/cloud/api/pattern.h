#pragma once
// A regular expression that somebody else wrote. RE2 takes time linear in the text and bounded
// memory for any of them; std::regex can be held for ever by a pattern of eight characters. What
// only backtracking can do (back-references) is no pattern here.

#include <memory>
#include <optional>
#include <string_view>

namespace re2 {
class RE2;
}

namespace vtpmlab::cloud {

class Pattern {
public:
    // Nothing when the text is no pattern, or one that is too large.
    [[nodiscard]] static std::optional<Pattern> parse(std::string_view text);

    [[nodiscard]] bool occurs_in(std::string_view text) const;

private:
    explicit Pattern(std::shared_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}
    std::shared_ptr<const re2::RE2> compiled_;
};

} // namespace vtpmlab::cloud
