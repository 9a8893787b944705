#pragma once
// Which providers could serve a request: the search behind GET /allocation_candidates. Pure: a
// model and a query in, candidates out.
//
// A candidate takes everything from one tree of providers, its anchor, and from providers outside
// of it that share what they have with a member of the tree through an aggregate (they carry
// MISC_SHARES_VIA_AGGREGATE). A group with a suffix is served by one provider, whole; the plain
// group may take each class from another one.
//
// Costs: one look at each provider for each group, then the product of what was found in each
// tree. That product is the client's to choose, so it is bounded: see `max_options`, `max_tries`.

#include "placement/model.h"
#include "placement/request_groups.h"

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace vtpmlab::fakes::placement {

enum class GroupPolicy { unsaid, none, isolate };
enum class NestedProviders { left_out, shown }; // shown from 1.29 on

struct CandidateQuery {
    std::vector<RequestGroup> groups;
    RequestGroup root; // only its traits count
    GroupPolicy policy = GroupPolicy::unsaid;
    std::vector<std::set<std::string>> same_subtree; // each: suffixes
    std::size_t limit = 0;                           // 0: none
    NestedProviders nested = NestedProviders::shown;
};

// What one provider gives. The amounts are shared: nearly all candidates of a query have the same.
struct Share {
    const Provider* provider;
    std::shared_ptr<const Amounts> amounts;
};
using Shares = std::vector<Share>;

struct Serving {
    std::size_t group; // of the query's
    const Provider* provider;
};

struct Candidate {
    Shares allocations;
    std::vector<Serving> mappings; // who serves which group: group by group
};

inline constexpr std::size_t max_options = 1000;  // of one group in one tree
inline constexpr std::size_t max_tries = 100'000; // to combine the groups of one tree

// The same candidates in the same order for the same model. Refuses names that are not known with
// 400.
[[nodiscard]] http::Outcome<std::vector<Candidate>> find_candidates(const Model& model,
                                                                    const CandidateQuery& query);

} // namespace vtpmlab::fakes::placement
