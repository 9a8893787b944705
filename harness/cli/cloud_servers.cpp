#include "cli/cloud_servers.h"

#include "client/session.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::cli {
namespace {

using nlohmann::json;
constexpr auto answers_within = std::chrono::seconds{10};

std::string text_at(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

} // namespace

Result<std::vector<CloudServer>> servers_of(const CloudRecord& cloud) {
    client::Session admin(client::PasswordLogin{cloud.auth_url, "admin", cloud.admin_project,
                                                cloud.admin_password.clone()});
    client::RequestOptions options;
    options.deadline = answers_within;
    std::vector<CloudServer> servers;
    // The cloud gives a page at a time; there is nothing behind the last one.
    for (std::string marker;;) {
        const auto page = "/servers/detail?all_tenants=1" + marker;
        VTPMLAB_TRY(const auto answer, admin.request("compute", "GET", page, options));
        const auto body = json::parse(answer.body, nullptr, false);
        if (answer.status != 200 || !body.is_object() || !body.contains("servers"))
            return fail(ErrorKind::lab, fmt::format("the cloud did not tell its servers: status {}",
                                                    answer.status));
        for (const auto& server : body["servers"])
            servers.push_back({text_at(server, "id"), text_at(server, "name"),
                               text_at(server, "status"), text_at(server, "OS-EXT-SRV-ATTR:host")});
        if (!body.contains("servers_links") || servers.empty())
            break;
        marker = "&marker=" + servers.back().id;
    }
    return servers;
}

} // namespace vtpmlab::cli
