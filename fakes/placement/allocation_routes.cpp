// /allocations: what consumers have taken, shown and replaced.

#include "http/uuid_like.h"
#include "placement/allocations.h"
#include "placement/routes.h"
#include "placement/schemas.h"

#include <fmt/format.h>

namespace vtpmlab::fakes::placement {

namespace {

json amounts_body(const Model& model, const Amounts& amounts) {
    auto body = json::object();
    for (const auto& [resource_class, amount] : amounts)
        body[model.classes.text(resource_class)] = amount;
    return body;
}

Outcome<Response> show(Parts parts, const Request& request) {
    const auto model = parts.store.read();
    const Consumer* consumer = model->consumer(request.parameter("consumer"));
    auto allocations = json::object();
    json body;
    if (consumer && !consumer->allocations.empty()) {
        for (const auto& [uuid, amounts] : consumer->allocations)
            allocations[uuid] = {{"generation", model->provider(uuid)->generation},
                                 {"resources", amounts_body(*model, amounts)}};
        if (at_least(request, 12)) {
            body["project_id"] = consumer->project_id;
            body["user_id"] = consumer->user_id;
        }
        if (at_least(request, 28))
            body["consumer_generation"] = consumer->generation;
        if (at_least(request, 38))
            body["consumer_type"] = consumer->type.empty() ? "unknown" : consumer->type;
    }
    body["allocations"] = std::move(allocations);
    return fresh_json(200, body, request, parts);
}

Outcome<Response> of_provider(Parts parts, const Request& request) {
    const std::string& uuid = request.parameter("uuid");
    return show_provider(
        parts, request, "Resource provider '" + uuid + "' not found: {}",
        [&](const Model& model, const Provider& provider) -> Outcome<json> {
            auto allocations = json::object();
            for (const auto& name : provider.consumers) {
                const Consumer& consumer = *model.consumer(name);
                json entry = {{"resources", amounts_body(model, consumer.allocations.at(uuid))}};
                if (at_least(request, 28))
                    entry["consumer_generation"] = consumer.generation;
                allocations[name] = std::move(entry);
            }
            return json{{"resource_provider_generation", provider.generation},
                        {"allocations", std::move(allocations)}};
        });
}

Outcome<Response> set(Parts parts, const Request& request) {
    const std::string uuid = http::canonical_uuid(request.parameter("consumer"));
    if (uuid.empty())
        return refuse(400,
                      fmt::format("Malformed consumer_uuid: {}", request.parameter("consumer")));
    VTPMLAB_TRY(const Json body,
                checked_body(request, schemas::allocations_of_one(minor_of(request))));
    const std::vector<WantedConsumer> consumers{wanted_consumer(uuid, body, request)};
    auto change = parts.store.change();
    AllocationDraft draft(*change);
    VTPMLAB_CHECK(draft.check_generations(consumers));
    VTPMLAB_CHECK(draft.check_providers(consumers, change));
    VTPMLAB_CHECK(draft.replace(
        consumers, fmt::format("Unable to allocate inventory for consumer {}: ", uuid)));
    std::move(draft).write(change);
    return Response::empty(204);
}

Outcome<Response> set_many(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Json body,
                checked_body(request, schemas::allocations_of_many(minor_of(request))));
    auto change = parts.store.change();
    AllocationDraft draft(*change);
    std::vector<WantedConsumer> consumers;
    for (const auto& [uuid, wanted] : body.items())
        consumers.push_back(wanted_consumer(uuid, wanted, request));
    VTPMLAB_CHECK(draft.check_generations(consumers));
    VTPMLAB_CHECK(draft.check_providers(consumers, change));
    VTPMLAB_CHECK(draft.replace(consumers, "Unable to allocate inventory "));
    std::move(draft).write(change);
    return Response::empty(204);
}

Outcome<Response> remove(Parts parts, const Request& request) {
    const std::string& uuid = request.parameter("consumer");
    auto change = parts.store.change();
    const Consumer* consumer = change->consumer(uuid);
    if (!consumer || consumer->allocations.empty())
        return refuse(404, fmt::format("No allocations for consumer '{}'", uuid));
    change.erase_consumer(uuid);
    change.commit();
    return Response::empty(204);
}

} // namespace

std::vector<http::Route> allocation_routes(Parts parts) {
    constexpr const char* one = "/allocations/{consumer}";
    const std::string policy = "placement:allocations:";
    return {
        route("GET", one, parts, show, {0, policy + "list"}),
        route("PUT", one, parts, set, {0, policy + "update"}),
        route("DELETE", one, parts, remove, {0, policy + "delete"}),
        route("POST", "/allocations", parts, set_many, {13, policy + "manage"}),
        route("GET", "/resource_providers/{uuid}/allocations", parts, of_provider,
              {0, "placement:resource_providers:allocations:list"}),
    };
}

} // namespace vtpmlab::fakes::placement
