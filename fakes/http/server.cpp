#include "http/server.h"

#include "http/control_routes.h"
#include "http/fault_injection.h"
#include "http/fault_plan.h"
#include "http/http_protocol.h"
#include "http/json.h"
#include "http/listener.h"
#include "http/masking.h"
#include "http/percent.h"
#include "http/router.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <atomic>

namespace vtpmlab::http {

namespace {

// "http://127.0.0.1:1" from the Host header, if that is one; never an echo of anything else.
std::string base_url_of(const Request& request, const std::string& own) {
    const std::string_view host = request.headers.value("Host");
    constexpr std::string_view allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]";
    if (host.empty() || host.size() > 255 ||
        host.find_first_not_of(allowed) != std::string_view::npos)
        return own;
    return "http://" + std::string(host);
}

bool is_request_id(std::string_view text) {
    return text.size() == 40 && text.substr(0, 4) == "req-" && is_uuid(text.substr(4));
}

// "/nova/vtpm" of a target, and what stands behind the question mark.
std::pair<std::string_view, std::string_view> split_target(std::string_view target) {
    // An absolute target ("GET http://host/path") is allowed to proxies' clients.
    if (const auto scheme = target.find("://");
        scheme != std::string_view::npos && scheme < target.find('/')) {
        const auto slash = target.find('/', scheme + 3);
        target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
    }
    const auto question = target.find('?');
    if (question == std::string_view::npos)
        return {target, {}};
    return {target.substr(0, question), target.substr(question + 1)};
}

bool is_control_target(std::string_view target) {
    const std::string_view path = split_target(target).first;
    return path == control_path || path.starts_with(std::string(control_path) + "/");
}

} // namespace

class Server::Impl {
public:
    explicit Impl(ServerConfig config) : config_(std::move(config)), router_(config_.routes) {
        if (config_.steering.faults)
            config_.steering.faults->know(config_.service, config_.routes);
        config_.routes.clear();
        if (config_.steering.control)
            control_.emplace(
                control_routes({config_.service, *config_.steering.control, config_.state,
                                config_.journal, config_.steering.faults, &stopping_}));
        if (!config_.dialect)
            config_.dialect = std::make_shared<Dialect>();
        if (!config_.clock)
            config_.clock = std::make_shared<SystemClock>();
    }

    Status open() {
        auto hooks = std::make_shared<ProtocolHooks>();
        hooks->answer = [this](Request& request) { return answer(request); };
        hooks->refusal = [this](int status) { return refusal(status); };
        hooks->idle_timeout = config_.idle_timeout;
        ListenerConfig listening;
        listening.address = config_.address;
        listening.port = config_.port;
        listening.max_head_bytes = config_.max_head_bytes;
        listening.max_connections = config_.max_connections;
        listening.max_threads = config_.max_threads;
        listening.head_timeout = config_.head_timeout;
        listening.idle_timeout = config_.idle_timeout;
        listening.transfer_timeout = config_.transfer_timeout;
        auto listener =
            Listener::start(std::move(listening), [hooks] { return make_http_protocol(hooks); });
        if (!listener)
            return fail(std::move(listener.error())
                            .wrapped(fmt::format("cannot start the {} service", config_.service)));
        listener_ = std::move(*listener);
        return {};
    }

    [[nodiscard]] std::string url() const {
        return fmt::format("http://{}:{}", config_.address, listener_->port());
    }
    [[nodiscard]] std::uint16_t port() const { return listener_->port(); }
    void stop() {
        stopping_ = true;
        listener_->stop();
    }

private:
    Response answer(Request& request) {
        if (control_ && is_control_target(request.target))
            return answer_control(request);
        const auto began = std::chrono::steady_clock::now();
        const auto began_at = config_.clock->now();
        request.request_id = "req-" + random_uuid();
        if (const auto cause = request.headers.value("X-Openstack-Request-Id");
            is_request_id(cause))
            request.global_request_id = std::string(cause);

        const Route* route = nullptr;
        Response response;
        try {
            response = dispatch(request, route);
        } catch (const std::exception& error) {
            // A mistake of ours, not the client's: seen in the log, never in the answer.
            spdlog::error("{}: {} {}: {}", config_.service, request.method, request.path,
                          error.what());
            response = config_.dialect->render(config_.dialect->internal(request), request);
        }
        response.headers.set("X-Openstack-Request-Id", request.request_id);
        for (const auto& [name, value] : config_.common_headers)
            if (!response.headers.contains(name))
                response.headers.add(name, value);
        if (config_.journal)
            record(request, response, route, began_at,
                   std::chrono::duration_cast<std::chrono::microseconds>(
                       std::chrono::steady_clock::now() - began));
        return response;
    }

