#pragma once
// The token middleware: asks Keystone over HTTP who a token is (GET /v3/auth/tokens), with a
// service user's own token, and remembers the answer as the real one does, so a revoked token goes
// on working for `cache_time`. The cache is bounded and holds digests, not tokens.

#include "http/caller.h"

#include <vtpmlab/clock.h>
#include <vtpmlab/secret_value.h>

#include <chrono>
#include <memory>
#include <string>

namespace vtpmlab::http {

struct KeystoneValidatorConfig {
    std::string auth_url; // "http://127.0.0.1:34567" or with /v3
    std::string user;     // of the service itself, in domain Default
    SecretValue password;
    std::string project = "service";
    std::chrono::seconds cache_time{300};
    std::size_t cache_size = 4096;
    std::chrono::milliseconds timeout{10000};
    std::shared_ptr<const Clock> clock; // null: the system's
};

class KeystoneValidator final : public TokenValidator {
public:
    explicit KeystoneValidator(KeystoneValidatorConfig config);
    ~KeystoneValidator() override;

    [[nodiscard]] Result<std::shared_ptr<const Identity>>
    validate(std::string_view token, AllowExpired allow_expired) override;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace vtpmlab::http
