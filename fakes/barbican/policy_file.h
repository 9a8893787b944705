#pragma once
// An operator's policy.yaml: names of rules and actions, each with its rule as one text. Read
// strictly, because a mistyped name in such a file is otherwise a rule that never counts.

#include <vtpmlab/result.h>

#include <map>
#include <string>
#include <string_view>

namespace vtpmlab::fakes::barbican {

// `file` is for messages: "policy.yaml:3:1: …". Kind usage on anything that is not a flat map of
// texts, on a name twice, an action Barbican does not have, and on a rule that is no rule.
[[nodiscard]] Result<std::map<std::string, std::string>> parse_policy_file(std::string_view text,
                                                                           std::string_view file);

} // namespace vtpmlab::fakes::barbican
