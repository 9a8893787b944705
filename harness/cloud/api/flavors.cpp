// /flavors

#include "cloud/api/api.h"
#include "cloud/api/flavor_view.h"
#include "cloud/api/paging.h"
#include "cloud/api/policy.h"
#include "cloud/api/query_check.h"
#include "cloud/api/server_request.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

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

constexpr const char* update_schema = R"({
    "type": "object", "required": ["flavor"], "additionalProperties": false,
    "properties": {"flavor": {"type": "object", "required": ["description"],
        "additionalProperties": false,
        "properties": {"description": {"type": ["string", "null"], "maxLength": 65535}}}}})";

using Kind = QueryField::Kind;

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
        VTPMLAB_CHECK(check_query(request,
                                  {{"limit", Kind::number},
                                   {"marker"},
                                   {"sort_key"},
                                   {"sort_dir"},
                                   {"is_public"},
                                   {"minRam"},
                                   {"minDisk"}},
                                  75));
        VTPMLAB_TRY(auto flavors, or_unexpected(cloud_.store.flavors()));
        VTPMLAB_CHECK(filter(request, flavors));
        VTPMLAB_CHECK(sort(request, flavors));
        VTPMLAB_TRY(const auto next, cut_page(request, flavors, UnknownMarker::brackets,
                                              [](const Flavor& flavor) { return flavor.id; }));
        json body = {{"flavors", json::array()}};
        for (const auto& flavor : flavors)
            body["flavors"].push_back(view(request, flavor));
        if (!next.empty())
            body["flavors_links"] = {{{"rel", "next"}, {"href", next}}};
        return http::Response::json(200, body);
    }

    [[nodiscard]] Answer show(const http::Request& request) const {
        const auto& id = request.parameter("flavor_id");
        VTPMLAB_TRY(const auto flavor, or_unexpected(cloud_.store.flavor(id)));
        if (!flavor || !is_seen_by(*flavor, *request.caller))
            return no_flavor(id);
        return http::Response::json(200, {{"flavor", flavor_detail(request, *flavor)}});
    }

    // The description is all that may change, from 2.55 on.
    [[nodiscard]] Answer update(const http::Request& request) const {
        VTPMLAB_CHECK(administer(request, "update"));
        VTPMLAB_TRY(const auto body, request.json());
        const auto& text = body.at("flavor").at("description");
        const auto& id = request.parameter("flavor_id");
        VTPMLAB_TRY(const auto flavor,
                    or_unexpected(cloud_.store.change_flavor(id, [&](Flavor& record) {
                        record.description =
                            text.is_null() ? std::nullopt : std::optional(text.get<std::string>());
                    })));
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
    // Administrators choose between public flavors, others and all; anybody else sees the public
    // ones and those of their project.
    static http::Outcome<void> filter(const http::Request& request, std::vector<Flavor>& flavors) {
        const auto* kind = request.query.find("is_public");
        const bool may_choose = is_admin(*request.caller);
        const bool all = kind && (*kind == "None" || *kind == "none");
        const bool wants_public = !kind || is_true(json(*kind));
        for (const char* key : {"minRam", "minDisk"})
            if (const auto* text = request.query.find(key);
                text &&
                (text->empty() || text->find_first_not_of("0123456789") != std::string::npos ||
                 text->size() > 9))
                return http::refuse(400, fmt::format("Invalid {} filter [{}]", key, *text));
        const auto least = [&](const char* key) {
            const auto* text = request.query.find(key);
            return text ? std::stoul(*text) : 0;
        };
        const auto memory = least("minRam"), disk = least("minDisk");
        std::erase_if(flavors, [&](const Flavor& flavor) {
            if (flavor.memory_mib < memory || flavor.disk_gib < disk)
                return true;
            if (!may_choose)
                return !is_seen_by(flavor, *request.caller);
            return !all && flavor.is_public != wants_public;
        });
        return {};
    }

    // By the id people gave, smallest first, if nobody says otherwise.
    static http::Outcome<void> sort(const http::Request& request, std::vector<Flavor>& flavors) {
        const auto* asked = request.query.find("sort_key");
        const std::string key = asked ? *asked : "flavorid";
        const auto* direction = request.query.find("sort_dir");
        if (direction && *direction != "asc" && *direction != "desc")
            return http::refuse(400, "Invalid input received: Unknown sort direction, must be "
                                     "'desc' or 'asc'");
        const auto value = [&](const Flavor& flavor) -> std::optional<json> {
            const std::map<std::string_view, json> columns = {
                {"flavorid", flavor.id},          {"name", flavor.name},
                {"memory_mb", flavor.memory_mib}, {"vcpus", flavor.vcpus},
                {"root_gb", flavor.disk_gib},     {"ephemeral_gb", flavor.ephemeral_gib},
                {"swap", flavor.swap_mib},        {"rxtx_factor", flavor.rxtx_factor},
                {"is_public", flavor.is_public},  {"description", flavor.description.value_or("")}};
            const auto found = columns.find(key);
            return found == columns.end() ? std::nullopt : std::optional(found->second);
        };
        if (!value(Flavor{})) {
            // Columns no flavor here differs in: they leave the order as it is.
            for (const char* same : {"created_at", "updated_at", "disabled", "id", "vcpu_weight"})
                if (key == same)
                    return {};
            return invalid_query("sort_key", key,
                                 fmt::format("'{}' is not a key flavors are sorted by", key));
        }
        std::stable_sort(flavors.begin(), flavors.end(),
                         [&](const Flavor& a, const Flavor& b) { return *value(a) < *value(b); });
        if (direction && *direction == "desc") // equals too: the newest first
            std::reverse(flavors.begin(), flavors.end());
        return {};
    }

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
    const auto update = [flavors](const http::Request& r) { return flavors->update(r); };
    return {{"GET", "/v2.1/flavors", list},
            {"GET", "/v2.1/flavors/detail", detail},
            {"GET", "/v2.1/flavors/{flavor_id}", show},
            {"POST", "/v2.1/flavors", create, http::Access::token, http::Body::json,
             std::make_shared<http::Schema>(create_schema)},
            {"PUT",
             "/v2.1/flavors/{flavor_id}",
             update,
             http::Access::token,
             http::Body::json,
             std::make_shared<http::Schema>(update_schema),
             {2, 55}},
            {"DELETE", "/v2.1/flavors/{flavor_id}", remove}};
}

} // namespace vtpmlab::cloud
