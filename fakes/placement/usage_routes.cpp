// What is used: of one provider, and of a project over all providers.

#include "placement/routes.h"
#include "placement/schemas.h"

namespace vtpmlab::fakes::placement {

namespace {

Outcome<Response> of_provider(Parts parts, const Request& request) {
    return show_provider(parts, request,
                         "No resource provider with uuid " + request.parameter("uuid") +
                             " found: {}",
                         [](const Model& model, const Provider& provider) -> Outcome<json> {
                             auto found = json::object();
                             for (const auto& [resource_class, inventory] : provider.inventories) {
                                 const auto used = provider.used.find(resource_class);
                                 found[model.classes.text(resource_class)] =
                                     used == provider.used.end() ? 0 : used->second;
                             }
                             return json{{"resource_provider_generation", provider.generation},
                                         {"usages", std::move(found)}};
                         });
}

// From 1.38 on by type of consumer; "all" adds all types up.
Outcome<Response> of_project(Parts parts, const Request& request) {
    VTPMLAB_CHECK(checked_query(request, schemas::usages(minor_of(request))));
    const bool by_type = at_least(request, 38);
    const std::string* project = last_value(request, "project_id");
    const std::string* user = last_value(request, "user_id");
    const std::string* type = by_type ? last_value(request, "consumer_type") : nullptr;
    const auto model = parts.store.read();
    json found = json::object();
    for (const auto& [uuid, consumer] : model->consumers) {
        const std::string shown = consumer.type.empty() ? "unknown" : consumer.type;
        if (consumer.allocations.empty() || consumer.project_id != *project ||
            (user && consumer.user_id != *user) || (type && *type != "all" && *type != shown))
            continue;
        json& sums = by_type ? found[type && *type == "all" ? "all" : shown] : found;
        if (by_type && sums.is_null())
            sums = {{"consumer_count", 0}};
        if (by_type)
            sums["consumer_count"] = sums["consumer_count"].get<int>() + 1;
        for (const auto& [provider, amounts] : consumer.allocations)
            for (const auto& [resource_class, amount] : amounts) {
                const std::string& name = model->classes.text(resource_class);
                sums[name] = sums.value(name, std::int64_t{0}) + amount;
            }
    }
    return fresh_json(200, {{"usages", std::move(found)}}, request, parts);
}

} // namespace

std::vector<http::Route> usage_routes(Parts parts) {
    return {
        route("GET", "/resource_providers/{uuid}/usages", parts, of_provider,
              {0, "placement:resource_providers:usages"}),
        route("GET", "/usages", parts, of_project, {9, "placement:usages"}),
    };
}

} // namespace vtpmlab::fakes::placement
