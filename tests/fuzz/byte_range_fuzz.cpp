// The Range of a download, and Content-Range, which old clients send: a range lies within the
// image, whatever its size; everything else is refused.

#include "glance/byte_range.h"

#include <cstdint>
#include <cstdlib>
#include <string>

using namespace vtpmlab;
using namespace vtpmlab::fakes::glance;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    for (const char* header : {"Range", "Content-Range"}) {
        http::Headers headers;
        headers.add(header, text);
        for (const std::uint64_t bytes : {0ull, 1ull, 4096ull, 1ull << 62}) {
            const auto range = byte_range(headers, bytes);
            if (!range) {
                if (range.error().status != 400 && range.error().status != 416)
                    std::abort();
                continue;
            }
            const auto& part = **range;
            if (part.length == 0 || part.first >= bytes || part.length > bytes - part.first)
                std::abort();
        }
    }
    return 0;
}
