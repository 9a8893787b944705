#pragma once
// What a scenario file must be before anything reads it as YAML: short enough, UTF-8, no control
// characters, spaces and not tabs in front. Each with its place, because YAML libraries name such
// faults by their consequences.

#include "scenario/source_text.h"

#include <vtpmlab/result.h>

#include <cstddef>

namespace vtpmlab::scenario {

inline constexpr std::size_t longest_file = std::size_t{256} << 10; // bytes
inline constexpr std::size_t longest_line = 4096;                   // bytes

[[nodiscard]] Status check_readable(const SourceText& source);

} // namespace vtpmlab::scenario
