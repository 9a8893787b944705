#pragma once
// Authentication and tokens: who may have one, what it says, and whether it still counts.

#include "http/caller.h"
#include "http/fault.h"
#include "keystone/catalog.h"
#include "keystone/store.h"

#include <vtpmlab/clock.h>

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace vtpmlab::fakes::keystone {

// So many random bytes, as text that can stand in a URL.
[[nodiscard]] std::string url_safe_random(std::size_t bytes);

enum class WithCatalog { no, yes };

struct IssuedToken {
    std::string token; // the secret itself, for X-Subject-Token only
    TokenRecord record;
};

class Tokens {
public:
    Tokens(Store& store, Catalog& catalog, std::shared_ptr<const Clock> clock,
           std::chrono::seconds lifetime);

    // `body` is that of POST /v3/auth/tokens.
    [[nodiscard]] http::Outcome<IssuedToken> authenticate(const nlohmann::json& body);
    // Null when the token is unknown, revoked or over. A token is kept for two days after it
    // expired, for those who may look at such.
    [[nodiscard]] std::optional<TokenRecord> check(std::string_view token,
                                                   http::AllowExpired allow_expired);

    // What a token says: {"token": {…}}, and as the journal shows it.
    struct Text {
        std::shared_ptr<const std::string> json, masked;
    };
    // Nothing if the user, project or last role is gone.
    [[nodiscard]] std::optional<Text> describe(const TokenRecord& record, WithCatalog with_catalog);
    [[nodiscard]] std::shared_ptr<const http::Identity> identity(const TokenRecord& record);
    // The ids of the roles it gives now.
    [[nodiscard]] std::vector<std::string> roles_of(const TokenRecord& record);
    // Whether only some requests are allowed with it, which not every service can check.
    [[nodiscard]] bool has_access_rules(const TokenRecord& record);

private:
    // authentication.cpp
    struct Authenticated;
    http::Outcome<Authenticated> by_password(const nlohmann::json& method);
    http::Outcome<Authenticated> by_token(const nlohmann::json& method);
    http::Outcome<Authenticated> by_application_credential(const nlohmann::json& method);
    http::Outcome<Scope> wanted_scope(const nlohmann::json& auth, const nlohmann::json& user);
    std::optional<nlohmann::json> find_with_domain(Kind kind, const nlohmann::json& reference);

    // Nothing when there is no role in its scope.
    std::optional<IssuedToken> issue(TokenRecord record, std::optional<Clock::Time> not_after);
    // Said of one token at one generation of the store. Every request of every service comes here,
    // and the answer changes only when somebody's name, roles or endpoints do.
    struct Said {
        std::uint64_t generation = 0;
        Text bare, with_catalog;
        std::shared_ptr<const http::Identity> identity;
    };
    std::shared_ptr<const Said> said(const TokenRecord& record);
    std::optional<nlohmann::json> description(const TokenRecord& record);

    Store& store_;
    Catalog& catalog_;
    std::shared_ptr<const Clock> clock_;
    std::chrono::seconds lifetime_;
    std::mutex mutex_;                                                  // of said_
    std::unordered_map<std::string, std::shared_ptr<const Said>> said_; // by audit id, bounded
};

// Lets the HTTP kit check tokens of requests to Keystone itself.
class OwnTokens final : public http::TokenValidator {
public:
    explicit OwnTokens(Tokens& tokens) : tokens_(tokens) {}
    [[nodiscard]] Result<std::shared_ptr<const http::Identity>>
    validate(std::string_view token, http::AllowExpired allow_expired) override;

private:
    Tokens& tokens_;
};

} // namespace vtpmlab::fakes::keystone
