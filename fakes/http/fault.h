#pragma once
// A refusal a service answers with: the status and the words. How they are dressed up in a body is
// the service's own way (dialect.h). Outcome<T> is Result<T> for code that answers requests.

#include "http/headers.h"

#include <tl/expected.hpp>

#include <string>
#include <utility>

namespace vtpmlab::http {

struct Fault {
    int status = 500;
    std::string message;
    std::string code;  // machine-readable, where a service has such: "placement.concurrent_update"
    std::string title; // instead of the status's own name
    Headers headers = {}; // more fields for the answer: Allow, WWW-Authenticate
};

template <typename T>
using Outcome = tl::expected<T, Fault>;

[[nodiscard]] inline tl::unexpected<Fault> refuse(int status, std::string message,
                                                  std::string code = {}) {
    return tl::unexpected<Fault>(Fault{status, std::move(message), std::move(code), {}, {}});
}

// "Not Found"; as Python's WebOb and Werkzeug name them.
[[nodiscard]] std::string_view status_title(int status);

} // namespace vtpmlab::http

namespace vtpmlab {
// So that VTPMLAB_TRY and VTPMLAB_CHECK work for Outcome<T> as well.
[[nodiscard]] inline tl::unexpected<http::Fault> fail(http::Fault fault) {
    return tl::unexpected<http::Fault>(std::move(fault));
}
} // namespace vtpmlab
