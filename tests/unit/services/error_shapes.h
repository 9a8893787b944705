#pragma once
// The form each real service gives its refusals, as the recorded samples show it. Words are
// compared in the services' own tests.

#include "support/api_client.h"

#include <string>

namespace vtpmlab::fakes::test {

// What is wrong with the form; "" if nothing is.
[[nodiscard]] std::string wrong_error_shape(const std::string& service,
                                            const vtpmlab::test::Answer& answer);

} // namespace vtpmlab::fakes::test
