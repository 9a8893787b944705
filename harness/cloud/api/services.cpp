// /os-services: the services there are, and what an administrator makes of them.

#include "cloud/api/api.h"
#include "cloud/api/policy.h"
#include "http/timestamp.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using Answer = http::Outcome<http::Response>;

constexpr std::string_view compute_binary = "nova-compute";
constexpr http::Microversion names_by_uuid{2, 53};
constexpr http::Microversion forces_down{2, 11};

constexpr const char* update_schema = R"({"type": "object", "additionalProperties": false,
    "properties": {"status": {"type": "string", "enum": ["enabled", "disabled"]},
                   "disabled_reason": {"type": "string", "minLength": 1, "maxLength": 255},
                   "forced_down": {"type": ["boolean", "string"]},
                   "host": {"type": "string", "minLength": 1, "maxLength": 255},
                   "binary": {"type": "string", "minLength": 1, "maxLength": 255}}})";

struct Listed {
    ServiceRecord record;
    std::string_view binary;
    std::string host;
    std::string_view zone;
    bool is_up = true;
};

bool is_true(const json& value) {
    return value == true || value == "true" || value == "True" || value == "1";
}

class ServiceList {
public:
    explicit ServiceList(Api& api) : api_(api) {
        for (std::size_t i = 0; i < controllers_.size(); ++i) {
            controllers_[i].id = random_uuid();
            controllers_[i].number = i + 1;
        }
    }

    [[nodiscard]] Answer list(const http::Request& request) const {
        VTPMLAB_CHECK(may(request, "list"));
        const auto* host = request.query.find("host");
        const auto* binary = request.query.find("binary");
        auto shown = json::array();
        for (const auto& service : all())
            if ((!host || *host == service.host) && (!binary || *binary == service.binary))
                shown.push_back(view(request, service));
        return http::Response::json(200, {{"services", shown}});
    }

    // Before 2.53 the last part of the path is what to do, and the body says to which service.
    [[nodiscard]] Answer update(const http::Request& request) const {
        VTPMLAB_CHECK(may(request, "update"));
        VTPMLAB_TRY(const auto body, request.json());
        return request.microversion >= names_by_uuid ? update_one(request, body)
                                                     : do_to_one(request, body);
    }

private:
    [[nodiscard]] http::Outcome<void> may(const http::Request& request, const char* what) const {
        return authorize(api_.cloud.profile, *request.caller, Need::admin,
                         fmt::format("os_compute_api:os-services:{}", what), "");
    }

    [[nodiscard]] std::vector<Listed> all() const {
        std::vector<Listed> services;
        constexpr std::array<std::string_view, 2> names = {"nova-scheduler", "nova-conductor"};
        for (std::size_t i = 0; i < names.size(); ++i) {
            auto record = controllers_[i];
            record.updated_at = api_.cloud.clock->now();
            services.push_back({std::move(record), names[i], "controller", "internal", true});
        }
        auto number = first_compute_number;
        for (const auto* compute : api_.conductor.computes()) {
            auto record = compute->record();
            record.number = number++;
            services.push_back({std::move(record), compute_binary, compute->name(), compute_zone,
                                compute->is_seen_up()});
        }
        return services;
    }

    [[nodiscard]] json view(const http::Request& request, const Listed& service) const {
        const auto& record = service.record;
        json shown = {{"binary", service.binary},
                      {"host", service.host},
                      {"zone", service.zone},
                      {"status", record.is_disabled ? "disabled" : "enabled"},
                      {"state", service.is_up ? "up" : "down"},
                      {"disabled_reason",
                       record.disabled_reason.empty() ? json() : json(record.disabled_reason)},
                      {"updated_at", http::timestamp_naive(record.updated_at)}};
        shown["id"] = request.microversion >= names_by_uuid ? json(record.id) : json(record.number);
        if (request.microversion >= forces_down)
            shown["forced_down"] = record.is_forced_down;
        return shown;
    }

    [[nodiscard]] Answer update_one(const http::Request& request, const json& body) const {
        const auto& id = request.parameter("service_id");
        for (const auto& service : all()) {
            if (service.record.id != id)
                continue;
            if (service.binary != compute_binary)
                return http::refuse(400, fmt::format("Updating a {} service is not supported. Only "
                                                     "nova-compute services can be updated.",
                                                     service.binary));
            if (!body.contains("status") && !body.contains("forced_down"))
                return http::refuse(400, "No updates were requested. Fields 'status' or "
                                         "'forced_down' should be specified.");
            if (body.contains("disabled_reason") && body.value("status", "") != "disabled")
                return http::refuse(400, "Specifying disabled_reason requires that status is "
                                         "disabled.");
            auto* const compute = api_.conductor.on_host(service.host);
            if (body.contains("status"))
                compute->set_disabled(body["status"] == "disabled",
                                      body.value("disabled_reason", std::string()));
            if (body.contains("forced_down"))
                compute->set_forced_down(is_true(body["forced_down"]));
            for (const auto& now : all())
                if (now.record.id == id)
                    return http::Response::json(200, {{"service", view(request, now)}});
        }
        return http::refuse(404, fmt::format("Service {} could not be found.", id));
    }

    [[nodiscard]] Answer do_to_one(const http::Request& request, const json& body) const {
        const auto& what = request.parameter("service_id");
        const bool disables = what == "disable" || what == "disable-log-reason";
        const bool forces = what == "force-down" && request.microversion >= forces_down;
        if (!disables && !forces && what != "enable")
            return http::refuse(404, "Unknown action");
        if (!body.contains("host") || !body.contains("binary"))
            return http::refuse(400, "Invalid input for field/attribute body. 'host' and 'binary' "
                                     "are required properties");
        if (what == "disable-log-reason" && !body.contains("disabled_reason"))
            return http::refuse(400, "Missing disabled reason field");
        if (forces && !body.contains("forced_down"))
            return http::refuse(400, "Missing forced_down field");
        const auto host = body["host"].get<std::string>();
        auto* const compute = api_.conductor.on_host(host);
        if (!compute || body["binary"] != compute_binary)
            return http::refuse(404, fmt::format("Could not find binary {} on host {}.",
                                                 body["binary"].get<std::string>(), host));
        json answer = {{"host", host}, {"binary", compute_binary}};
        if (forces) {
            compute->set_forced_down(is_true(body["forced_down"]));
            answer["forced_down"] = is_true(body["forced_down"]);
        } else {
            const auto reason = disables ? body.value("disabled_reason", std::string()) : "";
            compute->set_disabled(disables, reason);
            answer["status"] = disables ? "disabled" : "enabled";
            if (!reason.empty())
                answer["disabled_reason"] = reason;
        }
        return http::Response::json(200, {{"service", answer}});
    }

    Api& api_;
    std::array<ServiceRecord, 2> controllers_;
};

} // namespace

std::vector<http::Route> service_routes(Api& api) {
    const auto services = std::make_shared<ServiceList>(api);
    return {{"GET", "/v2.1/os-services",
             [services](const http::Request& r) { return services->list(r); }},
            {"PUT", "/v2.1/os-services/{service_id}",
             [services](const http::Request& r) { return services->update(r); },
             http::Access::token, http::Body::json, std::make_shared<http::Schema>(update_schema)}};
}

} // namespace vtpmlab::cloud
