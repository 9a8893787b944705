#pragma once
// Users, projects and domains can be disabled: then they are as good as not there.

#include "keystone/store.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace vtpmlab::fakes::keystone {

[[nodiscard]] inline bool is_enabled(const std::optional<nlohmann::json>& resource) {
    return resource && resource->value("enabled", true);
}

// A disabled domain disables all that is in it.
[[nodiscard]] inline bool is_domain_enabled(Store& store, const nlohmann::json& resource) {
    return is_enabled(store.find("domain", resource.value("domain_id", std::string())));
}

} // namespace vtpmlab::fakes::keystone
