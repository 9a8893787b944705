#pragma once
// What may be written down of a body. Values under the names of secrets are replaced wherever they
// are; a body that is not JSON, or is JSON without names, is only counted, because nobody knows
// what is in it.

#include <string>
#include <string_view>

namespace vtpmlab::http {

// JSON, or `<512 bytes>`, or nothing of nothing. `limit`: a longer body is only counted as well.
[[nodiscard]] std::string masked_body(std::string_view body, std::string_view content_type,
                                      std::size_t limit = 16 << 10);

// Values of secret-sounding query fields replaced.
[[nodiscard]] std::string masked_target(std::string_view target);

} // namespace vtpmlab::http
