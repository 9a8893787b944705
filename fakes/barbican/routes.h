#pragma once
// The table of Barbican's routes, and what its handlers share.

#include "barbican/policy.h"
#include "barbican/store.h"
#include "http/server.h"

#include <vtpmlab/clock.h>

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace vtpmlab::fakes::barbican {

// What every handler speaks of.
using http::Body;
using http::Outcome;
using http::refuse;
using http::Request;
using http::Response;
using nlohmann::json;

inline constexpr http::Microversion consumers_since{1, 1};

struct Parts {
    Store& store;
    const Policy& policy;
    const Clock& clock;
};

[[nodiscard]] std::vector<http::Route> version_routes();
[[nodiscard]] std::vector<http::Route> secret_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> metadata_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> acl_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> consumer_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> container_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> order_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> quota_routes(Parts parts);

// Collects a table's rows. Who may and which content type come before what is sent, so a body is
// taken as bytes and read by the handler (json_body).
class RouteTable {
public:
    explicit RouteTable(Parts parts) : parts_(parts) {}
    template <typename Handler>
    void add(const char* method, const char* path, Handler handler,
             http::Body body = http::Body::none) {
        http::Route route{method, path, [parts = parts_, handler](const http::Request& request) {
                              return handler(parts, request);
                          }};
        route.body = body;
        routes_.push_back(std::move(route));
    }
    [[nodiscard]] std::vector<http::Route> take() { return std::move(routes_); }

private:
    Parts parts_;
    std::vector<http::Route> routes_;
};

[[nodiscard]] std::shared_ptr<const http::Dialect> dialect();

// 403 in Barbican's words: "Secret retrieval attempt not allowed - …".
[[nodiscard]] tl::unexpected<http::Fault> not_allowed(std::string_view operation);
// What went wrong inside an operation: "Secret update issue seen - REASON."
[[nodiscard]] tl::unexpected<http::Fault> issue_seen(int status, std::string_view operation,
                                                     std::string_view reason);
[[nodiscard]] tl::unexpected<http::Fault> quota_reached(std::string_view operation);

// 415 unless the request's content type (without parameters) is one of these.
[[nodiscard]] http::Outcome<void> need_content_type(const http::Request& request,
                                                    const std::vector<std::string>& allowed);

// For what concerns no particular secret or container.
[[nodiscard]] http::Outcome<void> need_permission(Parts parts, const http::Request& request,
                                                  std::string_view action,
                                                  std::string_view operation);

// The secret the path names, once the caller may do that to it. It is looked up across projects:
// another project's secret is forbidden, not missing (spec: nova-vtpm §KEY-2).
[[nodiscard]] http::Outcome<Secret> allowed_secret(Parts parts, const http::Request& request,
                                                   std::string_view action,
                                                   std::string_view operation);
[[nodiscard]] http::Outcome<Container> allowed_container(Parts parts, const http::Request& request,
                                                         std::string_view action,
                                                         std::string_view operation);

// "http://…/v1/secrets/ID"; `collection` is "secrets".
[[nodiscard]] std::string reference_to(const http::Request& request, std::string_view collection,
                                       std::string_view id);

// What GET shows of them.
[[nodiscard]] nlohmann::json described(const Secret& secret, const http::Request& request);
[[nodiscard]] nlohmann::json described(const Container& container,
                                       const std::vector<Consumer>& consumers,
                                       const http::Request& request);

// Nonsense in the query's limit and offset is taken for nothing, too much for the most there is.
[[nodiscard]] Paging paging_of(const http::Request& request);
// A filter of the query; an empty one is none.
[[nodiscard]] std::optional<std::string> filter_text(const http::Request& request,
                                                     std::string_view name);
// {"secrets": […], "total": 3, "next": …}; `path` is that of the list below /v1.
[[nodiscard]] nlohmann::json listed(const http::Request& request, std::string_view path,
                                    std::string_view key, nlohmann::json items, Paging paging,
                                    std::int64_t total);

} // namespace vtpmlab::fakes::barbican
