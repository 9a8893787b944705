#include "runner/secrets.h"

#include "runner/api.h"

#include <fmt/format.h>

#include <algorithm>

namespace vtpmlab::runner {
namespace {

using nlohmann::json;

constexpr int page = 100;

std::string id_of(const json& secret) {
    const auto ref = secret.value("secret_ref", std::string{});
    return ref.substr(ref.rfind('/') + 1);
}

std::string payload_path(const std::string& id) {
    return "/v1/secrets/" + percent_encoded(id) + "/payload";
}

} // namespace

std::string secret_name_for(const std::string& server_id) {
    return "vTPM secret for instance " + server_id;
}

Result<json> list_secrets(client::Session& session, Deadline deadline) {
    json all = json::array();
    for (;;) {
        ApiCall list;
        list.service = "key-manager";
        list.path = fmt::format("/v1/secrets?limit={}&offset={}", page, all.size());
        VTPMLAB_TRY(const auto answer, must(session, list, deadline));
        const json found = answer.body.value("secrets", json::array());
        for (json secret : found) {
            secret["id"] = id_of(secret);
            all.push_back(std::move(secret));
        }
        if (found.size() < page)
            return all;
    }
}

Result<ServerSecret> secret_of_server(client::Session& session, const std::string& persona,
                                      const std::string& server_id, const json& secrets,
                                      Deadline deadline) {
    const std::string name = secret_name_for(server_id);
    for (const auto& secret : secrets) {
        if (secret.value("name", json()) != name)
            continue;
        ServerSecret found;
        found.id = secret.at("id").get<std::string>();
        VTPMLAB_TRY(found.passphrase, read_payload(session, found.id, deadline));
        return found;
    }
    return fail(ErrorKind::product,
                fmt::format("persona {} sees no secret named '{}'", persona, name), {},
                "the step must be done `by:` the persona that made the server");
}

Result<PayloadAnswer> ask_payload(client::ServiceClient& session, const std::string& id,
                                  Deadline deadline) {
    client::RequestOptions options;
    options.headers["Accept"] = "application/octet-stream";
    options.deadline = std::max(std::chrono::duration_cast<std::chrono::milliseconds>(
                                    deadline - std::chrono::steady_clock::now()),
                                std::chrono::milliseconds{1});
    VTPMLAB_TRY(auto response, session.request("key-manager", "GET", payload_path(id), options));
    PayloadAnswer answer;
    answer.status = response.status;
    if (!response.is_success()) {
        answer.message = refusal_text(response);
        return answer;
    }
    answer.payload = SecretValue(std::string_view{response.body});
    // The plain copy goes at once; the string's own storage would keep it after the free.
    std::fill(response.body.begin(), response.body.end(), '\0');
    return answer;
}

Result<SecretValue> read_payload(client::Session& session, const std::string& id,
                                 Deadline deadline) {
    VTPMLAB_TRY(auto answer, ask_payload(session, id, deadline));
    if (!answer.payload)
        return fail(ErrorKind::product,
                    fmt::format("the payload of secret {} cannot be read: {} {}", id, answer.status,
                                answer.message),
                    "GET " + payload_path(id));
    return std::move(*answer.payload);
}

} // namespace vtpmlab::runner
