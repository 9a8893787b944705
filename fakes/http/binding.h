#pragma once
// Where a service listens. Everything here is meant for one machine: servers refuse every address
// but loopback's, until somebody has asked for another one twice.

#include <cstdint>
#include <string>

namespace vtpmlab::http {

struct Binding {
    std::string address = "127.0.0.1"; // IPv4; clients are told this one, so never a wildcard
    std::uint16_t port = 0;            // 0: the kernel chooses
};

// For all servers of this process that start from now on. It is the program's user who decides,
// once and for everything, so it is no setting of a single server.
void allow_beyond_loopback(bool allowed);
[[nodiscard]] bool is_allowed_beyond_loopback();

} // namespace vtpmlab::http
