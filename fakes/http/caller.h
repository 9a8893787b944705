#pragma once
// Who makes a request, as a token says it, and the interface that finds out. What the services
// know of a person is only this.

#include <vtpmlab/clock.h>
#include <vtpmlab/result.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::http {

// One validated token.
struct Identity {
    std::string user_id;
    std::string user_name;
    std::string user_domain_id;
    std::string project_id; // empty: unscoped, domain or system scope
    std::string project_name;
    std::string project_domain_id;
    std::string domain_id; // of a domain-scoped token
    bool system_scope = false;
    bool is_admin_project = true;
    std::vector<std::string> roles;
    Clock::Time expires_at{};

    [[nodiscard]] bool has_role(std::string_view role) const;
};

// The user's token, and the service's own beside it (X-Service-Token) if there is one.
struct Caller : Identity {
    std::optional<Identity> service;
};

enum class AllowExpired { no, yes };

class TokenValidator {
public:
    TokenValidator() = default;
    TokenValidator(const TokenValidator&) = delete;
    TokenValidator& operator=(const TokenValidator&) = delete;
    virtual ~TokenValidator() = default;

    // Null: Keystone does not accept this token. An error: Keystone could not be asked.
    // `allow_expired` is for a user's token that comes with a valid service token.
    [[nodiscard]] virtual Result<std::shared_ptr<const Identity>>
    validate(std::string_view token, AllowExpired allow_expired) = 0;
};

} // namespace vtpmlab::http
