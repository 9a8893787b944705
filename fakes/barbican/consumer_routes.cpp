// /v1/{secrets,containers}/{id}/consumers: services and people who say that they use it. Nothing
// is kept from being deleted by it.

#include "barbican/body_check.h"
#include "barbican/routes.h"
#include "barbican/secret_body.h"

#include <vtpmlab/encoding.h>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace vtpmlab::fakes::barbican {

namespace {

constexpr std::string_view secret_schema = R"({
    "type": "object",
    "properties": {
        "service": {"type": "string", "maxLength": 255, "minLength": 1},
        "resource_type": {"type": "string", "maxLength": 255, "minLength": 1},
        "resource_id": {"type": "string", "minLength": 1}},
    "required": ["service", "resource_type", "resource_id"]})";
constexpr std::string_view container_schema = R"({
    "type": "object",
    "properties": {
        "URL": {"type": "string", "maxLength": 255, "minLength": 1},
        "name": {"type": "string", "maxLength": 36, "minLength": 1}},
    "required": ["name", "URL"]})";

// Secrets have consumers with three fields, containers with two.
struct OfSecrets {
    using Owner = Secret;
    static constexpr const char* collection = "secrets";
    static constexpr const char* word = "SecretConsumer";
    static constexpr std::array<const char*, 3> fields = {"service", "resource_type",
                                                          "resource_id"};
    static const BodySchema& schema() {
        static const BodySchema checked("Secret Consumer", secret_schema);
        return checked;
    }
    static Outcome<Owner> allowed(Parts parts, const Request& request, const std::string& action,
                                  const std::string& operation) {
        return allowed_secret(parts, request, "secret_consumers:" + action, operation);
    }
    // Without content types: Barbican answers with the bare record here.
    static json shown(const Secret& secret, const std::vector<Consumer>& consumers,
                      const Request& request) {
        json body = described(secret, request);
        body.erase("content_types");
        body["consumers"] = json::array();
        for (const auto& consumer : consumers)
            body["consumers"].push_back({{"service", consumer.fields[0]},
                                         {"resource_type", consumer.fields[1]},
                                         {"resource_id", consumer.fields[2]}});
        return body;
    }
};

struct OfContainers {
    using Owner = Container;
    static constexpr const char* collection = "containers";
    static constexpr const char* word = "ContainerConsumer";
    static constexpr std::array<const char*, 2> fields = {"name", "URL"};
    static const BodySchema& schema() {
        static const BodySchema checked("Consumer", container_schema);
        return checked;
    }
    static Outcome<Owner> allowed(Parts parts, const Request& request, const std::string& action,
                                  const std::string& operation) {
        return allowed_container(parts, request, "container_consumers:" + action, operation);
    }
    static json shown(const Container& container, const std::vector<Consumer>& consumers,
                      const Request& request) {
        return described(container, consumers, request);
    }
};

template <typename Of>
Outcome<std::array<std::string, 3>> sent_fields(const Request& request) {
    VTPMLAB_TRY(const json body, Of::schema().body_of(request));
    std::array<std::string, 3> fields;
    for (std::size_t i = 0; i < Of::fields.size(); ++i)
        fields[i] = body[Of::fields[i]].template get<std::string>();
    return fields;
}

template <typename Of>
Outcome<Response> list(Parts parts, const Request& request) {
    VTPMLAB_TRY(const auto owner,
                Of::allowed(parts, request, "get", Of::word + std::string("s(s) retrieval")));
    const auto all = parts.store.consumers(owner.id);
    const Paging paging = paging_of(request);
    auto shown = json::array();
    const auto total = static_cast<std::int64_t>(all.size());
    const auto begin = std::min(total, paging.offset);
    const auto end = begin + std::min(total - begin, paging.limit);
    for (auto i = begin; i < end; ++i) {
        const auto& consumer = all[static_cast<std::size_t>(i)];
        json entry = {{"status", "ACTIVE"},
                      {"created", iso_time(consumer.created)},
                      {"updated", iso_time(consumer.created)}};
        for (std::size_t field = 0; field < Of::fields.size(); ++field)
            entry[Of::fields[field]] = consumer.fields[field];
        shown.push_back(std::move(entry));
    }
    const auto path = Of::collection + ("/" + owner.id) + "/consumers";
    return Response::json(200, listed(request, path, "consumers", std::move(shown), paging, total));
}

template <typename Of>
Outcome<Response> add(Parts parts, const Request& request) {
    const auto operation = Of::word + std::string(" creation");
    VTPMLAB_TRY(const auto owner, Of::allowed(parts, request, "post", operation));
    VTPMLAB_TRY(auto fields, sent_fields<Of>(request));
    if (!parts.store.add_consumer({random_uuid(), owner.id, request.caller->project_id,
                                   std::move(fields), parts.clock.now()}))
        return quota_reached(operation);
    // Barbican's own idea of where that is.
    return Response::json(200, Of::shown(owner, parts.store.consumers(owner.id), request))
        .with("Location", reference_to(request, "consumers", owner.id) + "/consumers");
}

template <typename Of>
Outcome<Response> remove(Parts parts, const Request& request) {
    VTPMLAB_TRY(const auto owner,
                Of::allowed(parts, request, "delete", Of::word + std::string(" deletion")));
    VTPMLAB_TRY(const auto fields, sent_fields<Of>(request));
    const auto all = parts.store.consumers(owner.id);
    const auto found = std::find_if(all.begin(), all.end(), [&](const Consumer& consumer) {
        return consumer.fields == fields;
    });
    if (found == all.end())
        return refuse(404, "Consumer not found.");
    const auto& project = request.caller->project_id;
    if (found->project_id != project && owner.project_id != project)
        return refuse(403, "Not Allowed. Sorry, only the creator of a consumer can delete it.");
    parts.store.remove_consumer(found->id);
    return Response::json(200, Of::shown(owner, parts.store.consumers(owner.id), request));
}

template <typename Of>
void add_for(RouteTable& table, const char* path) {
    table.add("GET", path, list<Of>);
    table.add("POST", path, add<Of>, Body::bytes);
    table.add("DELETE", path, remove<Of>, Body::bytes);
}

} // namespace

std::vector<http::Route> consumer_routes(Parts parts) {
    RouteTable table(parts);
    add_for<OfSecrets>(table, "/v1/secrets/{id}/consumers");
    add_for<OfContainers>(table, "/v1/containers/{id}/consumers");
    return table.take();
}

} // namespace vtpmlab::fakes::barbican
