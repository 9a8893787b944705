// Traits and resource classes: the names themselves.

#include "placement/routes.h"
#include "placement/standard_names.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace vtpmlab::fakes::placement {

using http::Outcome;
using http::refuse;
using http::Request;
using http::Response;
using nlohmann::json;

namespace {

bool is_custom(std::string_view name) {
    return name.size() > 7 && name.size() <= 255 && name.substr(0, 7) == "CUSTOM_" &&
           name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
               std::string_view::npos;
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts;
    while (true) {
        const auto comma = text.find(',');
        parts.emplace_back(text.substr(0, comma));
        if (comma == std::string_view::npos)
            return parts;
        text = text.substr(comma + 1);
    }
}

bool carried_by_anyone(const Model& model, int trait) {
    return std::any_of(model.providers.begin(), model.providers.end(),
                       [trait](const auto& entry) { return entry.second.traits.contains(trait); });
}

Outcome<Response> list_traits(Parts parts, const Request& request) {
    VTPMLAB_CHECK(only_keys(request, {"name", "associated"}));
    const auto model = parts.store.read();
    auto names = model->traits.all();
    if (const std::string* filter = request.query.find("name")) {
        if (filter->compare(0, 3, "in:") == 0) {
            const auto wanted = split(std::string_view(*filter).substr(3));
            std::erase_if(names, [&](const std::string& name) {
                return std::find(wanted.begin(), wanted.end(), name) == wanted.end();
            });
        } else if (filter->compare(0, 11, "startswith:") == 0) {
            const std::string prefix = filter->substr(11);
            std::erase_if(names, [&](const std::string& name) {
                return name.compare(0, prefix.size(), prefix) != 0;
            });
        } else {
            return refuse(
                400, fmt::format("Badly formatted name parameter. Expected name query string "
                                 "parameter in form: ?name=[in|startswith]:[name1,name2|prefix]. "
                                 "Got: \"{}\"",
                                 *filter));
        }
    }
    if (const std::string* associated = request.query.find("associated")) {
        const bool wanted = *associated == "true" || *associated == "True";
        if (!wanted && *associated != "false" && *associated != "False")
            return refuse(400,
                          fmt::format("The query parameter \"associated\" only accepts \"true\" or "
                                      "\"false\". Got: \"{}\"",
                                      *associated));
        std::erase_if(names, [&](const std::string& name) {
            return carried_by_anyone(*model, *model->traits.find(name)) != wanted;
        });
    }
    return fresh_json(200, {{"traits", names}}, request, parts);
}

tl::unexpected<http::Fault> no_trait(const std::string& name) {
    return refuse(404, fmt::format("No such trait(s): {}.", name));
}

Outcome<Response> show_trait(Parts parts, const Request& request) {
    const auto model = parts.store.read();
    if (!model->traits.find(request.parameter("name")))
        return no_trait(request.parameter("name"));
    return fresh(Response::empty(204), request, parts);
}

Outcome<Response> make_trait(Parts parts, const Request& request) {
    const std::string& name = request.parameter("name");
    if (!is_custom(name))
        return refuse(
            400, "The trait is invalid. A valid trait must be no longer than 255 characters, "
                 "start with the prefix \"CUSTOM_\" and use following characters: \"A\"-\"Z\", "
                 "\"0\"-\"9\" and \"_\"");
    auto change = parts.store.change();
    const bool there = change->traits.find(name).has_value();
    if (!there) {
        change.add_trait(name);
        change.commit();
    }
    return fresh(Response::empty(there ? 204 : 201), request, parts)
        .with("Location", request.base_url + "/traits/" + name);
}

Outcome<Response> remove_trait(Parts parts, const Request& request) {
    const std::string& name = request.parameter("name");
    auto change = parts.store.change();
    const auto id = change->traits.find(name);
    if (!id)
        return no_trait(name);
    if (!is_custom(name))
        return refuse(400, fmt::format("Cannot delete standard trait {}.", name));
    if (carried_by_anyone(*change, *id))
        return refuse(409, fmt::format("The trait {} is in use by a resource provider.", name));
    change.remove_trait(name);
    change.commit();
    return Response::empty(204);
}

json class_body(const std::string& name) {
    return {{"name", name},
            {"links", json::array({{{"rel", "self"}, {"href", "/resource_classes/" + name}}})}};
}

Outcome<Response> list_classes(Parts parts, const Request& request) {
    const auto model = parts.store.read();
    auto classes = json::array();
    for (const auto& name : model->classes.all())
        classes.push_back(class_body(name));
    return fresh_json(200, {{"resource_classes", std::move(classes)}}, request, parts);
}

tl::unexpected<http::Fault> no_class(const std::string& name) {
    return refuse(404, fmt::format("No such resource class {}.", name));
}

Outcome<Response> show_class(Parts parts, const Request& request) {
    const auto model = parts.store.read();
    const std::string& name = request.parameter("name");
    if (!model->classes.find(name))
        return no_class(name);
    return fresh_json(200, class_body(name), request, parts);
}

constexpr const char* class_schema = R"({
  "type": "object", "required": ["name"], "additionalProperties": false,
  "properties": {"name": {"type": "string", "pattern": "^CUSTOM_[A-Z0-9_]+$", "maxLength": 255}}})";

