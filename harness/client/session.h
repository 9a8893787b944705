#pragma once
// Talking to the services of an OpenStack cloud as somebody: a person with a password (Session) or
// the bearer of a token that somebody else was given (TokenSession). Both find the service in the
// catalog of their token and send microversion, body and token; the answer's status is the
// caller's business.
//
// All calls are thread-safe. Tokens live in SecretValue and reach nothing but the header.

#include "client/catalog.h"
#include "client/http.h"

#include <vtpmlab/clock.h>
#include <vtpmlab/result.h>
#include <vtpmlab/secret_value.h>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace vtpmlab::client {

struct RequestOptions {
    std::string microversion; // "placement 1.36", sent as OpenStack-API-Version
    Headers headers;
    std::optional<Body> body;
    std::optional<Download> download;
    std::chrono::milliseconds deadline = std::chrono::seconds{60};
};

class ServiceClient {
public:
    ServiceClient() = default;
    ServiceClient(const ServiceClient&) = delete;
    ServiceClient& operator=(const ServiceClient&) = delete;
    virtual ~ServiceClient() = default;

    // `path` is put after the catalog's URL: "/v2/images/…", already percent-encoded; empty for
    // the root itself.
    [[nodiscard]] virtual Result<HttpResponse> request(const std::string& service_type,
                                                       const std::string& method,
                                                       const std::string& path,
                                                       const RequestOptions& options = {}) = 0;
    [[nodiscard]] virtual Result<std::string> endpoint(const std::string& service_type) = 0;
};

struct PasswordLogin {
    std::string auth_url; // "http://127.0.0.1:5000" or ".../v3"
    std::string user;
    std::string project;
    SecretValue password;
    std::string domain = "Default";
};

class Session final : public ServiceClient {
public:
    // Does not yet ask Keystone; the first request does. No clock means the system's.
    explicit Session(PasswordLogin login, std::shared_ptr<const Clock> clock = nullptr);

    // A token that expires is renewed a minute before; one that was revoked, after the 401.
    [[nodiscard]] Result<HttpResponse> request(const std::string& service_type,
                                               const std::string& method, const std::string& path,
                                               const RequestOptions& options = {}) override;
    [[nodiscard]] Result<std::string> endpoint(const std::string& service_type) override;

    [[nodiscard]] Result<SecretValue> token();
    [[nodiscard]] Result<Catalog> catalog();
    [[nodiscard]] Result<std::string> user_id();
    [[nodiscard]] Result<std::string> project_id();

private:
    struct Token {
        SecretValue value;
        std::string user_id;
        std::string project_id;
        Clock::Time expires_at;
        Catalog catalog;
    };
    [[nodiscard]] Result<std::shared_ptr<const Token>> current();
    [[nodiscard]] Result<std::shared_ptr<const Token>> log_in() const;
    void forget(const std::shared_ptr<const Token>& token);

    PasswordLogin login_;
    std::shared_ptr<const Clock> clock_;
    std::mutex mutex_;
    std::shared_ptr<const Token> token_;
};

// The bearer of a user's token, as the compute service is while it acts for that user. With
// `service` its own token goes along as X-Service-Token. Such a token cannot be renewed: a 401 is
// an answer like any other.
class TokenSession final : public ServiceClient {
public:
    TokenSession(SecretValue token, Catalog catalog, Session* service = nullptr);

    [[nodiscard]] Result<HttpResponse> request(const std::string& service_type,
                                               const std::string& method, const std::string& path,
                                               const RequestOptions& options = {}) override;
    [[nodiscard]] Result<std::string> endpoint(const std::string& service_type) override;

    [[nodiscard]] const Catalog& catalog() const { return catalog_; }
    [[nodiscard]] SecretValue token() const { return token_.clone(); }

private:
    SecretValue token_;
    Catalog catalog_;
    Session* service_;
};

} // namespace vtpmlab::client
