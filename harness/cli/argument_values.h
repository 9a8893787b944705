#pragma once
// What is given with an option, from text to value. The words of CLI11's own conversions are not
// ours, so it hands every value over as text; an error names the option and what it may be.

#include <vtpmlab/depth.h>
#include <vtpmlab/result.h>

#include <cstdint>
#include <string>
#include <vector>

namespace vtpmlab::cli {

[[nodiscard]] tl::unexpected<Error> usage_error(std::string message, std::string hint = {});

// One of two words.
[[nodiscard]] Result<std::string> one_of(const std::string& option, const std::string& value,
                                         const std::vector<std::string>& words);

[[nodiscard]] Result<Depth> depth_of(const std::string& value);

struct NumberRange {
    unsigned least;
    unsigned most;
};

// `otherwise` when the option is not given; the hint says what that is.
[[nodiscard]] Result<unsigned> number_of(const std::string& option, const std::string& text,
                                         NumberRange range, unsigned otherwise, std::string hint);
[[nodiscard]] Result<std::uint64_t> bytes_of(const std::string& option, const std::string& text,
                                             std::uint64_t least, std::uint64_t otherwise,
                                             std::string hint);

} // namespace vtpmlab::cli
