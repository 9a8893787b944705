#pragma once
// HTTP/1.1 on a connection, through cpp-httplib's parser and writer; the only file on the server's
// side that includes it. Framing it leaves open is closed here: lengths that disagree, bodies
// nobody read, endless chunk lines.

#include "http/listener.h"
#include "http/message.h"

#include <functional>
#include <memory>

namespace vtpmlab::http {

struct ProtocolHooks {
    // Answers one request; may read its body through Request::stream. Never throws.
    std::function<Response(Request&)> answer;
    // The body for a request that could not even be parsed.
    std::function<Response(int status)> refusal;
    std::chrono::milliseconds idle_timeout{75000}; // as announced in Keep-Alive
};

[[nodiscard]] std::unique_ptr<Protocol>
make_http_protocol(std::shared_ptr<const ProtocolHooks> hooks);

} // namespace vtpmlab::http
