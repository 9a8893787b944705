#include "cloud/api/pattern.h"

#include <re2/re2.h>

namespace vtpmlab::cloud {

std::optional<Pattern> Pattern::parse(std::string_view text) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    auto compiled =
        std::make_shared<const re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
    if (!compiled->ok())
        return std::nullopt;
    return Pattern(std::move(compiled));
}

bool Pattern::occurs_in(std::string_view text) const {
    return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *compiled_);
}

} // namespace vtpmlab::cloud
