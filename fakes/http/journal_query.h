#pragma once
// What somebody at /__control/journal wants to see of the journal.

#include "http/journal.h"
#include "http/message.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace vtpmlab::http {

struct JournalQuery {
    // An empty text, or a status of -1, is any.
    std::string service, method, route, user, project, cause;
    int status = -1;
    std::uint64_t after = 0;           // only entries with a higher number
    std::size_t limit = 1000;          // the oldest of them
    std::chrono::milliseconds wait{0}; // for the first that fits

    // Of a query string with these names; 400 with what is wrong of any other.
    [[nodiscard]] static Outcome<JournalQuery> of(const Query& query);
    [[nodiscard]] bool wants(const JournalEntry& entry) const;
};

} // namespace vtpmlab::http
