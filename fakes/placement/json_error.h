#pragma once
// Why a text is no JSON, in the words of Python's decoder, which the real service hands on.

#include <string>
#include <string_view>

namespace vtpmlab::fakes::placement {

// "Expecting value: line 1 column 1 (char 0)", of a text that a parser has refused. Columns count
// characters. What Python itself would have read (NaN, a lone surrogate) gets a sentence of ours.
[[nodiscard]] std::string json_error(std::string_view text);

} // namespace vtpmlab::fakes::placement
