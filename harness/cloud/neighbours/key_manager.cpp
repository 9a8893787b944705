#include "cloud/neighbours/key_manager.h"

#include "core/text.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using Failure = tl::unexpected<KeyManagerError>;

constexpr const char* service = "key-manager";
constexpr const char* wanted_version = "key-manager 1.1";

Failure failed(const std::string& text) {
    return Failure(KeyManagerError{KeyManagerError::Kind::failed, "Key manager error: " + text});
}

// The member when it is a text; bodies of another shape are answers like any other.
std::string text_at(const json& body, const char* key) {
    const auto found = body.is_object() ? body.find(key) : body.end();
    return body.is_object() && found != body.end() && found->is_string() ? found->get<std::string>()
                                                                         : std::string();
}

// barbicanclient makes "title: description" of an error's body.
std::string text_of(const client::HttpResponse& answer) {
    const auto body = json::parse(answer.body, nullptr, false);
    const auto title = text_at(body, "title"), description = text_at(body, "description");
    if (title.empty())
        return fmt::format("{} {}", answer.status, printable(answer.body, 200));
    return description.empty() ? title : fmt::format("{}: {}", title, description);
}

client::RequestOptions accepting(std::string content_type, const std::string& version) {
    client::RequestOptions options;
    options.headers["Accept"] = std::move(content_type);
    options.microversion = version;
    return options;
}

} // namespace

KeyManagerResult<std::string> KeyManager::discover() {
    const auto endpoint = caller_.endpoint(service);
    if (!endpoint)
        return failed(endpoint.error().message);
    client::HttpRequest request;
    request.url = *endpoint;
    request.headers = {{"Accept", "application/json"}, {"OpenStack-API-Version", wanted_version}};
    const auto answer = client::send(request);
    if (!answer)
        return failed(answer.error().message);
    if (answer->status == 406)
        return failed("key-manager 1.1 is not supported: " + text_of(*answer));
    const auto body = json::parse(answer->body, nullptr, false);
    if ((answer->status != 300 && answer->status != 200) || !body.is_object())
        return failed("discovery: " + text_of(*answer));
    // An old Barbican answers {"versions": {"values": […]}} with status "stable": no microversions.
    const auto& versions = body.value("versions", json());
    if (versions.is_array())
        for (const auto& version : versions)
            if (text_at(version, "id") == "v1" && version.contains("max_version"))
                return wanted_version;
    return std::string();
}

KeyManagerResult<client::HttpResponse> KeyManager::call(const std::string& method,
                                                        const std::string& path,
                                                        client::RequestOptions options) {
    const auto answer = caller_.request(service, method, path, options);
    if (!answer)
        return failed(answer.error().message);
    if (answer->status == 404)
        return Failure(KeyManagerError{KeyManagerError::Kind::not_found,
                                       "Key not found, uuid: " + path.substr(path.rfind('/') + 1)});
    if (!answer->is_success())
        return failed(text_of(*answer));
    return *answer;
}

KeyManagerResult<client::HttpResponse> KeyManager::metadata(const std::string& uuid,
                                                            const std::string& version) {
    return call("GET", "/v1/secrets/" + uuid, accepting("application/json", version));
}

KeyManagerResult<std::string> KeyManager::store(const std::string& name,
                                                const SecretValue& passphrase) {
    const auto version = discover();
    if (!version)
        return Failure(version.error());
    auto options = accepting("application/json", *version);
    options.body = client::Body::json({{"name", name},
                                       {"secret_type", "passphrase"},
                                       {"payload", base64_encode(passphrase.bytes())},
                                       {"payload_content_type", "application/octet-stream"},
                                       {"payload_content_encoding", "base64"}});
    const auto answer = call("POST", "/v1/secrets/", std::move(options));
    if (!answer)
        return Failure(answer.error());
    const auto body = json::parse(answer->body, nullptr, false);
    const auto reference = text_at(body, "secret_ref");
    const auto uuid = reference.substr(reference.rfind('/') + 1);
    if (!is_uuid(uuid))
        return failed(fmt::format("no secret reference in '{}'", printable(answer->body, 200)));
    return uuid;
}

KeyManagerResult<SecretValue> KeyManager::get(const std::string& uuid) {
    const auto version = discover();
    if (!version)
        return Failure(version.error());
    const auto described = metadata(uuid, *version);
    if (!described)
        return Failure(described.error());
    const auto body = json::parse(described->body, nullptr, false);
    const auto type =
        text_at(body.is_object() ? body.value("content_types", json()) : json(), "default");
    if (type.empty())
        return failed(fmt::format("secret {} has no payload", uuid));
    const auto payload = call("GET", "/v1/secrets/" + uuid + "/payload", accepting(type, *version));
    if (!payload)
        return Failure(payload.error());
    return SecretValue(payload->body);
}

KeyManagerResult<void> KeyManager::remove(const std::string& uuid) {
    const auto version = discover();
    if (!version)
        return Failure(version.error());
    // barbicanclient reads the consumers before it deletes (spec: nova-vtpm §KEY-7).
    if (const auto described = metadata(uuid, *version); !described)
        return Failure(described.error());
    const auto answer =
        call("DELETE", "/v1/secrets/" + uuid, accepting("application/json", *version));
    if (!answer)
        return Failure(answer.error());
    return {};
}

} // namespace vtpmlab::cloud
