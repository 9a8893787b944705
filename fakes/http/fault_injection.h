#pragma once
// Acts a fault out on one request: before the service is asked, after it has answered, or on the
// wire. What was done is in the answer's `injected`, for the journal.

#include "http/dialect.h"
#include "http/fault_plan.h"
#include "http/message.h"

#include <functional>

namespace vtpmlab::http {

// `proceed` is the service doing its work; it is called once or not at all.
[[nodiscard]] Response inject(const FaultPlan::Hit& hit, const Request& request,
                              const Dialect& dialect, const std::function<Response()>& proceed);

} // namespace vtpmlab::http
