#pragma once
// What the routes of metadata definitions share: who may read and who may write, the form of a
// namespace in answers, and things with names in lists.

#include "glance/routes.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace vtpmlab::fakes::glance {

// The namespace of the route's {namespace}: its own project's, a public one, or any to an
// administrator. `missing` makes the 404, whose words differ from route to route.
[[nodiscard]] http::Outcome<nlohmann::json>
visible_namespace(Parts parts, const http::Request& request,
                  tl::unexpected<http::Fault> (*missing)(std::string_view name) = no_namespace);
// "Namespace X not found": of properties, tags, associations, and of deleting.
[[nodiscard]] tl::unexpected<http::Fault> namespace_not_found(std::string_view name);

// Only administrators write. `action` is the policy's name.
[[nodiscard]] http::Outcome<void> may_write(const http::Request& request, std::string_view action);

// The body, checked against a schema of schema_texts.h.
[[nodiscard]] http::Outcome<nlohmann::json> checked_body(const http::Request& request,
                                                         std::string_view schema_text);

// 400 unless these are things with names. The real one's schemas let others pass, and it fails on
// them.
[[nodiscard]] http::Outcome<void> need_names(const nlohmann::json& items, std::string_view schema);

// The position of the item of that name in an array; the array's size if there is none.
[[nodiscard]] std::size_t position_of(const nlohmann::json& items, std::string_view name);

// An object of a namespace as answers show it.
[[nodiscard]] nlohmann::json described_object(const nlohmann::json& object,
                                              std::string_view name_space);

[[nodiscard]] http::Route
metadef_route(Parts parts, const char* method, const char* path,
              http::Outcome<http::Response> (*handler)(Parts parts, const http::Request& request));

[[nodiscard]] std::vector<http::Route> metadef_property_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> metadef_object_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> metadef_tag_routes(Parts parts);

} // namespace vtpmlab::fakes::glance
