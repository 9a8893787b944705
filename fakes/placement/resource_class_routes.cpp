// /resource_classes: the standard ones, and custom ones made and, before 1.7, renamed.

#include "placement/names.h"
#include "placement/routes.h"
#include "placement/schemas.h"

#include <fmt/format.h>

#include <algorithm>

namespace vtpmlab::fakes::placement {

namespace {

json described(const std::string& name) {
    return {{"name", name},
            {"links", json::array({{{"rel", "self"}, {"href", "/resource_classes/" + name}}})}};
}

std::string place(const Request& request, const std::string& name) {
    return request.base_url + "/resource_classes/" + name;
}

tl::unexpected<http::Fault> no_class(const std::string& name) {
    return refuse(404, fmt::format("No such resource class {}.", name));
}

Outcome<Response> list(Parts parts, const Request& request) {
    const auto model = parts.store.read();
    auto classes = json::array();
    for (const auto& name : model->classes.all())
        classes.push_back(described(name));
    return fresh_json(200, {{"resource_classes", std::move(classes)}}, request, parts);
}

Outcome<Response> show(Parts parts, const Request& request) {
    const auto model = parts.store.read();
    const std::string& name = request.parameter("name");
    if (!model->classes.find(name))
        return no_class(name);
    return fresh_json(200, described(name), request, parts);
}

Outcome<Response> create(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Json body, checked_body(request, schemas::resource_class()));
    const auto name = body["name"].get<std::string>();
    auto change = parts.store.change();
    if (change->classes.find(name))
        return refuse(409, fmt::format("Conflicting resource class already exists: {}", name));
    change.add_class(name);
    change.commit();
    return Response::empty(201).with("Location", place(request, name));
}

// Before 1.7: the body has the new name.
Outcome<Response> rename(Parts parts, const Request& request) {
    const std::string& name = request.parameter("name");
    VTPMLAB_TRY(const Json body, checked_body(request, schemas::resource_class()));
    const auto renamed = body["name"].get<std::string>();
    auto change = parts.store.change();
    if (!change->classes.find(name))
        return no_class(name);
    if (!is_custom_name(name))
        return refuse(400, fmt::format("Cannot update standard resource class {}", name));
    if (renamed != name && change->classes.find(renamed))
        return refuse(409, fmt::format("Resource class already exists: {}", renamed));
    change.rename_class(name, renamed);
    change.commit();
    return Response::json(200, described(renamed));
}

// From 1.7 on: without a body, and fine with a class that is there.
Outcome<Response> ensure(Parts parts, const Request& request) {
    const std::string& name = request.parameter("name");
    if (const auto complaint = schemas::resource_class().complaint({{"name", name}}))
        return refuse(400, "JSON does not validate: " + complaint->text);
    auto change = parts.store.change();
    const bool there = change->classes.find(name).has_value();
    if (!there) {
        change.add_class(name);
        change.commit();
    }
    return Response::empty(there ? 204 : 201).with("Location", place(request, name));
}

Outcome<Response> rename_or_ensure(Parts parts, const Request& request) {
    if (at_least(request, 7))
        return ensure(parts, request);
    if (request.headers.value("Content-Type").substr(0, 16) != "application/json")
        return refuse(415, "None");
    return rename(parts, request);
}

Outcome<Response> remove(Parts parts, const Request& request) {
    const std::string& name = request.parameter("name");
    auto change = parts.store.change();
    const auto id = change->classes.find(name);
    if (!id)
        return no_class(name);
    const std::string failed = "Error in delete resource class: Cannot delete ";
    if (!is_custom_name(name))
        return refuse(400, fmt::format("{}standard resource class {}.", failed, name));
    const bool in_use =
        std::any_of(change->providers.begin(), change->providers.end(),
                    [&](const auto& entry) { return entry.second.inventories.count(*id) > 0; });
    if (in_use)
        return refuse(
            409, fmt::format("{}resource class {}. Class is in use in inventory.", failed, name));
    change.remove_class(name);
    change.commit();
    return Response::empty(204);
}

} // namespace

std::vector<http::Route> resource_class_routes(Parts parts) {
    constexpr const char* one = "/resource_classes/{name}";
    const std::string policy = "placement:resource_classes:";
    auto put = route("PUT", one, parts, rename_or_ensure, {2, policy + "update", Media::none});
    put.body = http::Body::bytes; // of the versions that rename
    return {
        route("GET", "/resource_classes", parts, list, {2, policy + "list"}),
        route("POST", "/resource_classes", parts, create, {2, policy + "create"}),
        route("GET", one, parts, show, {2, policy + "show"}),
        std::move(put),
        route("DELETE", one, parts, remove, {2, policy + "delete"}),
    };
}

} // namespace vtpmlab::fakes::placement
