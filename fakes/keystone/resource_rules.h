#pragma once
// What Keystone lets be made, changed and removed, beyond the form of the body: who belongs to
// whom, what never changes, what holds on to what.

#include "http/fault.h"
#include "keystone/store.h"

#include <nlohmann/json_fwd.hpp>

namespace vtpmlab::fakes::keystone {

// `body` is complete but for what hangs on others; the region of an endpoint is made if only its
// old name, "region", is told.
[[nodiscard]] http::Outcome<void> check_new(Store& store, Kind kind, nlohmann::json& body);
[[nodiscard]] http::Outcome<void> check_change(Store& store, Kind kind, const nlohmann::json& now,
                                               nlohmann::json& changes);
[[nodiscard]] http::Outcome<void> check_removal(Store& store, Kind kind, const nlohmann::json& now);

} // namespace vtpmlab::fakes::keystone
