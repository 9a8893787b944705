#pragma once
// Which providers could serve a request: the search behind GET /allocation_candidates. Pure: a
// model and a query in, candidates out.

#include "placement/model.h"
#include "placement/request_groups.h"

#include <cstddef>
#include <string>
#include <vector>

namespace vtpmlab::fakes::placement {

enum class GroupPolicy { none, isolate };

struct CandidateQuery {
    std::vector<RequestGroup> groups; // the plain one first, if there is one
    RequestGroup root;                // only its traits count
    GroupPolicy policy = GroupPolicy::none;
    std::vector<std::vector<std::string>> same_subtree; // each: suffixes
    std::size_t limit = 0;                              // 0: none
};

struct Candidate {
    std::vector<std::pair<const Provider*, Amounts>> allocations;
    // Suffix → the providers that serve it.
    std::vector<std::pair<std::string, std::vector<const Provider*>>> mappings;
};

// In the order of the providers' UUIDs. A tree gives at most `max_per_tree` candidates, so that a
// query over a wide tree stays bounded.
inline constexpr std::size_t max_per_tree = 1000;
[[nodiscard]] std::vector<Candidate> find_candidates(const Model& model,
                                                     const CandidateQuery& query);

} // namespace vtpmlab::fakes::placement
