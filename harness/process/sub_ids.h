#pragma once
// The subordinate user and group ids an ordinary user may give away inside a user namespace, from
// /etc/subuid and /etc/subgid (subuid(5)). They let swtpm have a user of its own without root.

#include <vtpmlab/result.h>

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace vtpmlab {

struct IdRange {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    friend bool operator==(const IdRange&, const IdRange&) = default;
};

// The largest range of `user` (by name or by number) in the text of such a file.
[[nodiscard]] std::optional<IdRange> find_sub_ids(std::string_view text, std::string_view user,
                                                  uid_t uid);

// What a process in a new user namespace is to be: root inside is the caller outside, and the ids
// from 1 on are the sub-ids.
struct IdMaps {
    uid_t user = 0;
    gid_t group = 0;
    IdRange sub_users;
    IdRange sub_groups;
};

// The maps of the caller, from the files of this machine. The error names the file and the command
// that mends it.
[[nodiscard]] Result<IdMaps> id_maps_of_caller();

// "alice", or "uid 1234" where the user has no name.
[[nodiscard]] std::string user_name(uid_t uid);

} // namespace vtpmlab
