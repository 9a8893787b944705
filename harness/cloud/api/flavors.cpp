// /flavors

#include "cloud/api/api.h"
#include "cloud/api/flavor_view.h"
#include "cloud/api/policy.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using Answer = http::Outcome<http::Response>;

constexpr const char* create_schema = R"({
    "type": "object", "required": ["flavor"], "additionalProperties": false,
    "properties": {"flavor": {
        "type": "object", "required": ["name", "ram", "vcpus", "disk"],
        "additionalProperties": false,
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 255},
            "id": {"type": ["string", "number", "null"], "maxLength": 255},
            "description": {"type": ["string", "null"], "maxLength": 65535},
            "ram": {"type": ["integer", "string"], "pattern": "^[0-9]{1,9}$",
                    "minimum": 1, "maximum": 2147483647},
            "vcpus": {"type": ["integer", "string"], "pattern": "^[0-9]{1,9}$",
                      "minimum": 1, "maximum": 2147483647},
            "disk": {"type": ["integer", "string"], "pattern": "^[0-9]{1,9}$",
                     "minimum": 0, "maximum": 2147483647},
            "OS-FLV-EXT-DATA:ephemeral": {"type": ["integer", "string"],
                "pattern": "^[0-9]{1,9}$", "minimum": 0, "maximum": 2147483647},
            "swap": {"type": ["integer", "string"], "pattern": "^[0-9]{0,9}$",
                     "minimum": 0, "maximum": 2147483647},
            "rxtx_factor": {"type": ["number", "string"]},
            "os-flavor-access:is_public": {"type": "boolean"}
        }}}})";

// Nova's integers may come as text; the schema has checked what is in it.
unsigned number(const json& body, const char* key) {
    const auto found = body.find(key);
    if (found == body.end())
        return 0;
    if (found->is_string()) {
        const auto text = found->get<std::string>();
        return text.empty() ? 0 : static_cast<unsigned>(std::stoul(text));
    }
    return found->get<unsigned>();
}

std::string id_of(const json& body) {
    const auto found = body.find("id");
    if (found == body.end() || found->is_null())
        return random_uuid();
    const auto id = found->is_string() ? found->get<std::string>() : found->dump();
    return id == "auto" || id.empty() ? random_uuid() : id;
}

Flavor flavor_of(const json& body) {
    Flavor flavor;
    flavor.id = id_of(body);
    flavor.name = body.at("name");
    if (body.contains("description") && body["description"].is_string())
        flavor.description = body["description"];
    flavor.vcpus = number(body, "vcpus");
    flavor.memory_mib = number(body, "ram");
    flavor.disk_gib = number(body, "disk");
    flavor.ephemeral_gib = number(body, "OS-FLV-EXT-DATA:ephemeral");
    flavor.swap_mib = number(body, "swap");
    if (body.contains("rxtx_factor") && body["rxtx_factor"].is_number())
        flavor.rxtx_factor = body["rxtx_factor"];
    flavor.is_public = body.value("os-flavor-access:is_public", true);
    return flavor;
}

tl::unexpected<http::Fault> no_flavor(const std::string& id) {
    return http::refuse(404, fmt::format("Flavor {} could not be found.", id));
}

class Flavors {
public:
    explicit Flavors(Api& api) : cloud_(api.cloud) {}

    [[nodiscard]] Answer list(const http::Request& request,
                              json (*view)(const http::Request&, const Flavor&)) const {
        VTPMLAB_TRY(const auto all, or_unexpected(cloud_.store.flavors()));
        auto shown = json::array();
        for (const auto& flavor : all)
            if (flavor.is_public || is_admin(*request.caller))
                shown.push_back(view(request, flavor));
        return http::Response::json(200, {{"flavors", shown}});
    }

    [[nodiscard]] Answer show(const http::Request& request) const {
        const auto& id = request.parameter("flavor_id");
        VTPMLAB_TRY(const auto flavor, or_unexpected(cloud_.store.flavor(id)));
        if (!flavor)
            return no_flavor(id);
        return http::Response::json(200, {{"flavor", flavor_detail(request, *flavor)}});
    }

    [[nodiscard]] Answer create(const http::Request& request) const {
        VTPMLAB_CHECK(administer(request, "create"));
        VTPMLAB_TRY(const auto body, request.json());
        const auto& asked = body.at("flavor");
        if (asked.contains("description") && request.microversion < http::Microversion{2, 55})
            return http::refuse(400, "Invalid input for field/attribute flavor. Additional "
                                     "properties are not allowed ('description' was unexpected)");
        const auto flavor = flavor_of(asked);
        VTPMLAB_TRY(const auto added, or_unexpected(cloud_.store.add_flavor(flavor)));
        if (added == Store::Added::name_taken)
            return http::refuse(409,
                                fmt::format("Flavor with name {} already exists.", flavor.name));
        if (added == Store::Added::id_taken)
            return http::refuse(409, fmt::format("Flavor with ID {} already exists.", flavor.id));
        return http::Response::json(200, {{"flavor", flavor_detail(request, flavor)}});
    }

    [[nodiscard]] Answer remove(const http::Request& request) const {
        VTPMLAB_CHECK(administer(request, "delete"));
        const auto& id = request.parameter("flavor_id");
        VTPMLAB_TRY(const bool removed, or_unexpected(cloud_.store.remove_flavor(id)));
        if (!removed)
            return no_flavor(id);
        return http::Response::empty(202);
    }

private:
    [[nodiscard]] http::Outcome<void> administer(const http::Request& request,
                                                 const char* action) const {
        return authorize(cloud_.profile, *request.caller, Need::admin,
                         fmt::format("os_compute_api:os-flavor-manage:{}", action), "");
    }

    Context& cloud_;
};

} // namespace

std::vector<http::Route> flavor_routes(Api& api) {
    const auto flavors = std::make_shared<Flavors>(api);
    const auto list = [flavors](const http::Request& r) {
        return flavors->list(r, flavor_summary);
    };
    const auto detail = [flavors](const http::Request& r) {
        return flavors->list(r, flavor_detail);
    };
    const auto show = [flavors](const http::Request& r) { return flavors->show(r); };
    const auto create = [flavors](const http::Request& r) { return flavors->create(r); };
    const auto remove = [flavors](const http::Request& r) { return flavors->remove(r); };
    return {{"GET", "/v2.1/flavors", list},
            {"GET", "/v2.1/flavors/detail", detail},
            {"GET", "/v2.1/flavors/{flavor_id}", show},
            {"POST", "/v2.1/flavors", create, http::Access::token, http::Body::json,
             std::make_shared<http::Schema>(create_schema)},
            {"DELETE", "/v2.1/flavors/{flavor_id}", remove}};
}

} // namespace vtpmlab::cloud
