#include "http/keystone_validator.h"

#include "http/json.h"
#include "http/timestamp.h"

#include <fmt/format.h>
#include <httplib.h>
#include <nlohmann/json.hpp>
#include <openssl/sha.h>

#include <list>
#include <mutex>
#include <unordered_map>

namespace vtpmlab::http {

namespace {

constexpr auto renewal_margin = std::chrono::seconds(30);

std::string digest_of(std::string_view token) {
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(),
           reinterpret_cast<unsigned char*>(digest.data()));
    return digest;
}

std::string text_at(const nlohmann::json& value, const char* pointer) {
    const nlohmann::json::json_pointer place(pointer);
    return value.contains(place) && value.at(place).is_string() ? value.at(place).get<std::string>()
                                                                : std::string();
}

std::optional<Identity> identity_from(const nlohmann::json& body) {
    const auto token = body.find("token");
    if (token == body.end() || !token->is_object())
        return std::nullopt;
    Identity identity;
    identity.user_id = text_at(*token, "/user/id");
    identity.user_name = text_at(*token, "/user/name");
    identity.user_domain_id = text_at(*token, "/user/domain/id");
    identity.project_id = text_at(*token, "/project/id");
    identity.project_name = text_at(*token, "/project/name");
    identity.project_domain_id = text_at(*token, "/project/domain/id");
    identity.domain_id = text_at(*token, "/domain/id");
    identity.system_scope = token->contains("system");
    identity.is_admin_project = token->value("is_admin_project", true);
    if (const auto roles = token->find("roles"); roles != token->end() && roles->is_array())
        for (const auto& role : *roles)
            identity.roles.push_back(text_at(role, "/name"));
    const auto expires = parse_timestamp(text_at(*token, "/expires_at"));
    if (!expires || identity.user_id.empty())
        return std::nullopt;
    identity.expires_at = *expires;
    return identity;
}

// "http://127.0.0.1:1/v3" → "http://127.0.0.1:1"
std::string origin_of(std::string url) {
    const auto scheme = url.find("://");
    const auto slash = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
    return slash == std::string::npos ? url : url.substr(0, slash);
}

} // namespace

class KeystoneValidator::Impl {
public:
    explicit Impl(KeystoneValidatorConfig config)
        : config_(std::move(config)), client_(origin_of(config_.auth_url)) {
        if (!config_.clock)
            config_.clock = std::make_shared<SystemClock>();
        client_.set_keep_alive(true);
        client_.set_tcp_nodelay(true);
        const auto timeout = config_.timeout;
        client_.set_connection_timeout(timeout);
        client_.set_read_timeout(timeout);
        client_.set_write_timeout(timeout);
    }

    Result<std::shared_ptr<const Identity>> validate(std::string_view token, AllowExpired allow) {
        const std::string key = digest_of(token);
        if (auto known = remembered(key, allow))
            return *known;
        // One question at a time: Keystone is asked once for a token many requests bring at once.
        const std::lock_guard lock(asking_);
        if (auto known = remembered(key, allow))
            return *known;
        VTPMLAB_TRY(auto identity, ask(token, allow));
        if (identity)
            remember(key, identity);
        return identity;
    }

private:
    struct Entry {
        std::string key;
        std::shared_ptr<const Identity> identity;
        Clock::Time until;
    };

    std::optional<std::shared_ptr<const Identity>> remembered(const std::string& key,
                                                              AllowExpired allow) {
        const std::lock_guard lock(mutex_);
        const auto found = index_.find(key);
        if (found == index_.end())
            return std::nullopt;
        const auto now = config_.clock->now();
        const auto entry = found->second;
        if (entry->until <= now) {
            entries_.erase(entry);
            index_.erase(found);
            return std::nullopt;
        }
        if (entry->identity->expires_at <= now && allow == AllowExpired::no)
            return std::shared_ptr<const Identity>();
        entries_.splice(entries_.begin(), entries_, entry);
        return entry->identity;
    }