    Response dispatch(Request& request, const Route*& route) {
        const Dialect& dialect = *config_.dialect;
        const auto refused = [&](const Fault& fault) { return rendered(fault, request); };

        request.base_url = base_url_of(request, url());
        const auto [raw_path, raw_query] = split_target(request.target);
        auto path = percent_decode(raw_path, PlusIs::plus);
        auto query = Query::parse(raw_query);
        request.path = path.value_or(std::string());
        if (!path || !query)
            return refused(
                {400, "The URL is not valid UTF-8 or holds a broken escape.", {}, {}, {}});
        request.query = std::move(*query);

        // Which route it is may depend on the microversion, but whether it is open may not.
        tl::expected<Microversion, MicroversionRefusal> negotiated = Microversion{};
        if (config_.microversions) {
            negotiated = negotiate(request.headers, *config_.microversions);
            request.microversion = negotiated.value_or(config_.microversions->minimum);
        }
        const Router::Match match = router_.find(raw_path, request);
        route = match.route;

        const Access access = match.route             ? match.route->access
                              : match.allowed.empty() ? config_.unknown_paths
                                                      : Access::token;
        Outcome<bool> known = true;
        if (access == Access::token && config_.validator)
            known = identify(request);
        const auto proceed = [&]() -> Response {
            if (!known)
                return refused(known.error());
            if (!*known)
                return dialect.unauthorized(request, config_.keystone_url);
            if (!negotiated)
                return refused(
                    dialect.bad_microversion(request, negotiated.error(), *config_.microversions));
            Response response = call(match, request);
            if (config_.microversions)
                announce_microversion(request, response);
            return response;
        };
        const auto hit = due_fault(request, route);
        return hit ? inject(*hit, request, dialect, proceed) : proceed();
    }

    std::optional<FaultPlan::Hit> due_fault(const Request& request, const Route* route) const {
        if (!config_.steering.faults)
            return std::nullopt;
        FaultPlan::Call call;
        call.service = config_.service;
        call.method = request.method;
        if (route)
            call.route = route->path;
        if (request.caller) {
            call.user = request.caller->user_name;
            call.roles = &request.caller->roles;
            call.project = request.caller->project_name;
            if (request.caller->service)
                call.service_user = request.caller->service->user_name;
        }
        return config_.steering.faults->hit(call);
    }

    // Beside the service, not part of it: no token of Keystone's, no journal, no fault.
    Response answer_control(Request& request) {
        const Dialect plain;
        const auto refused = [&](const Fault& fault) { return plain.render(fault, request); };
        try {
            if (!config_.steering.control->accepts(request))
                return refused({403, "The control token is missing or wrong.", {}, {}, {}});
            const auto [path, query] = split_target(request.target);
            auto parsed = Query::parse(query);
            if (!parsed)
                return refused({400, "The query is not valid UTF-8.", {}, {}, {}});
            request.query = std::move(*parsed);
            const Router::Match match = control_->find(path, request);
            if (!match.route)
                return refused(match.allowed.empty()
                                   ? plain.not_found(request)
                                   : plain.method_not_allowed(request, match.allowed));
            if (auto taken = take_body(*match.route, request); !taken)
                return refused(taken.error());
            auto outcome = match.route->handler(request);
            return outcome ? std::move(*outcome) : refused(outcome.error());
        } catch (const std::exception& error) {
            spdlog::error("{}: /__control: {}", config_.service, error.what());
            return refused(plain.internal(request));
        }
    }

    Response call(const Router::Match& match, Request& request) {
        const Dialect& dialect = *config_.dialect;
        if (!match.route)
            return rendered(match.allowed.empty()
                                ? dialect.not_found(request)
                                : dialect.method_not_allowed(request, match.allowed),
                            request);
        if (auto taken = take_body(*match.route, request); !taken)
            return rendered(taken.error(), request);
        auto outcome = match.route->handler(request);
        return outcome ? std::move(*outcome) : rendered(outcome.error(), request);
    }

