#pragma once
// Ids and fixed names as Keystone makes them.

#include <vtpmlab/encoding.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace vtpmlab::fakes::keystone {

inline constexpr std::string_view region_name = "RegionOne";
inline constexpr std::string_view default_domain_id = "default";

// A UUID without its dashes.
[[nodiscard]] inline std::string new_id() {
    std::string id = random_uuid();
    id.erase(std::remove(id.begin(), id.end(), '-'), id.end());
    return id;
}

} // namespace vtpmlab::fakes::keystone