Outcome<Response> create_class(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json body, request.json());
    const std::string name = body["name"];
    auto change = parts.store.change();
    if (change->classes.find(name))
        return refuse(409, fmt::format("Conflicting resource class already exists: {}", name));
    change.add_class(name);
    change.commit();
    return fresh(Response::empty(201), request, parts)
        .with("Location", request.base_url + "/resource_classes/" + name);
}

// From 1.7 on without a body, and fine with a class that is there.
Outcome<Response> ensure_class(Parts parts, const Request& request) {
    const std::string& name = request.parameter("name");
    if (!is_custom(name))
        return refuse(
            400,
            fmt::format("Invalid resource class name - must start with \"CUSTOM_\": {}", name));
    auto change = parts.store.change();
    const bool there = change->classes.find(name).has_value();
    if (!there) {
        change.add_class(name);
        change.commit();
    }
    return fresh(Response::empty(there ? 204 : 201), request, parts)
        .with("Location", request.base_url + "/resource_classes/" + name);
}

Outcome<Response> remove_class(Parts parts, const Request& request) {
    const std::string& name = request.parameter("name");
    auto change = parts.store.change();
    const auto id = change->classes.find(name);
    if (!id)
        return no_class(name);
    if (!is_custom(name))
        return refuse(400, fmt::format("Cannot delete standard resource class {}.", name));
    for (const auto& [uuid, provider] : change->providers)
        if (provider.inventories.count(*id))
            return refuse(
                409, fmt::format("Error : Cannot delete resource class {}, it is in use.", name));
    change.remove_class(name);
    change.commit();
    return Response::empty(204);
}

} // namespace

std::vector<http::Route> names_routes(Parts parts) {
    auto put_trait = route("PUT", "/traits/{name}", parts, make_trait, {1, 6});
    auto put_class = route("PUT", "/resource_classes/{name}", parts, ensure_class, {1, 7});
    put_trait.body = put_class.body = http::Body::none;
    return {
        route("GET", "/traits", parts, list_traits, {1, 6}),
        route("GET", "/traits/{name}", parts, show_trait, {1, 6}),
        std::move(put_trait),
        route("DELETE", "/traits/{name}", parts, remove_trait, {1, 6}),
        route("GET", "/resource_classes", parts, list_classes, {1, 2}),
        route("POST", "/resource_classes", parts, create_class, {1, 2}, class_schema),
        route("GET", "/resource_classes/{name}", parts, show_class, {1, 2}),
        std::move(put_class),
        route("DELETE", "/resource_classes/{name}", parts, remove_class, {1, 2}),
    };
}

} // namespace vtpmlab::fakes::placement
