#pragma once
// One request as one line for a person, from the entry the journal writes for machines: when, which
// service, what it answered and how fast, who asked, and what for. Pure.

#include "report/terminal.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace vtpmlab::cli {

struct JournalView {
    std::string service;      // empty: every service
    bool token_checks = true; // also a service asking Keystone who bears a token
    report::Colour colour = report::Colour::off;
    std::size_t width = 0; // cut there; 0: never
};

// The names of the columns.
[[nodiscard]] std::string journal_heading();

// With its newline. Nothing for an entry the view leaves out, and for what is no entry.
[[nodiscard]] std::optional<std::string> journal_line(std::string_view entry,
                                                      const JournalView& view);

// A line of the compute side's log, "2026-11-22T05:12:36.123Z WARNING nova-compute …", in the same
// columns.
[[nodiscard]] std::string event_line(std::string_view logged, const JournalView& view);

// Whether the entry is one of that service; what is no entry is of none.
[[nodiscard]] bool is_of_service(std::string_view entry, std::string_view service);

} // namespace vtpmlab::cli
