#pragma once
// What the routes of properties, objects and tags share: how a namespace that holds them is
// changed, and what they refuse alike.

#include "glance/metadef_access.h"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>

namespace vtpmlab::fakes::glance {

[[nodiscard]] tl::unexpected<http::Fault> duplicate(const char* what, const std::string& name,
                                                    const Request& request);

// Checks that the caller sees the namespace and may write, and changes it.
[[nodiscard]] Outcome<void>
change_namespace(Parts parts, const Request& request, const char* action,
                 const std::function<Outcome<void>(json&)>& change,
                 tl::unexpected<http::Fault> (*missing)(std::string_view) = namespace_not_found);

// Everything of one kind goes: "tags".
[[nodiscard]] Outcome<Response> remove_all(Parts parts, const Request& request, const char* kind,
                                           const char* action);

// What lists take beside their pages.
[[nodiscard]] Outcome<void> check_list_query(const http::Query& query);

// Makes routes below /v2/metadefs/namespaces/{namespace}/.
[[nodiscard]] inline auto item_route(Parts parts) {
    return [parts](const char* method, const std::string& path, auto handler) {
        return metadef_route(parts, method, ("/v2/metadefs/namespaces/{namespace}/" + path).c_str(),
                             handler);
    };
}

} // namespace vtpmlab::fakes::glance
