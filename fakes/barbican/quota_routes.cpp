// /v1/quotas and /v1/project-quotas: how many things of a kind a project may have.

#include "barbican/body_check.h"
#include "barbican/routes.h"

#include <nlohmann/json.hpp>

namespace vtpmlab::fakes::barbican {

namespace {

constexpr std::int64_t unlimited = -1; // Barbican's own default of all five
constexpr std::string_view quota_schema = R"({
    "type": "object",
    "properties": {
        "project_quotas": {
            "type": "object",
            "properties": {
                "secrets": {"type": "integer"},
                "orders": {"type": "integer"},
                "containers": {"type": "integer"},
                "consumers": {"type": "integer"},
                "cas": {"type": "integer"}},
            "additionalProperties": false}},
    "required": ["project_quotas"],
    "additionalProperties": false})";

json shown(const Quotas& quotas) {
    json body;
    for (std::size_t i = 0; i < quotas.size(); ++i)
        body[std::string(quota_names[i])] = quotas[i] ? json(*quotas[i]) : json(nullptr);
    return body;
}

Outcome<Response> own(Parts parts, const Request& request) {
    VTPMLAB_CHECK(need_permission(parts, request, "quotas:get", "Quotas"));
    auto quotas = parts.store.quotas(request.caller->project_id).value_or(Quotas());
    for (auto& quota : quotas)
        quota = quota.value_or(unlimited);
    return Response::json(200, {{"quotas", shown(quotas)}});
}

Outcome<Response> list(Parts parts, const Request& request) {
    VTPMLAB_CHECK(need_permission(parts, request, "project_quotas:get", "Project Quotas"));
    const Paging paging = paging_of(request);
    const auto page = parts.store.all_quotas(paging);
    auto projects = json::array();
    for (const auto& [project_id, quotas] : page.items)
        projects.push_back({{"project_id", project_id}, {"project_quotas", shown(quotas)}});
    // Links say project_quotas where the path says project-quotas; so does Barbican.
    return Response::json(200, listed(request, "project_quotas", "project_quotas",
                                      std::move(projects), paging, page.total));
}

tl::unexpected<http::Fault> not_found() { return refuse(404, "Project quotas not found."); }

Outcome<Response> show(Parts parts, const Request& request) {
    VTPMLAB_CHECK(need_permission(parts, request, "project_quotas:get", "Project Quotas"));
    const auto quotas = parts.store.quotas(request.parameter("project_id"));
    if (!quotas)
        return not_found();
    return Response::json(200, {{"project_quotas", shown(*quotas)}});
}

Outcome<Response> set(Parts parts, const Request& request) {
    static const BodySchema schema("Project Quota", quota_schema);
    VTPMLAB_CHECK(need_permission(parts, request, "project_quotas:put", "Project Quotas"));
    VTPMLAB_CHECK(need_content_type(request, {"application/json"}));
    if (request.body.empty())
        return issue_seen(400, "Project Quotas", "No data supplied to process.");
    VTPMLAB_TRY(const json body, schema.body_of(request));
    const json& sent = body["project_quotas"];
    Quotas quotas;
    for (std::size_t i = 0; i < quotas.size(); ++i)
        if (const auto found = sent.find(quota_names[i]); found != sent.end())
            quotas[i] = found->get<std::int64_t>();
    parts.store.set_quotas(request.parameter("project_id"), quotas);
    return Response::empty(204);
}

Outcome<Response> remove(Parts parts, const Request& request) {
    VTPMLAB_CHECK(need_permission(parts, request, "project_quotas:delete", "Project Quotas"));
    if (!parts.store.remove_quotas(request.parameter("project_id")))
        return not_found();
    return Response::empty(204);
}

} // namespace

std::vector<http::Route> quota_routes(Parts parts) {
    RouteTable table(parts);
    table.add("GET", "/v1/quotas", own);
    table.add("GET", "/v1/project-quotas", list);
    table.add("GET", "/v1/project-quotas/{project_id}", show);
    table.add("PUT", "/v1/project-quotas/{project_id}", set, Body::bytes);
    table.add("DELETE", "/v1/project-quotas/{project_id}", remove);
    return table.take();
}

} // namespace vtpmlab::fakes::barbican
