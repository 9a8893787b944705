// Traits and aggregates of one provider.

#include "placement/routes.h"
#include "placement/schemas.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace vtpmlab::fakes::placement {

namespace {

constexpr const char* generation_changed =
    "Resource provider's generation already changed. Please update the generation and try again.";

json traits_body(const Model& model, const Provider& provider) {
    std::vector<std::string> names;
    for (const int id : provider.traits.ids())
        names.push_back(model.traits.text(id));
    std::sort(names.begin(), names.end());
    return {{"resource_provider_generation", provider.generation}, {"traits", names}};
}

Outcome<Response> show_traits(Parts parts, const Request& request) {
    return show_provider(parts, request,
                         "No resource provider with uuid " + request.parameter("uuid") +
                             " found: {}",
                         [](const Model& model, const Provider& provider) -> Outcome<json> {
                             return traits_body(model, provider);
                         });
}

Outcome<Response> set_traits(Parts parts, const Request& request) {
    // Of all changes of a provider only this one looks at its body first.
    VTPMLAB_TRY(const Json body, checked_body(request, schemas::provider_traits()));
    return edit_provider(
        parts, request, [&](const Model& model, Provider& provider) -> Outcome<Response> {
            if (body["resource_provider_generation"] != provider.generation)
                return refuse(409, generation_changed, concurrent_update);
            TraitSet traits;
            std::vector<std::string> unknown;
            for (const auto& trait : body["traits"]) {
                auto name = trait.get<std::string>();
                if (const auto id = model.traits.find(name))
                    traits.insert(*id);
                else if (std::find(unknown.begin(), unknown.end(), name) == unknown.end())
                    unknown.push_back(std::move(name));
            }
            if (!unknown.empty())
                return refuse(400, fmt::format("No such trait {}", fmt::join(unknown, ", ")));
            // Nothing changed is no new generation.
            if (!(traits == provider.traits))
                ++provider.generation;
            provider.traits = std::move(traits);
            return fresh_json(200, traits_body(model, provider), request, parts);
        });
}

Outcome<Response> clear_traits(Parts parts, const Request& request) {
    return edit_provider(parts, request, [](const Model&, Provider& provider) -> Outcome<Response> {
        if (!(provider.traits == TraitSet()))
            ++provider.generation;
        provider.traits = {};
        return Response::empty(204);
    });
}

json aggregates_body(const Json& aggregates, const Provider& provider, const Request& request) {
    json body = {{"aggregates", json(aggregates)}};
    if (at_least(request, 19))
        body["resource_provider_generation"] = provider.generation;
    return body;
}

Outcome<Response> show_aggregates(Parts parts, const Request& request) {
    return show_provider(parts, request, "{}",
                         [&](const Model&, const Provider& provider) -> Outcome<json> {
                             return aggregates_body(provider.aggregates, provider, request);
                         });
}

// From 1.19 on aggregates are a part of the provider that its generation guards.
Outcome<Response> set_aggregates(Parts parts, const Request& request) {
    return edit_provider(
        parts, request, [&](const Model&, Provider& provider) -> Outcome<Response> {
            VTPMLAB_TRY(const Json body,
                        checked_body(request, schemas::provider_aggregates(minor_of(request))));
            const bool guarded = at_least(request, 19);
            if (guarded && body["resource_provider_generation"] != provider.generation)
                return refuse(409, generation_changed, concurrent_update);
            const Json& aggregates = guarded ? body["aggregates"] : body;
            provider.aggregates = aggregates.get<std::set<std::string>>();
            if (guarded)
                ++provider.generation;
            return fresh_json(200, aggregates_body(aggregates, provider, request), request, parts);
        });
}

} // namespace

std::vector<http::Route> provider_detail_routes(Parts parts) {
    constexpr const char* traits = "/resource_providers/{uuid}/traits";
    constexpr const char* aggregates = "/resource_providers/{uuid}/aggregates";
    const std::string policy = "placement:resource_providers:";
    return {
        route("GET", traits, parts, show_traits, {6, policy + "traits:list"}),
        route("PUT", traits, parts, set_traits, {6, policy + "traits:update"}),
        route("DELETE", traits, parts, clear_traits, {6, policy + "traits:delete"}),
        route("GET", aggregates, parts, show_aggregates, {1, policy + "aggregates:list"}),
        route("PUT", aggregates, parts, set_aggregates, {1, policy + "aggregates:update"}),
    };
}

} // namespace vtpmlab::fakes::placement
