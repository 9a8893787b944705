// /servers/{id}/metadata: what people write beside a server.

#include "cloud/api/api.h"
#include "cloud/api/parameter_types.h"
#include "cloud/api/policy.h"
#include "cloud/api/server_access.h"
#include "cloud/state/state_rules.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <functional>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using Answer = http::Outcome<http::Response>;

class ServerMetadata {
public:
    explicit ServerMetadata(Api& api) : cloud_(api.cloud) {}

    [[nodiscard]] Answer list(const http::Request& request) const {
        VTPMLAB_TRY(const auto server, read(request, "index"));
        return http::Response::json(200, {{"metadata", server.metadata}});
    }

    [[nodiscard]] Answer show(const http::Request& request) const {
        VTPMLAB_TRY(const auto server, read(request, "show"));
        const auto found = server.metadata.find(request.parameter("key"));
        if (found == server.metadata.end())
            return no_such_key();
        return http::Response::json(200, {{"meta", {{found->first, found->second}}}});
    }

    // POST adds to what is there, PUT replaces it.
    enum class Rest { stays, goes };
    [[nodiscard]] Answer write(const http::Request& request, Rest rest) const {
        VTPMLAB_TRY(const auto body, request.json());
        const auto given = body.at("metadata").get<Properties>();
        VTPMLAB_TRY(const auto server,
                    change(request, rest == Rest::stays ? "create" : "update_all",
                           "update metadata", [&](Properties& metadata) {
                               if (rest == Rest::goes)
                                   metadata.clear();
                               for (const auto& [key, value] : given)
                                   metadata[key] = value;
                           }));
        return http::Response::json(200, {{"metadata", server.metadata}});
    }

    [[nodiscard]] Answer write_one(const http::Request& request) const {
        VTPMLAB_TRY(const auto body, request.json());
        const auto& meta = body.at("meta");
        const auto& key = request.parameter("key");
        if (!meta.contains(key))
            return http::refuse(400, "Request body and URI mismatch");
        VTPMLAB_CHECK(change(request, "update", "update metadata", [&](Properties& metadata) {
            metadata[key] = meta.at(key).get<std::string>();
        }));
        return http::Response::json(200, {{"meta", meta}});
    }

    [[nodiscard]] Answer remove(const http::Request& request) const {
        VTPMLAB_TRY(const auto server, read(request, "delete", Need::project_member));
        if (server.metadata.count(request.parameter("key")) == 0)
            return no_such_key();
        VTPMLAB_CHECK(change(request, "delete", "delete metadata", [&](Properties& metadata) {
            metadata.erase(request.parameter("key"));
        }));
        return http::Response::empty(204);
    }

private:
    static tl::unexpected<http::Fault> no_such_key() {
        return http::refuse(404, "Metadata item was not found");
    }

    [[nodiscard]] http::Outcome<ServerRecord> read(const http::Request& request, const char* action,
                                                   Need need = Need::project_reader) const {
        VTPMLAB_TRY(auto server, find_server(cloud_, request));
        VTPMLAB_CHECK(authorize(cloud_.profile, *request.caller, need,
                                fmt::format("os_compute_api:server-metadata:{}", action),
                                server.project_id));
        return server;
    }

    // In the states nova/compute/api.py names for update_instance_metadata.
    [[nodiscard]] http::Outcome<ServerRecord>
    change(const http::Request& request, const char* action, std::string_view name,
           const std::function<void(Properties&)>& how) const {
        VTPMLAB_TRY(const auto server, read(request, action, Need::project_member));
        const StateRule rule{
            name, {VmState::active, VmState::paused, VmState::suspended, VmState::stopped}, {}};
        std::optional<std::string> violation;
        VTPMLAB_TRY(const auto changed,
                    or_unexpected(cloud_.store.change_server(server.id, [&](ServerRecord& record) {
                        violation = state_violation(rule, record, is_admin(*request.caller));
                        if (violation)
                            return;
                        how(record.metadata);
                        record.updated_at = cloud_.clock->now();
                    })));
        if (violation)
            return http::refuse(409, *violation);
        if (!changed)
            return http::refuse(404, fmt::format("Instance {} could not be found.", server.id));
        return *changed;
    }

    Context& cloud_;
};

} // namespace

std::vector<http::Route> server_metadata_routes(Api& api) {
    const auto data = std::make_shared<ServerMetadata>(api);
    const auto schema = [](const char* key, const std::string& more) {
        return std::make_shared<http::Schema>(fmt::format(
            R"({{"type": "object", "required": ["{0}"], "additionalProperties": false,
                "properties": {{"{0}": {{"allOf": [{1}{2}]}}}}}})",
            key, parameter::metadata, more));
    };
    const std::string all = "/v2.1/servers/{server_id}/metadata";
    const std::string one = all + "/{key}";
    using Rest = ServerMetadata::Rest;
    return {{"GET", all, [data](const http::Request& r) { return data->list(r); }},
            {"POST", all, [data](const http::Request& r) { return data->write(r, Rest::stays); },
             http::Access::token, http::Body::json, schema("metadata", "")},
            {"PUT", all, [data](const http::Request& r) { return data->write(r, Rest::goes); },
             http::Access::token, http::Body::json, schema("metadata", "")},
            {"GET", one, [data](const http::Request& r) { return data->show(r); }},
            {"PUT", one, [data](const http::Request& r) { return data->write_one(r); },
             http::Access::token, http::Body::json,
             schema("meta", R"(, {"minProperties": 1, "maxProperties": 1})")},
            {"DELETE", one, [data](const http::Request& r) { return data->remove(r); }}};
}

} // namespace vtpmlab::cloud
