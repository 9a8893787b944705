// /os-keypairs: of the caller, or for an admin of another user from 2.10 on.

#include "cloud/api/api.h"
#include "cloud/api/paging.h"
#include "cloud/api/policy.h"
#include "cloud/key_pair.h"
#include "http/timestamp.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using Answer = http::Outcome<http::Response>;
using http::Microversion;

constexpr const char* name_part = R"("name": {"type": "string", "minLength": 1, "maxLength": 255})";

// The body of one range of microversions. Source: nova/api/openstack/compute/schemas/keypairs.py.
std::shared_ptr<http::Schema> create_schema(const std::string& more, const char* required) {
    return std::make_shared<http::Schema>(
        fmt::format(R"({{"type": "object", "required": ["keypair"], "additionalProperties": false,
            "properties": {{"keypair": {{"type": "object", "required": [{}],
                "additionalProperties": false,
                "properties": {{{}, "public_key": {{"type": "string"}}{}}}}}}}}})",
                    required, name_part, more));
}

bool at_least(const http::Request& request, int minor) {
    return request.microversion >= Microversion{2, minor};
}

tl::unexpected<http::Fault> invalid(const std::string& reason) {
    return http::refuse(400, "Keypair data is invalid: " + reason);
}

// spec: nova/compute/api.py, KeypairAPI._validate_new_key_pair; 2.92 allows two more.
bool is_safe_name(const http::Request& request, const std::string& name) {
    const std::string_view more = at_least(request, 92) ? "_- @." : "_- ";
    return std::all_of(name.begin(), name.end(), [&](unsigned char c) {
        return std::isalnum(c) != 0 || more.find(static_cast<char>(c)) != std::string_view::npos;
    });
}

json summary(const http::Request& request, const KeyPair& pair) {
    json view = {
        {"name", pair.name}, {"public_key", pair.public_key}, {"fingerprint", pair.fingerprint}};
    if (at_least(request, 2))
        view["type"] = pair.type;
    return view;
}

class KeyPairs {
public:
    explicit KeyPairs(Api& api) : cloud_(api.cloud) {}

    [[nodiscard]] Answer list(const http::Request& request) const {
        VTPMLAB_TRY(const auto user, user_of(request, "index", asked_user(request)));
        VTPMLAB_TRY(auto pairs, or_unexpected(cloud_.store.key_pairs(user)));
        json body;
        if (at_least(request, 35)) {
            VTPMLAB_TRY(const auto next, cut_page(request, pairs, UnknownMarker::as_sentence,
                                                  [](const KeyPair& pair) { return pair.name; }));
            if (!next.empty())
                body["keypairs_links"] = {{{"rel", "next"}, {"href", next}}};
        }
        body["keypairs"] = json::array();
        for (const auto& pair : pairs)
            body["keypairs"].push_back({{"keypair", summary(request, pair)}});
        return http::Response::json(200, body);
    }

    [[nodiscard]] Answer show(const http::Request& request) const {
        VTPMLAB_TRY(const auto user, user_of(request, "show", asked_user(request)));
        const auto& name = request.parameter("name");
        VTPMLAB_TRY(const auto pairs, or_unexpected(cloud_.store.key_pairs(user)));
        const auto found = std::find_if(pairs.begin(), pairs.end(),
                                        [&](const KeyPair& pair) { return pair.name == name; });
        if (found == pairs.end())
            return not_found(name, user);
        json view = summary(request, *found);
        view["id"] = found->number;
        view["user_id"] = found->user_id;
        view["created_at"] = http::timestamp_naive(found->created_at);
        view["updated_at"] = view["deleted_at"] = json();
        view["deleted"] = false;
        return http::Response::json(200, {{"keypair", view}});
    }

