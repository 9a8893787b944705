#pragma once
// The names every Placement knows from os-traits and os-resource-classes (data/*.txt), each with
// the release that has it.

#include <span>
#include <string_view>

namespace vtpmlab::fakes::placement {

struct StandardName {
    std::string_view release;
    std::string_view name;
};

[[nodiscard]] std::span<const StandardName> standard_traits();
[[nodiscard]] std::span<const StandardName> standard_resource_classes();

} // namespace vtpmlab::fakes::placement
