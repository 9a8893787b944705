#pragma once
// The table of Keystone's routes.

#include "http/server.h"
#include "keystone/catalog.h"
#include "keystone/store.h"
#include "keystone/tokens.h"

#include <vector>

namespace vtpmlab::fakes::keystone {

struct Parts {
    Store& store;
    Catalog& catalog;
    Tokens& tokens;
};

[[nodiscard]] std::vector<http::Route> auth_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> resource_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> assignment_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> role_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> tag_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> credential_routes(Parts parts,
                                                         std::shared_ptr<const Clock> clock);

[[nodiscard]] std::shared_ptr<const http::Dialect> dialect();

} // namespace vtpmlab::fakes::keystone
