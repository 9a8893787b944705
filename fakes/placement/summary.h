#pragma once
// A provider as the answers of /allocation_candidates show it. A cloud's answer holds thousands of
// them, so the text is made when the provider changes, not when it is asked for.

#include <string>

namespace vtpmlab::fakes::placement {

struct Model;
struct Provider;

// `"<uuid>":{"resources":…,"traits":…,"parent_provider_uuid":…,"root_provider_uuid":…}`. Names and
// UUIDs need no escaping: they were checked when they came in.
[[nodiscard]] std::string provider_summary(const Model& model, const Provider& provider);

} // namespace vtpmlab::fakes::placement
