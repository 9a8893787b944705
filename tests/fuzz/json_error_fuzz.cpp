// Why a body is no JSON, as Placement tells it: one printable sentence, in bounded time, for any
// text that the parser refuses.

#include "http/json.h"
#include "placement/json_error.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace vtpmlab;
using namespace vtpmlab::fakes;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (http::is_json(text))
        return 0;
    const auto sentence = placement::json_error(text);
    if (sentence.empty() || sentence.size() > 200 || !http::is_utf8(sentence))
        std::abort();
    return 0;
}
