// Barbican's policy: any text as an operator's rule is refused at the start, or decides without
// harm.

#include "barbican/policy.h"

#include <cstdint>
#include <string>

using namespace vtpmlab;
using namespace vtpmlab::fakes::barbican;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string rule(reinterpret_cast<const char*>(data), size);
    const auto policy = Policy::make(PolicyDefaults::legacy, {{"secret:get", rule}});
    if (!policy)
        return 0;
    const http::Caller nobody;
    PolicyTarget target;
    target.project_id = "p1";
    target.creator_id = "u1";
    (void)(*policy)->allows("secret:get", nobody, &target);
    (void)(*policy)->allows("secret:get", nobody, nullptr);
    return 0;
}