    // Who calls: true when Keystone knows the token and it is good.
    Outcome<bool> identify(Request& request) {
        const std::string_view token = request.headers.value("X-Auth-Token");
        const std::string_view service_token = request.headers.value("X-Service-Token");
        if (token.empty())
            return false;
        const auto unreachable = [&](const Error& error) {
            spdlog::error("{}: cannot validate a token: {}", config_.service, error.message);
            return refuse(503, "The Keystone service is temporarily unavailable.");
        };
        Caller caller;
        if (!service_token.empty()) {
            auto service = config_.validator->validate(service_token, AllowExpired::no);
            if (!service)
                return unreachable(service.error());
            if (!*service)
                return false;
            caller.service = **service;
        }
        const bool long_running = caller.service && caller.service->has_role("service");
        auto identity =
            config_.validator->validate(token, long_running ? AllowExpired::yes : AllowExpired::no);
        if (!identity)
            return unreachable(identity.error());
        if (!*identity)
            return false;
        static_cast<Identity&>(caller) = **identity;
        request.caller = std::move(caller);
        return true;
    }

    Outcome<void> take_body(const Route& route, Request& request) {
        if (route.body == Body::none || route.body == Body::streamed)
            return {};
        bool too_large = request.content_length && *request.content_length > config_.max_body_bytes;
        if (too_large)
            return tl::unexpected(config_.dialect->too_large(request));
        const BodyRead read = request.stream([&](std::string_view piece) {
            too_large = request.body.size() + piece.size() > config_.max_body_bytes;
            if (!too_large)
                request.body += piece;
            return !too_large;
        });
        if (too_large)
            return tl::unexpected(config_.dialect->too_large(request));
        if (read != BodyRead::complete)
            return refuse(400, "The request body ended too early.");
        if (route.body != Body::json)
            return {};
        const auto value = parse_json(request.body);
        if (!value)
            return tl::unexpected(config_.dialect->malformed_json(request));
        if (route.schema)
            if (auto violation = route.schema->violation(*value))
                return tl::unexpected(config_.dialect->schema_violation(request, *violation));
        return {};
    }

    Response rendered(const Fault& fault, const Request& request) const {
        Response response = config_.dialect->render(fault, request);
        for (const auto& [name, value] : fault.headers)
            response.headers.set(name, value);
        return response;
    }

    void announce_microversion(const Request& request, Response& response) const {
        const auto& range = *config_.microversions;
        response.headers.set("OpenStack-API-Version",
                             range.service_type + " " + request.microversion.text());
        for (const auto& name : range.legacy_headers)
            response.headers.set(name, request.microversion.text());
        std::string vary = "OpenStack-API-Version";
        for (const auto& name : range.legacy_headers)
            vary += ", " + name;
        response.headers.set("Vary", vary);
    }

    Response refusal(int status) const {
        Request nobody;
        nobody.request_id = "req-" + random_uuid();
        const Fault fault{status, std::string(status_title(status)), {}, {}, {}};
        Response response = rendered(fault, nobody);
        response.headers.set("X-Openstack-Request-Id", nobody.request_id);
        return response;
    }

    void record(const Request& request, const Response& response, const Route* route,
                Clock::Time began_at, std::chrono::microseconds duration) {
        JournalEntry entry;
        entry.time = began_at;
        entry.duration = duration;
        entry.service = config_.service;
        entry.method = request.method;
        entry.target = masked_target(request.target);
        entry.route = route ? route->path : std::string();
        entry.status = response.status;
        if (response.injected) {
            entry.fault = response.injected->text;
            if (response.injected->wire == InjectedFault::Wire::reset)
                entry.status = 0;
        }
        if (request.caller) {
            entry.user_id = request.caller->user_id;
            entry.user = request.caller->user_name;
            entry.project_id = request.caller->project_id;
            entry.project = request.caller->project_name;
            entry.roles = request.caller->roles;
            if (request.caller->service) {
                entry.service_user = request.caller->service->user_name;
                entry.service_roles = request.caller->service->roles;
            }
        }
        if (config_.microversions)
            entry.microversion = request.microversion.text();
        entry.request_id = request.request_id;
        entry.cause = request.global_request_id;
        entry.request_body = masked_body(request.body, request.headers.value("Content-Type"));
        entry.response_body =
            response.file     ? fmt::format("<{} bytes>", response.file->length)
            : response.masked ? *response.masked
                              : masked_body(response.body, response.headers.value("Content-Type"));
        config_.journal->record(std::move(entry));
    }

    ServerConfig config_;
    Router router_;
    std::optional<Router> control_;
    std::atomic<bool> stopping_ = false;
    std::unique_ptr<Listener> listener_; // last: its threads use all above
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { stop(); }

Result<std::unique_ptr<Server>> Server::start(ServerConfig config) {
    auto impl = std::make_unique<Impl>(std::move(config));
    VTPMLAB_CHECK(impl->open());
    return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::string Server::url() const { return impl_->url(); }
std::uint16_t Server::port() const { return impl_->port(); }
void Server::stop() { impl_->stop(); }

} // namespace vtpmlab::http
