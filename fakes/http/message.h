#pragma once
// A request as a handler sees it and the answer it gives. Values only: nothing here knows sockets.

#include "http/caller.h"
#include "http/fault.h"
#include "http/headers.h"
#include "http/microversion.h"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vtpmlab::http {

// A query string, in order, repeated names kept: `?required=in:A,B&required=C`.
class Query {
public:
    Query() = default;
    // Nothing if an escape is broken or the text is not UTF-8.
    static std::optional<Query> parse(std::string_view text);

    [[nodiscard]] const std::string* find(std::string_view name) const; // the first, or null
    [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;
    [[nodiscard]] bool contains(std::string_view name) const { return find(name) != nullptr; }
    [[nodiscard]] auto begin() const { return fields_.begin(); }
    [[nodiscard]] auto end() const { return fields_.end(); }
    [[nodiscard]] bool empty() const { return fields_.empty(); }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

// Takes one piece of a body; false stops the transfer.
using BodySink = std::function<bool(std::string_view piece)>;

enum class BodyRead { complete, stopped, too_large, broken };

enum class Hold { always, while_connected };
// Keeps the request waiting. False when the service stops, or a peer that matters is gone.
using HoldFunction = std::function<bool(std::chrono::milliseconds time, Hold hold)>;

struct Request {
    std::string method; // upper case
    std::string target; // path and query as they came
    std::string path;   // decoded; for messages, never for a file name
    Query query;
    Headers headers;
    std::string body;                                // empty on a route with a streamed body
    std::function<BodyRead(const BodySink&)> stream; // only there
    HoldFunction hold;                               // there while the request has a connection
    std::optional<std::uint64_t> content_length;
    std::map<std::string, std::string, std::less<>> parameters; // of the path template
    std::optional<Caller> caller;  // always there on a route that needs a token
    Microversion microversion;     // 0.0 on a service without
    std::string request_id;        // "req-…", made here
    std::string global_request_id; // the client's own, "" if it sent none
    std::string base_url;          // "http://127.0.0.1:34567", as the client sees it

    // A parameter of the route's template. A name the template does not have gives "".
    [[nodiscard]] const std::string& parameter(std::string_view name) const;
    // The body. A body that is no JSON was refused before the handler ran on a JSON route; on any
    // other route this gives the 400 to hand back.
    [[nodiscard]] Outcome<nlohmann::json> json() const;
    // Of the X-Auth-Token header. Present only to handlers; the journal never sees it.
    [[nodiscard]] std::string_view token() const { return headers.value("X-Auth-Token"); }
};

// A piece of a file, sent in constant memory.
struct FileBody {
    std::shared_ptr<const int> descriptor; // closed by its deleter
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

// What a fault does to an answer that is ready (fault_injection.h).
struct InjectedFault {
    enum class Wire { intact, slow, truncated, reset };
    Wire wire = Wire::intact;
    std::uint64_t bytes = 0; // a second when slow; kept when truncated
    std::string text;        // for the journal
};

struct Response {
    int status = 200;
    Headers headers;
    std::string body;
    std::optional<FileBody> file; // instead of `body`
    std::optional<InjectedFault> injected = {};
    // The body as the journal shows it, from whoever gives one text many times; else it is made.
    std::shared_ptr<const std::string> masked = {};

    static Response json(int status, const nlohmann::json& body);
    static Response text(int status, std::string body, std::string content_type = "text/plain");
    static Response empty(int status) { return Response{status, {}, {}, {}, {}}; }

    Response& with(std::string name, std::string value) {
        headers.set(name, std::move(value));
        return *this;
    }
};

// A plain Response converts, so a handler that cannot refuse returns just that.
using Handler = std::function<Outcome<Response>(const Request&)>;

} // namespace vtpmlab::http
