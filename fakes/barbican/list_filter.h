#pragma once
// What the query of GET /v1/secrets asks for.

#include "barbican/records.h"
#include "http/message.h"

namespace vtpmlab::fakes::barbican {

// Nonsense in numbers is taken for nothing; in times and sort keys it is a 400.
[[nodiscard]] http::Outcome<SecretFilter> secret_filter(const http::Request& request);

} // namespace vtpmlab::fakes::barbican
