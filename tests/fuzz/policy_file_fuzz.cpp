// An operator's policy file: read, and what was read made a policy. The one promise checked: a rule
// that the reader lets through is a rule to the policy too.

#include "barbican/policy.h"
#include "barbican/policy_file.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace vtpmlab::fakes::barbican;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto rules = parse_policy_file(text, "policy.yaml");
    if (!rules)
        return 0;
    for (const auto& [name, rule] : *rules)
        if (!Policy::syntax_error(rule).empty())
            std::abort();
    // It may still name rules that are not there, or lead back to itself.
    if (const auto policy = Policy::make(PolicyDefaults::legacy, *rules))
        (void)(*policy)->allows("secret:get", {}, nullptr);
    return 0;
}
