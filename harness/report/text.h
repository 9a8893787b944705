#pragma once
// The words of a report: durations, one-line texts cut to a width, a failure in full, the summary.
// Pure functions without colour; the terminal and the JUnit writer show the same words.

#include "report/result.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::report {

// "38 ms", "6.2 s", "2 min 05 s".
[[nodiscard]] std::string duration_text(Duration duration);
// Whole seconds, for a time that is still running: "6 s", "2 min 05 s".
[[nodiscard]] std::string elapsed_text(Duration duration);

// UTF-8 stays; control characters and broken bytes become \xNN, so that no answer of a service and
// no console line can move the cursor. Newlines and tabs stay.
[[nodiscard]] std::string safe_text(std::string_view text);

// Columns a text takes, one a code point.
[[nodiscard]] std::size_t text_width(std::string_view text);
// At most `width` columns; what is cut is shown by "…" at the end.
[[nodiscard]] std::string fit(std::string_view text, std::size_t width);

// "step 5, expect-tpm s1: the guest's TPM is not the one expected", on one line.
[[nodiscard]] std::string failure_headline(const Failure& failure);

// Place, line, caret, what went wrong, expected and actual, causes, hint, the guest's last words.
// Ends with a newline; every line begins with two blanks.
[[nodiscard]] std::string failure_text(const Failure& failure);

// "guest  12 passed, 1 failed of 13 in 58.3 s" and what has to be said beside it; the depth stands
// on every line.
[[nodiscard]] std::vector<std::string> summary_lines(const RunSummary& summary);

} // namespace vtpmlab::report
