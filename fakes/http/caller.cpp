#include "http/caller.h"

#include <algorithm>

namespace vtpmlab::http {

bool Identity::has_role(std::string_view role) const {
    // Role names compare without regard to case in oslo.policy.
    return std::any_of(roles.begin(), roles.end(), [&](const std::string& mine) {
        return mine.size() == role.size() &&
               std::equal(mine.begin(), mine.end(), role.begin(),
                          [](char a, char b) { return (a | 0x20) == (b | 0x20); });
    });
}

} // namespace vtpmlab::http
