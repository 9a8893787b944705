// /traits: the names themselves.

#include "placement/names.h"
#include "placement/routes.h"
#include "placement/schemas.h"

#include <fmt/format.h>

#include <algorithm>

namespace vtpmlab::fakes::placement {

namespace {

bool carried_by_anyone(const Model& model, int trait) {
    return std::any_of(model.providers.begin(), model.providers.end(),
                       [trait](const auto& entry) { return entry.second.traits.contains(trait); });
}

TraitSet carried(const Model& model) {
    TraitSet all;
    for (const auto& [uuid, provider] : model.providers)
        all |= provider.traits;
    return all;
}

Outcome<Response> list(Parts parts, const Request& request) {
    VTPMLAB_CHECK(checked_query(request, schemas::list_traits()));
    const auto model = parts.store.read();
    auto names = model->traits.all();
    if (const std::string* filter = last_value(request, "name")) {
        const auto colon = filter->find(':');
        if (colon == std::string::npos)
            return refuse(
                400, fmt::format("Badly formatted name parameter. Expected name query string "
                                 "parameter in form: ?name=[in|startswith]:[name1,name2|prefix]. "
                                 "Got: \"{}\"",
                                 *filter));
        const std::string operation = filter->substr(0, colon), value = filter->substr(colon + 1);
        if (operation == "in") {
            const auto wanted = split(value, ',');
            std::erase_if(names, [&](const std::string& name) {
                return std::find(wanted.begin(), wanted.end(), name) == wanted.end();
            });
        } else if (operation == "startswith") {
            std::erase_if(
                names, [&](const std::string& name) { return !matches_like(name, value + "%"); });
        }
    }
    if (const std::string* associated = last_value(request, "associated")) {
        const std::string asked = lowered(*associated);
        if (asked != "true" && asked != "false")
            return refuse(400,
                          "The query parameter \"associated\" only accepts \"true\" or \"false\"");
        const TraitSet all = carried(*model);
        std::erase_if(names, [&](const std::string& name) {
            return all.contains(*model->traits.find(name)) != (asked == "true");
        });
    }
    return fresh_json(200, {{"traits", names}}, request, parts);
}

tl::unexpected<http::Fault> no_trait(const std::string& name) {
    return refuse(404, fmt::format("No such trait(s): {}.", name));
}

Outcome<Response> show(Parts parts, const Request& request) {
    const auto model = parts.store.read();
    if (!model->traits.find(request.parameter("name")))
        return no_trait(request.parameter("name"));
    return fresh(Response::empty(204), request, parts);
}

Outcome<Response> ensure(Parts parts, const Request& request) {
    const std::string& name = request.parameter("name");
    if (!is_custom_name(name))
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

Outcome<Response> remove(Parts parts, const Request& request) {
    const std::string& name = request.parameter("name");
    auto change = parts.store.change();
    const auto id = change->traits.find(name);
    if (!id)
        return no_trait(name);
    if (!is_custom_name(name))
        return refuse(400, fmt::format("Cannot delete standard trait {}.", name));
    if (carried_by_anyone(*change, *id))
        return refuse(409, fmt::format("The trait {} is in use by a resource provider.", name));
    change.remove_trait(name);
    change.commit();
    return Response::empty(204);
}

} // namespace

std::vector<http::Route> trait_routes(Parts parts) {
    const std::string policy = "placement:traits:";
    return {
        route("GET", "/traits", parts, list, {6, policy + "list"}),
        route("GET", "/traits/{name}", parts, show, {6, policy + "show", Media::none}),
        route("PUT", "/traits/{name}", parts, ensure, {6, policy + "update", Media::none}),
        route("DELETE", "/traits/{name}", parts, remove, {6, policy + "delete"}),
    };
}

} // namespace vtpmlab::fakes::placement
