#pragma once
// Nova's answers bear the request's id under a name of its own as well, from before all services
// had one in common; its client shows that one with every error.

#include "http/message.h"

namespace vtpmlab::cloud {

[[nodiscard]] inline http::Response with_request_id(http::Response response,
                                                    const http::Request& request) {
    response.with("X-Compute-Request-Id", request.request_id);
    return response;
}

} // namespace vtpmlab::cloud
