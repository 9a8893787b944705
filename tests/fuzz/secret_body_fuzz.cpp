// What makes a secret, alone and as an order's "meta": taken or refused with 400, or 413 for what
// is too large. No payload gets by that is longer than Barbican keeps.

#include "barbican/secret_body.h"
#include "http/json.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace vtpmlab;
using namespace vtpmlab::fakes;
using namespace vtpmlab::fakes::barbican;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)lenient_base64(text);
    if (const auto type = normal_content_type(text); type && normal_content_type(*type) != type)
        std::abort();
    const auto body = http::parse_json(text);
    if (!body || !body->is_object())
        return 0;
    const auto is_refused_well = [](const auto& outcome) {
        return outcome || ((outcome.error().status == 400 || outcome.error().status == 413) &&
                           !outcome.error().message.empty());
    };
    const auto made = new_secret(*body, Clock::Time{});
    if (!is_refused_well(made) ||
        (made && made->payload && made->payload->size() > max_secret_bytes))
        std::abort();
    if (!is_refused_well(ordered_secret(*body, Clock::Time{})))
        std::abort();
    return 0;
}
