// The query string of GET /allocation_candidates against a small tree of providers.

#include "placement/candidate_query.h"
#include "placement/candidates.h"

#include <cstdint>
#include <string_view>

using namespace vtpmlab;
using namespace vtpmlab::fakes::placement;

namespace {

Model small_model() {
    Model model;
    const int vcpu = model.classes.intern("VCPU"), vf = model.classes.intern("SRIOV_NET_VF");
    const int trait = model.traits.intern("COMPUTE_SECURITY_TPM_2_0");
    model.traits.intern("HW_CPU_X86_AVX");
    for (const char* name : {"a", "b"})
        for (const std::string suffix : {"", "1", "2"}) {
            Provider provider;
            provider.uuid = provider.name = name + suffix;
            provider.root = name;
            provider.parent = suffix.empty() ? "" : name;
            provider.inventories[suffix.empty() ? vcpu : vf].total = 8;
            provider.traits.insert(trait);
            model.put(std::move(provider));
        }
    return model;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Model model = small_model();
    http::Request request;
    request.microversion = {1, 39};
    auto query = http::Query::parse({reinterpret_cast<const char*>(data), size});
    if (!query || size > 4096)
        return 0;
    request.query = std::move(*query);
    if (const auto wanted = parse_candidate_query(request))
        (void)find_candidates(model, *wanted);
    return 0;
}
