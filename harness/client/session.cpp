#include "client/session.h"

#include "client/cause.h"
#include "core/iso_time.h"
#include "core/text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::client {
namespace {

constexpr std::chrono::seconds renew_before_expiry{60};

void name_cause(Headers& headers) {
    if (!Cause::current().empty())
        headers.try_emplace("X-Openstack-Request-Id", Cause::current());
}

HttpRequest prepare(const std::string& endpoint, const std::string& method, const std::string& path,
                    const RequestOptions& options, const SecretValue& token) {
    HttpRequest request;
    request.method = method;
    request.url = endpoint + path;
    request.headers = options.headers;
    if (!request.headers.contains("Accept"))
        request.headers["Accept"] = "application/json";
    if (!options.microversion.empty())
        request.headers["OpenStack-API-Version"] = options.microversion;
    if (!token.empty())
        request.headers["X-Auth-Token"] = std::string(token.reveal());
    name_cause(request.headers);
    request.body = options.body;
    request.download = options.download;
    request.deadline = options.deadline;
    return request;
}

std::string keystone_root(std::string auth_url) {
    while (auth_url.ends_with('/'))
        auth_url.pop_back();
    return auth_url.ends_with("/v3") ? auth_url : auth_url + "/v3";
}

} // namespace

Session::Session(PasswordLogin login, std::shared_ptr<const Clock> clock)
    : login_(std::move(login)),
      clock_(clock ? std::move(clock) : std::make_shared<const SystemClock>()) {}

Result<HttpResponse> Session::request(const std::string& service_type, const std::string& method,
                                      const std::string& path, const RequestOptions& options) {
    VTPMLAB_TRY(auto token, current());
    VTPMLAB_TRY(const auto url, token->catalog.endpoint(service_type));
    auto answer = send(prepare(url, method, path, options, token->value));
    if (!answer || answer->status != 401)
        return answer;
    forget(token);
    VTPMLAB_TRY(token, current());
    return send(prepare(url, method, path, options, token->value));
}

Result<std::string> Session::endpoint(const std::string& service_type) {
    VTPMLAB_TRY(const auto token, current());
    return token->catalog.endpoint(service_type);
}

Result<SecretValue> Session::token() {
    VTPMLAB_TRY(const auto token, current());
    return token->value.clone();
}

Result<Catalog> Session::catalog() {
    VTPMLAB_TRY(const auto token, current());
    return token->catalog;
}

Result<std::string> Session::user_id() {
    VTPMLAB_TRY(const auto token, current());
    return token->user_id;
}

Result<std::string> Session::project_id() {
    VTPMLAB_TRY(const auto token, current());
    return token->project_id;
}

Result<std::shared_ptr<const Session::Token>> Session::current() {
    const std::lock_guard lock(mutex_);
    if (!token_ || clock_->now() + renew_before_expiry >= token_->expires_at) {
        VTPMLAB_TRY(token_, log_in());
    }
    return token_;
}

void Session::forget(const std::shared_ptr<const Token>& token) {
    const std::lock_guard lock(mutex_);
    if (token_ == token)
        token_.reset();
}

Result<std::shared_ptr<const Session::Token>> Session::log_in() const {
    const nlohmann::json domain = {{"name", login_.domain}};
    const nlohmann::json body = {
        {"auth",
         {{"identity",
           {{"methods", {"password"}},
            {"password",
             {{"user",
               {{"name", login_.user},
                {"domain", domain},
                {"password", std::string(login_.password.reveal())}}}}}}},
          {"scope", {{"project", {{"name", login_.project}, {"domain", domain}}}}}}}};
    HttpRequest request;
    request.method = "POST";
    request.url = keystone_root(login_.auth_url) + "/auth/tokens";
    request.headers = {{"Accept", "application/json"}};
    name_cause(request.headers);
    request.body = Body::json(body);
    const std::string who = fmt::format("user {} in project {}", login_.user, login_.project);

    VTPMLAB_TRY(const auto answer, send(request));
    if (answer.status != 201)
        return fail(ErrorKind::lab, fmt::format("keystone refused {}: {}", who, answer.status),
                    request.method + " " + request.url,
                    answer.status == 401 ? "check user, project and password"
                                         : printable(answer.body, 200));
    VTPMLAB_TRY(const auto json, answer.json());
    auto token = std::make_shared<Token>();
    token->value = SecretValue(answer.header("x-subject-token"));
    try {
        const auto& described = json.at("token");
        token->user_id = described.at("user").at("id");
        token->project_id = described.at("project").at("id");
        const auto expires = parse_iso_time(described.at("expires_at").get<std::string>());
        if (token->value.empty() || !expires)
            return fail(ErrorKind::lab, "keystone's answer has no token or no expiry",
                        request.method + " " + request.url);
        token->expires_at = *expires;
        if (described.contains("catalog"))
            token->catalog = Catalog::parse(described["catalog"]);
    } catch (const nlohmann::json::exception& error) {
        return fail(ErrorKind::lab,
                    fmt::format("keystone's answer is not a token: {}", error.what()),
                    request.method + " " + request.url);
    }
    return std::shared_ptr<const Token>(std::move(token));
}

TokenSession::TokenSession(SecretValue token, Catalog catalog, Session* service)
    : token_(std::move(token)), catalog_(std::move(catalog)), service_(service) {}

Result<HttpResponse> TokenSession::request(const std::string& service_type,
                                           const std::string& method, const std::string& path,
                                           const RequestOptions& options) {
    VTPMLAB_TRY(const auto url, catalog_.endpoint(service_type));
    auto message = prepare(url, method, path, options, token_);
    if (service_) {
        VTPMLAB_TRY(const auto own, service_->token());
        message.headers["X-Service-Token"] = std::string(own.reveal());
    }
    return send(message);
}

Result<std::string> TokenSession::endpoint(const std::string& service_type) {
    return catalog_.endpoint(service_type);
}

} // namespace vtpmlab::client
