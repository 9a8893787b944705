#pragma once
// The rows of the reference's decision tables that become scenarios: the whole list is data here,
// so that what has no scenario can be seen as well as what has one. A scenario is of a row when the
// row's id is one of its labels.
// spec: nova-vtpm §11

#include <span>
#include <string_view>

namespace vtpmlab::scenario {

struct Row {
    std::string_view id;    // "Q01"
    std::string_view about; // what the row says, in a few words
    // Why it has no scenario and will have none; empty for a row that should have one.
    std::string_view cannot = {};
};

// Tables Q, H, I, P, L, X, R, M, B, K, C, V and A, in the reference's order.
[[nodiscard]] std::span<const Row> rows();

// Has a label the form of a row's id, as in any of the reference's tables?
[[nodiscard]] bool is_row_id(std::string_view label);

} // namespace vtpmlab::scenario
