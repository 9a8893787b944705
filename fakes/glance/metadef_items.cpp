#include "glance/metadef_items.h"

#include <fmt/format.h>

namespace vtpmlab::fakes::glance {

tl::unexpected<http::Fault> duplicate(const char* what, const std::string& name,
                                      const Request& request) {
    return refuse(409, fmt::format("A metadata definition {} with name={} already exists in "
                                   "namespace={}.",
                                   what, name, request.parameter("namespace")));
}

Outcome<void> change_namespace(Parts parts, const Request& request, const char* action,
                               const std::function<Outcome<void>(json&)>& change,
                               tl::unexpected<http::Fault> (*missing)(std::string_view)) {
    VTPMLAB_TRY(const json seen, visible_namespace(parts, request, missing));
    VTPMLAB_CHECK(may_write(request, action));
    const auto changed = parts.metadefs.change(request.parameter("namespace"), change);
    if (!changed)
        return tl::unexpected(changed.error());
    return {};
}

Outcome<Response> remove_all(Parts parts, const Request& request, const char* kind,
                             const char* action) {
    VTPMLAB_CHECK(change_namespace(parts, request, action, [&](json& definition) -> Outcome<void> {
        definition.erase(kind);
        return {};
    }));
    return nothing();
}

Outcome<void> check_list_query(const http::Query& query) {
    const std::string* const direction = query.find("sort_dir");
    if (direction && *direction != "asc" && *direction != "desc")
        return refuse(400, fmt::format("Invalid sort direction: {}", *direction));
    const std::string* const visibility = query.find("visibility");
    if (visibility && !visibility->empty() && *visibility != "public" && *visibility != "private" &&
        *visibility != "shared")
        return refuse(400, fmt::format("Invalid visibility value: {}", *visibility));
    return {};
}

} // namespace vtpmlab::fakes::glance
