#include "http/head_refusal.h"

#include <algorithm>
#include <iterator>

namespace vtpmlab::http {

std::vector<Route> without_head(std::vector<Route> routes,
                                const std::shared_ptr<const Dialect>& dialect, HeadRefused where) {
    std::vector<Route> all;
    for (const auto& row : routes) {
        if (row.method != "GET" || (where == HeadRefused::with_token && row.access == Access::open))
            continue;
        std::vector<std::string> allowed;
        for (const auto& other : routes)
            if (other.path == row.path)
                allowed.push_back(other.method);
        Route& head = all.emplace_back(row);
        head.method = "HEAD";
        head.handler = [dialect, allowed](const Request& request) -> Outcome<Response> {
            return tl::unexpected(dialect->method_not_allowed(request, allowed));
        };
    }
    std::move(routes.begin(), routes.end(), std::back_inserter(all));
    return all;
}

} // namespace vtpmlab::http
