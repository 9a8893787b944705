// The grammar of faults: a rule that is taken says the same when it is written and read again, and
// what a stranger wrote never gets into a message unprinted or at length.

#include "faults/fault_rule_json.h"
#include "http/json.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace vtpmlab;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto value = http::parse_json({reinterpret_cast<const char*>(data), size});
    if (!value)
        return 0;
    const auto rule = parse_fault_rule(*value);
    if (!rule) {
        if (rule.error().message.empty() || rule.error().message.size() > 400)
            std::abort();
        for (const char c : rule.error().message)
            if (c < 0x20 || c > 0x7e)
                std::abort();
        return 0;
    }
    const auto again = parse_fault_rule(to_json(*rule));
    if (!again || !(*again == *rule) || fault_text(*rule).empty())
        std::abort();
    return 0;
}
