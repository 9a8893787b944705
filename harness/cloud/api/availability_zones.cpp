// /os-availability-zone: one zone, nova, with every compute host in it, as in a cloud without host
// aggregates, whose list is here too: clients ask for it with every hypervisor.

#include "cloud/api/api.h"
#include "cloud/api/policy.h"
#include "http/timestamp.h"

#include <nlohmann/json.hpp>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using Answer = http::Outcome<http::Response>;

constexpr const char* controller = "controller"; // where conductor and scheduler are

class AvailabilityZones {
public:
    explicit AvailabilityZones(Api& api) : api_(api), cloud_(api.cloud) {}

    [[nodiscard]] Answer list(const http::Request&) const {
        return answer(json::array({zone("nova", json())}));
    }

    [[nodiscard]] Answer detail(const http::Request& request) const {
        VTPMLAB_CHECK(authorize(cloud_.profile, *request.caller, Need::admin,
                                "os_compute_api:os-availability-zone:detail", ""));
        json hosts = json::object();
        for (const auto& compute : api_.computes)
            hosts[compute->name()] = {{"nova-compute", service()}};
        const json internal = {
            {controller, {{"nova-conductor", service()}, {"nova-scheduler", service()}}}};
        return answer(json::array({zone("internal", internal), zone("nova", std::move(hosts))}));
    }

    [[nodiscard]] Answer aggregates(const http::Request& request) const {
        VTPMLAB_CHECK(authorize(cloud_.profile, *request.caller, Need::admin,
                                "os_compute_api:os-aggregates:index", ""));
        return http::Response::json(200, {{"aggregates", json::array()}});
    }

private:
    static json zone(const char* name, json hosts) {
        return {
            {"zoneName", name}, {"zoneState", {{"available", true}}}, {"hosts", std::move(hosts)}};
    }
    [[nodiscard]] json service() const {
        return {{"available", true},
                {"active", true},
                {"updated_at", http::timestamp_naive(cloud_.clock->now())}};
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