    void remember(const std::string& key, std::shared_ptr<const Identity> identity) {
        const std::lock_guard lock(mutex_);
        entries_.push_front({key, std::move(identity), config_.clock->now() + config_.cache_time});
        index_[key] = entries_.begin();
        while (entries_.size() > config_.cache_size) {
            index_.erase(entries_.back().key);
            entries_.pop_back();
        }
    }

    Result<std::shared_ptr<const Identity>> ask(std::string_view token, AllowExpired allow) {
        // A second time if our own token was refused (Keystone may have forgotten it).
        for (int attempt = 0; attempt < 2; ++attempt) {
            VTPMLAB_CHECK(renew_own_token());
            const std::string path =
                allow == AllowExpired::yes ? "/v3/auth/tokens?allow_expired=1" : "/v3/auth/tokens";
            const auto answer = client_.Get(
                path.c_str(), httplib::Headers{{"X-Auth-Token", std::string(own_.reveal())},
                                               {"X-Subject-Token", std::string(token)}});
            if (!answer && attempt == 0)
                continue; // Keystone may have closed the idle connection just now
            if (!answer)
                return unreachable("GET /v3/auth/tokens", httplib::to_string(answer.error()));
            if (answer->status == 401) {
                own_ = SecretValue();
                continue;
            }
            if (answer->status != 200)
                return std::shared_ptr<const Identity>();
            const auto body = parse_json(answer->body);
            auto identity = body ? identity_from(*body) : std::nullopt;
            if (!identity)
                return fail(ErrorKind::lab, "Keystone's answer about a token is not understood",
                            "GET /v3/auth/tokens");
            return std::make_shared<const Identity>(std::move(*identity));
        }
        return fail(
            ErrorKind::lab,
            fmt::format("Keystone refuses the token of the service user '{}'", config_.user),
            "GET /v3/auth/tokens");
    }

    Status renew_own_token() {
        if (!own_.empty() && own_expires_ > config_.clock->now() + renewal_margin)
            return {};
        const nlohmann::json domain = {{"name", "Default"}};
        const nlohmann::json request = {
            {"auth",
             {{"identity",
               {{"methods", nlohmann::json::array({"password"})},
                {"password",
                 {{"user",
                   {{"name", config_.user},
                    {"domain", domain},
                    {"password", std::string(config_.password.reveal())}}}}}}},
              {"scope", {{"project", {{"name", config_.project}, {"domain", domain}}}}}}}};
        const auto answer =
            client_.Post("/v3/auth/tokens?nocatalog", dump_json(request), "application/json");
        if (!answer)
            return unreachable("POST /v3/auth/tokens", httplib::to_string(answer.error()));
        const auto body = parse_json(answer->body);
        const auto identity = body ? identity_from(*body) : std::nullopt;
        if (answer->status != 201 || !identity)
            return fail(ErrorKind::lab,
                        fmt::format("Keystone refuses the service user '{}' with status {}",
                                    config_.user, answer->status),
                        "POST /v3/auth/tokens", "check its password and project");
        own_ = SecretValue(answer->get_header_value("X-Subject-Token"));
        own_expires_ = identity->expires_at;
        return {};
    }

    [[nodiscard]] tl::unexpected<Error> unreachable(const std::string& call,
                                                    const std::string& reason) const {
        return fail(ErrorKind::lab,
                    fmt::format("cannot reach Keystone at {}: {}", config_.auth_url, reason), call);
    }

    KeystoneValidatorConfig config_;

    std::mutex asking_; // of the client and our own token
    httplib::Client client_;
    SecretValue own_;
    Clock::Time own_expires_{};

    std::mutex mutex_; // of the cache, newest first
    std::list<Entry> entries_;
    std::unordered_map<std::string, std::list<Entry>::iterator> index_;
};

KeystoneValidator::KeystoneValidator(KeystoneValidatorConfig config)
    : impl_(std::make_unique<Impl>(std::move(config))) {}
KeystoneValidator::~KeystoneValidator() = default;

Result<std::shared_ptr<const Identity>> KeystoneValidator::validate(std::string_view token,
                                                                    AllowExpired allow_expired) {
    return impl_->validate(token, allow_expired);
}

} // namespace vtpmlab::http
