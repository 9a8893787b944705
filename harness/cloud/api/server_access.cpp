#include "cloud/api/server_access.h"

#include "cloud/api/policy.h"

#include <fmt/format.h>

namespace vtpmlab::cloud {

http::Outcome<ServerRecord> find_server(Context& cloud, const http::Request& request) {
    const auto& id = request.parameter("server_id");
    VTPMLAB_TRY(auto server, or_unexpected(cloud.store.server(id)));
    if (!server || (server->project_id != request.caller->project_id && !is_admin(*request.caller)))
        return http::refuse(404, fmt::format("Instance {} could not be found.", id));
    return std::move(*server);
}

http::Outcome<std::shared_ptr<Requester>> requester_of(Context& cloud,
                                                       const http::Request& request) {
    auto catalog = cloud.nova.catalog();
    if (!catalog)
        return unexpected_api_error("keystoneauth1.exceptions.ConnectFailure");
    return std::shared_ptr<Requester>(
        new Requester{request.caller->user_id, request.caller->project_id, request.request_id,
                      client::TokenSession(SecretValue(request.token()), *catalog),
                      client::TokenSession(SecretValue(request.token()), *catalog, &cloud.nova)});
}

} // namespace vtpmlab::cloud
