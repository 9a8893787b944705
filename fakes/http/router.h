#pragma once
// Finds the route for a request. Templates are compared segment by segment; a literal segment wins
// over a parameter, so `/secrets/{id}` and `/secrets/all` can stand side by side.

#include "http/message.h"
#include "http/server.h"

#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::http {

class Router {
public:
    explicit Router(std::vector<Route> routes);

    struct Match {
        const Route* route = nullptr; // null: see `allowed`
        // Methods of this path; empty: no such path. A method that the path has at another
        // microversion only is not there at all, as in Nova: its refusal is the path's, 404.
        std::vector<std::string> allowed;
    };
    // `path` is raw: segments are decoded one by one, so "%2F" never makes a new segment. A
    // trailing slash makes no difference. Fills Request::parameters.
    [[nodiscard]] Match find(std::string_view path, Request& request) const;

private:
    struct Entry {
        Route route;
        std::vector<std::string> segments; // a parameter keeps its braces
    };
    std::vector<Entry> entries_;
};

// "/v2/images/1" → {"v2", "images", "1"}; nothing if a segment is not decodable.
[[nodiscard]] std::optional<std::vector<std::string>> decoded_segments(std::string_view path);

} // namespace vtpmlab::http
