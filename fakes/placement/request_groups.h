#pragma once
// One group of a query for candidates: `resources`, `required`, `member_of` and `in_tree`, plain or
// with a suffix ("resources1", "resources_COMPUTE"), parsed and checked against the names there
// are.

#include "http/message.h"
#include "placement/model.h"

#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::fakes::placement {

struct RequestGroup {
    std::string suffix; // "" for the plain one, which may be spread over a tree
    Amounts resources;
    std::vector<std::vector<int>> required; // each: any of these traits
    std::vector<int> forbidden;
    std::vector<std::set<std::string>> member_of; // each: any of these aggregates
    std::set<std::string> not_member_of;
    std::string in_tree;

    [[nodiscard]] bool traits_match(const TraitSet& traits) const;
    [[nodiscard]] bool aggregates_match(const std::set<std::string>& aggregates) const;
};

// The group of one suffix; all of it may be missing.
[[nodiscard]] http::Outcome<RequestGroup>
parse_group(const Model& model, const http::Request& request, std::string_view suffix);

// A "required" expression of any name ("required", "root_required") into a group's traits.
[[nodiscard]] http::Outcome<void> parse_traits(const Model& model, const http::Request& request,
                                               const std::string& key, RequestGroup& group);

} // namespace vtpmlab::fakes::placement
