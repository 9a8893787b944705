#pragma once
// One service on one loopback port: a table of routes, and everything that is the same for all of
// them: tokens, microversions, request ids, JSON and its schema, error bodies, limits, the journal.
//
// A handler runs on one of a bounded number of threads and may call other services; it is never
// called on the thread of the service it calls. Idle connections cost no thread. stop() ends idle
// connections at once and waits only for handlers that are running.

#include "http/caller.h"
#include "http/control.h"
#include "http/dialect.h"
#include "http/journal.h"
#include "http/message.h"
#include "http/microversion.h"
#include "http/schema.h"

#include <vtpmlab/clock.h>
#include <vtpmlab/result.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace vtpmlab::http {

enum class Access {
    open,  // no token is looked at
    token, // a valid token, or 401
};

enum class Body {
    none,     // not read (it is drained, or the connection closed)
    json,     // must be JSON, and match the schema if there is one
    bytes,    // anything, into Request::body
    streamed, // anything of any length, by Request::stream
};

struct Route {
    std::string method = {};
    std::string path = {}; // "/v2/images/{image_id}/file"; a parameter is one whole segment
    Handler handler = {};
    Access access = Access::token;
    Body body = Body::none;
    std::shared_ptr<const Schema> schema = nullptr;
    // Outside this range of microversions the route does not exist.
    Microversion since = {0, 0};
    Microversion until = {999, 999};
};

struct ServerConfig {
    std::string service = {}; // "placement": for the journal and messages
    std::vector<Route> routes = {};
    std::shared_ptr<const Dialect> dialect = {};    // null: the default one
    std::shared_ptr<TokenValidator> validator = {}; // may be null if every route is open
    std::string keystone_url = {};                  // said in a 401
    std::optional<MicroversionRange> microversions = {};
    // Real middleware refuses a missing token before it looks at the path; Keystone does not.
    Access unknown_paths = Access::token;
    Headers common_headers = {}; // on every answer that does not set them itself
    Journal* journal = nullptr;  // outlives the server
    Steering steering = {};
    StateKeeper state = {};                  // what /__control may do to the service's stores
    std::shared_ptr<const Clock> clock = {}; // null: the system's
    std::string address = "127.0.0.1";       // loopback, anything else is refused
    std::uint16_t port = 0;                  // 0: the kernel chooses
    std::size_t max_body_bytes = 1 << 20;    // of a body that is not streamed
    std::size_t max_head_bytes = 64 << 10;   // request line and headers together
    unsigned max_threads = 16;               // handlers at one time
    std::size_t max_connections = 4096;
    std::chrono::milliseconds head_timeout{10000}; // from a request's first byte to its last header
    std::chrono::milliseconds idle_timeout{75000}; // of a connection between two requests
    std::chrono::milliseconds transfer_timeout{30000}; // for the next piece of a body, either way
};

class Server {
public:
    static Result<std::unique_ptr<Server>> start(ServerConfig config);
    ~Server(); // stops
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] std::string url() const; // "http://127.0.0.1:34567"
    [[nodiscard]] std::uint16_t port() const;
    void stop(); // more than once is fine

private:
    class Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace vtpmlab::http
