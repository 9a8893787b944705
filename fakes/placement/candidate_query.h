#pragma once
// The query string of GET /allocation_candidates.

#include "http/message.h"
#include "placement/candidates.h"

namespace vtpmlab::fakes::placement {

// What is wrong with it is refused in the order, and with the words, of the real service. Names of
// traits and classes are not looked up here.
[[nodiscard]] http::Outcome<CandidateQuery> parse_candidate_query(const http::Request& request);

} // namespace vtpmlab::fakes::placement
