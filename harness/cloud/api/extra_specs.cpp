// /flavors/{id}/os-extra_specs

#include "cloud/api/api.h"
#include "cloud/api/extra_spec_rules.h"
#include "cloud/api/policy.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using Answer = http::Outcome<http::Response>;

constexpr http::Microversion validated_since{2, 86};

constexpr const char* create_schema = R"({
    "type": "object", "required": ["extra_specs"], "additionalProperties": false,
    "properties": {"extra_specs": {
        "type": "object", "additionalProperties": false,
        "patternProperties": {"^[a-zA-Z0-9_:. -]{1,255}$":
            {"type": ["string", "number"], "maxLength": 255}}}}})";
constexpr const char* update_schema = R"({
    "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false,
    "patternProperties": {"^[a-zA-Z0-9_:. -]{1,255}$":
        {"type": ["string", "number"], "maxLength": 255}}})";

Properties specs_of(const json& body) {
    Properties specs;
    for (const auto& [key, value] : body.items())
        specs[key] = value.is_string() ? value.get<std::string>() : value.dump();
    return specs;
}

class ExtraSpecs {
public:
    explicit ExtraSpecs(Api& api) : cloud_(api.cloud) {}

    [[nodiscard]] Answer list(const http::Request& request) const {
        VTPMLAB_TRY(const auto flavor, find(request));
        return http::Response::json(200, {{"extra_specs", flavor.extra_specs}});
    }

    [[nodiscard]] Answer show(const http::Request& request) const {
        VTPMLAB_TRY(const auto flavor, find(request));
        const auto& key = request.parameter("key");
        const auto found = flavor.extra_specs.find(key);
        if (found == flavor.extra_specs.end())
            return no_such_key(flavor.id, key);
        return http::Response::json(200, {{key, found->second}});
    }

    [[nodiscard]] Answer create(const http::Request& request) const {
        VTPMLAB_CHECK(administer(request, "create"));
        VTPMLAB_TRY(const auto body, request.json());
        VTPMLAB_CHECK(store(request, specs_of(body.at("extra_specs"))));
        return http::Response::json(200, body);
    }

    [[nodiscard]] Answer update(const http::Request& request) const {
        VTPMLAB_CHECK(administer(request, "update"));
        VTPMLAB_TRY(const auto body, request.json());
        if (!body.contains(request.parameter("key")))
            return http::refuse(400, "Request body and URI mismatch");
        VTPMLAB_CHECK(store(request, specs_of(body)));
        return http::Response::json(200, body);
    }

    [[nodiscard]] Answer remove(const http::Request& request) const {
        VTPMLAB_CHECK(administer(request, "delete"));
        const auto& key = request.parameter("key");
        bool was_there = false;
        VTPMLAB_TRY(const auto flavor, or_unexpected(cloud_.store.change_flavor(
                                           request.parameter("flavor_id"), [&](Flavor& record) {
                                               was_there = record.extra_specs.erase(key) > 0;
                                           })));
        if (!flavor)
            return no_flavor(request);
        if (!was_there)
            return no_such_key(flavor->id, key);
        return http::Response::empty(200);
    }

private:
    static tl::unexpected<http::Fault> no_flavor(const http::Request& request) {
        return http::refuse(
            404, fmt::format("Flavor {} could not be found.", request.parameter("flavor_id")));
    }
    static tl::unexpected<http::Fault> no_such_key(const std::string& id, const std::string& key) {
        return http::refuse(404, fmt::format("Flavor {} has no extra specs with key {}.", id, key));
    }

    [[nodiscard]] http::Outcome<void> administer(const http::Request& request,
                                                 const char* action) const {
        return authorize(cloud_.profile, *request.caller, Need::admin,
                         fmt::format("os_compute_api:os-flavor-extra-specs:{}", action), "");
    }

    [[nodiscard]] http::Outcome<Flavor> find(const http::Request& request) const {
        VTPMLAB_TRY(auto flavor,
                    or_unexpected(cloud_.store.flavor(request.parameter("flavor_id"))));
        if (!flavor)
            return no_flavor(request);
        return std::move(*flavor);
    }

    // spec: nova-vtpm §REQ-4
    [[nodiscard]] http::Outcome<void> store(const http::Request& request,
                                            const Properties& specs) const {
        if (request.microversion >= validated_since)
            for (const auto& [key, value] : specs)
                if (auto violation = extra_spec_violation(cloud_.profile, key, value))
                    return http::refuse(400, std::move(*violation));
        VTPMLAB_TRY(const auto changed, or_unexpected(cloud_.store.change_flavor(
                                            request.parameter("flavor_id"), [&](Flavor& flavor) {
                                                for (const auto& [key, value] : specs)
                                                    flavor.extra_specs[key] = value;
                                            })));
        if (!changed)
            return no_flavor(request);
        return {};
    }

    Context& cloud_;
};

} // namespace

std::vector<http::Route> extra_spec_routes(Api& api) {
    const auto specs = std::make_shared<ExtraSpecs>(api);
    const std::string all = "/v2.1/flavors/{flavor_id}/os-extra_specs";
    const std::string one = all + "/{key}";
    const auto list = [specs](const http::Request& r) { return specs->list(r); };
    const auto show = [specs](const http::Request& r) { return specs->show(r); };
    const auto create = [specs](const http::Request& r) { return specs->create(r); };
    const auto update = [specs](const http::Request& r) { return specs->update(r); };
    const auto remove = [specs](const http::Request& r) { return specs->remove(r); };
    return {{"GET", all, list},
            {"GET", one, show},
            {"POST", all, create, http::Access::token, http::Body::json,
             std::make_shared<http::Schema>(create_schema)},
            {"PUT", one, update, http::Access::token, http::Body::json,
             std::make_shared<http::Schema>(update_schema)},
            {"DELETE", one, remove}};
}

} // namespace vtpmlab::cloud
