#pragma once
// Fields that verbs of several groups have.

#include "scenario/build_shape.h"
#include "scenario/verbs.h"

#include <string>
#include <vector>

namespace vtpmlab::scenario::build {

// Extra specs and image properties: any key, the value is always a text for Nova and Glance. An
// empty text is allowed: what the API makes of it is worth a scenario.
[[nodiscard]] Shape properties();

[[nodiscard]] Field server();
[[nodiscard]] Field timeout(const char* default_value);
[[nodiscard]] Field microversion();
[[nodiscard]] Field host_name(); // the first host when it is not named

// What every verb that makes an API call leaves behind, and then these.
[[nodiscard]] std::vector<ResultField> answer(std::vector<ResultField> fields);

} // namespace vtpmlab::scenario::build