    [[nodiscard]] Answer create(const http::Request& request) const {
        VTPMLAB_TRY(const auto body, request.json());
        const auto& asked = body.at("keypair");
        VTPMLAB_TRY(const auto user,
                    user_of(request, "create", asked.value("user_id", std::string{})));
        KeyPair pair;
        pair.user_id = user;
        pair.name = asked.at("name");
        pair.type = asked.value("type", pair.type);
        pair.created_at = cloud_.clock->now();
        if (pair.name.front() == ' ' || pair.name.back() == ' ')
            return http::refuse(400, fmt::format("Invalid input for field/attribute name. Value: "
                                                 "{}. '{}' does not match",
                                                 pair.name, pair.name));
        if (!is_safe_name(request, pair.name))
            return invalid("Keypair name contains unsafe characters");
        SecretValue private_key;
        if (asked.contains("public_key")) {
            pair.public_key = asked["public_key"];
        } else if (pair.type == "ssh") {
            auto made = new_ssh_key();
            if (!made)
                return unexpected_api_error("nova.exception.InvalidKeypair");
            pair.public_key = std::move(made->public_key);
            private_key = std::move(made->private_key);
        } else {
            return http::refuse(501, "Certificates are not made here; import one as public_key.");
        }
        const auto fingerprint = pair.type == "ssh" ? ssh_fingerprint(pair.public_key)
                                                    : x509_fingerprint(pair.public_key);
        if (!fingerprint)
            return invalid("failed to generate fingerprint");
        pair.fingerprint = *fingerprint;
        VTPMLAB_TRY(const bool added, or_unexpected(cloud_.store.add_key_pair(pair)));
        if (!added)
            return http::refuse(409, fmt::format("Key pair '{}' already exists.", pair.name));
        json view = summary(request, pair);
        view["user_id"] = user;
        if (!private_key.empty())
            view["private_key"] = std::string(private_key.reveal());
        return http::Response::json(at_least(request, 2) ? 201 : 200, {{"keypair", view}});
    }

    [[nodiscard]] Answer remove(const http::Request& request) const {
        VTPMLAB_TRY(const auto user, user_of(request, "delete", asked_user(request)));
        const auto& name = request.parameter("name");
        VTPMLAB_TRY(const bool removed, or_unexpected(cloud_.store.remove_key_pair(user, name)));
        if (!removed)
            return not_found(name, user);
        return http::Response::empty(at_least(request, 2) ? 204 : 202);
    }

private:
    static std::string asked_user(const http::Request& request) {
        const auto* user = request.query.find("user_id");
        return user != nullptr && at_least(request, 10) ? *user : std::string();
    }

    // The user whose pairs these are. Others' are for admins.
    [[nodiscard]] http::Outcome<std::string>
    user_of(const http::Request& request, const char* action, const std::string& asked) const {
        const auto& caller = *request.caller;
        if (asked.empty() || asked == caller.user_id)
            return caller.user_id;
        VTPMLAB_CHECK(authorize(cloud_.profile, caller, Need::admin,
                                fmt::format("os_compute_api:os-keypairs:{}", action), ""));
        return asked;
    }

    static tl::unexpected<http::Fault> not_found(const std::string& name, const std::string& user) {
        return http::refuse(404, fmt::format("Keypair {} not found for user {}", name, user));
    }

    Context& cloud_;
};

} // namespace

std::vector<http::Route> key_pair_routes(Api& api) {
    const auto pairs = std::make_shared<KeyPairs>(api);
    const auto create = [pairs](const http::Request& r) { return pairs->create(r); };
    const std::string type = R"(, "type": {"type": "string", "enum": ["ssh", "x509"]})";
    const std::string user = type + R"(, "user_id": {"type": "string", "maxLength": 255})";
    const auto creating = [&](const std::string& more, const char* required, Microversion since,
                              Microversion until) {
        return http::Route{
            "POST",           "/v2.1/os-keypairs",           create, http::Access::token,
            http::Body::json, create_schema(more, required), since,  until};
    };
    return {
        {"GET", "/v2.1/os-keypairs", [pairs](const http::Request& r) { return pairs->list(r); }},
        {"GET", "/v2.1/os-keypairs/{name}",
         [pairs](const http::Request& r) { return pairs->show(r); }},
        {"DELETE", "/v2.1/os-keypairs/{name}",
         [pairs](const http::Request& r) { return pairs->remove(r); }},
        creating("", R"("name")", {2, 1}, {2, 1}),
        creating(type, R"("name")", {2, 2}, {2, 9}),
        creating(user, R"("name")", {2, 10}, {2, 91}),
        // From 2.92 on Nova makes no keys any more.
        creating(user, R"("name", "public_key")", {2, 92}, {2, 999})};
}

} // namespace vtpmlab::cloud
