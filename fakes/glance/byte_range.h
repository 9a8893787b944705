#pragma once
// Which bytes of an image a download asks for: the Range header, or Content-Range, which the first
// clients sent in requests. One range only, and strictly read, with Glance's own refusals.

#include "http/fault.h"
#include "http/headers.h"

#include <cstdint>
#include <optional>

namespace vtpmlab::fakes::glance {

struct ByteRange {
    std::uint64_t first = 0;
    std::uint64_t length = 0;
};

// Nothing if all is asked for.
[[nodiscard]] http::Outcome<std::optional<ByteRange>> byte_range(const http::Headers& headers,
                                                                 std::uint64_t size);

} // namespace vtpmlab::fakes::glance
