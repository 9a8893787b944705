#pragma once
// What Keystone asks of the bodies it is given: the schemas of its own validators, by the names
// they have there ("user_create"), and the refusal in its words. What was sent stands in that
// refusal, but for passwords and tokens, since answers are written down.

#include "http/message.h"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace vtpmlab::fakes::keystone {

// 400 unless `value` is what the schema of that name asks for.
[[nodiscard]] http::Outcome<void> check_schema(const std::string& name,
                                               const nlohmann::ordered_json& value);

// The same for what asks for a token, and what its schema cannot say: whoever is named has an id or
// a name.
[[nodiscard]] http::Outcome<void> check_auth(const nlohmann::ordered_json& auth);

} // namespace vtpmlab::fakes::keystone
