// /os-availability-zone: one zone, nova, with every compute host in it, as in a cloud without host
// aggregates, whose list is here too: clients ask for it with every hypervisor.

#include "cloud/api/api.h"
#include "cloud/api/policy.h"
#include "http/timestamp.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using Answer = http::Outcome<http::Response>;

constexpr const char* controller = "controller"; // where conductor and scheduler are

class AvailabilityZones {
public:
    explicit AvailabilityZones(Api& api) : api_(api), cloud_(api.cloud) {}

    [[nodiscard]] Answer list(const http::Request&) const {
        return answer(json::array(
            {is_available() ? available(compute_zone, json()) : unavailable(compute_zone)}));
    }

    [[nodiscard]] Answer detail(const http::Request& request) const {
        VTPMLAB_CHECK(authorize(cloud_.profile, *request.caller, Need::admin,
                                "os_compute_api:os-availability-zone:detail", ""));
        // Only what is enabled is listed.
        json hosts = json::object();
        for (const auto& compute : api_.computes)
            if (const auto record = compute->record(); !record.is_disabled)
                hosts[compute->name()] = {
                    {"nova-compute", service(compute->is_seen_up(), record.updated_at)}};
        const auto here = service(true, cloud_.clock->now());
        json internal = {{controller, {{"nova-conductor", here}, {"nova-scheduler", here}}}};
        return answer(json::array({available("internal", std::move(internal)),
                                   is_available() ? available(compute_zone, std::move(hosts))
                                                  : unavailable(compute_zone)}));
    }

    [[nodiscard]] Answer aggregates(const http::Request& request) const {
        VTPMLAB_CHECK(authorize(cloud_.profile, *request.caller, Need::admin,
                                "os_compute_api:os-aggregates:index", ""));
        return http::Response::json(200, {{"aggregates", json::array()}});
    }

private:
    // As long as one of its hosts is enabled, whether or not that is up.
    [[nodiscard]] bool is_available() const {
        return std::any_of(api_.computes.begin(), api_.computes.end(),
                           [](const auto& compute) { return !compute->record().is_disabled; });
    }
    static json available(const char* name, json hosts) {
        return {
            {"zoneName", name}, {"zoneState", {{"available", true}}}, {"hosts", std::move(hosts)}};
    }
    static json unavailable(const char* name) {
        return {{"zoneName", name}, {"zoneState", {{"available", false}}}, {"hosts", json()}};
    }
    static json service(bool is_up, Clock::Time heard_of) {
        return {{"available", true},
                {"active", is_up},
                {"updated_at", http::timestamp_naive(heard_of)}};
    }
    static Answer answer(json zones) {
        return http::Response::json(200, {{"availabilityZoneInfo", std::move(zones)}});
    }

    Api& api_;
    Context& cloud_;
};

} // namespace

std::vector<http::Route> availability_zone_routes(Api& api) {
    const auto zones = std::make_shared<AvailabilityZones>(api);
    return {{"GET", "/v2.1/os-availability-zone",
             [zones](const http::Request& r) { return zones->list(r); }},
            {"GET", "/v2.1/os-availability-zone/detail",
             [zones](const http::Request& r) { return zones->detail(r); }},
            {"GET", "/v2.1/os-aggregates",
             [zones](const http::Request& r) { return zones->aggregates(r); }}};
}

} // namespace vtpmlab::cloud
