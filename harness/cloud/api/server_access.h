#pragma once
// What every request about one server begins with: the server, if the caller may know of it, and
// the caller as the person later steps act for.

#include "cloud/api/api.h"
#include "http/message.h"

#include <memory>
#include <string>

namespace vtpmlab::cloud {

// The server of the path's `server_id`. One of another project does not exist, except for an
// administrator.
[[nodiscard]] http::Outcome<ServerRecord> find_server(Context& cloud, const http::Request& request);

[[nodiscard]] http::Outcome<std::shared_ptr<Requester>> requester_of(Context& cloud,
                                                                     const http::Request& request);

} // namespace vtpmlab::cloud
