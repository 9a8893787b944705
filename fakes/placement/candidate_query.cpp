#include "placement/candidate_query.h"

#include "http/python_text.h"
#include "placement/names.h"
#include "placement/routes.h"
#include "placement/schemas.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace vtpmlab::fakes::placement {

namespace {

enum class Part { resources, required, member_of, in_tree };

struct GroupKey {
    Part part;
    std::string suffix;
};

// "resources1" → resources of "1"; nothing for a key that names no group. The schema has left only
// suffixes that this version knows.
std::optional<GroupKey> group_key(std::string_view key) {
    static constexpr std::pair<std::string_view, Part> parts[] = {{"resources", Part::resources},
                                                                  {"required", Part::required},
                                                                  {"member_of", Part::member_of},
                                                                  {"in_tree", Part::in_tree}};
    for (const auto& [name, part] : parts)
        if (key.substr(0, name.size()) == name)
            return GroupKey{part, std::string(key.substr(name.size()))};
    return std::nullopt;
}

std::string listed(const std::vector<std::string>& texts) { return http::python_repr(Json(texts)); }

Outcome<std::vector<RequestGroup>> parse_groups(const Request& request) {
    std::vector<RequestGroup> groups;
    for (const auto& [name, value] : request.query) {
        const auto key = group_key(name);
        if (!key)
            continue;
        auto group = std::find_if(groups.begin(), groups.end(),
                                  [&](const auto& known) { return known.suffix == key->suffix; });
        if (group == groups.end()) {
            group = groups.insert(groups.end(), RequestGroup{});
            group->suffix = key->suffix;
        }
        switch (key->part) {
        case Part::resources: {
            VTPMLAB_TRY(group->resources, parse_resources(value));
            break;
        }
        case Part::required:
            group->required.clear(); // a key that comes again is read as a whole again
            group->forbidden.clear();
            VTPMLAB_CHECK(parse_required(request, key->suffix, *group));
            break;
        case Part::member_of:
            group->member_of.clear();
            group->not_member_of.clear();
            VTPMLAB_CHECK(parse_member_of(request, key->suffix, *group));
            break;
        case Part::in_tree: {
            VTPMLAB_TRY(group->in_tree, parse_in_tree(value));
            break;
        }
        }
    }
    return groups;
}

// Before 1.36 every group asks for resources.
Outcome<void> check_orphans(const std::vector<RequestGroup>& groups) {
    std::vector<std::string> traits, aggregates;
    bool all_have = true;
    for (const auto& group : groups) {
        if (!group.resources.empty())
            continue;
        all_have = false;
        if (!group.required.empty())
            traits.push_back("required" + group.suffix);
        if (!group.member_of.empty() || !group.not_member_of.empty())
            aggregates.push_back("member_of" + group.suffix);
    }
    if (!traits.empty())
        return refuse(400, fmt::format("All traits parameters must be associated with resources.  "
                                       "Found the following orphaned traits keys: {}",
                                       fmt::join(traits, ", ")));
    if (!aggregates.empty())
        return refuse(400,
                      fmt::format("All member_of parameters must be associated with resources. "
                                  "Found the following orphaned member_of keys: {}",
                                  fmt::join(aggregates, ", ")));
    if (!all_have)
        return refuse(400, "All request groups must specify resources.");
    if (groups.empty())
        return refuse(400, "At least one request group (`resources` or `resources{$S}`) is "
                           "required.");
    return {};
}

// From 1.36 on a group may ask for no resources, if a same_subtree names it.
Outcome<void> check_subtrees(const CandidateQuery& query) {
    std::vector<std::string> known, resourceless, unknown;
    for (const auto& group : query.groups) {
        known.push_back(group.suffix);
        if (group.resources.empty())
            resourceless.push_back(group.suffix);
    }
    std::set<std::string> named;
    for (const auto& suffixes : query.same_subtree)
        named.insert(suffixes.begin(), suffixes.end());
    if (resourceless.size() == known.size())
        return refuse(400, "There must be at least one resources or resources[$S] parameter.",
                      missing_value);
    std::erase_if(resourceless, [&](const auto& suffix) { return named.count(suffix) > 0; });
    if (!resourceless.empty())
        return refuse(400,
                      fmt::format("Resourceless suffixed group request should be specified in "
                                  "`same_subtree` query param: bad group(s) - {}.",
                                  listed(resourceless)),
                      bad_value);
    for (const auto& suffix : named)
        if (std::find(known.begin(), known.end(), suffix) == known.end())
            unknown.push_back(suffix);
    if (!unknown.empty())
        return refuse(400,
                      fmt::format("Real suffixes should be specified in `same_subtree`: {} not "
                                  "found in {}.",
                                  listed(unknown), listed(known)),
                      bad_value);
    return {};
}

Outcome<void> check_conflicts(const std::vector<RequestGroup>& groups) {
    std::vector<std::string> conflicts;
    for (const auto& group : groups)
        for (const auto& any : group.required)
            if (std::all_of(any.begin(), any.end(),
                            [&](const auto& name) { return group.forbidden.count(name) > 0; }))
                conflicts.push_back(
                    fmt::format("required{}: ({})", group.suffix, fmt::join(any, ", ")));
    if (conflicts.empty())
        return {};
    std::sort(conflicts.begin(), conflicts.end());
    return refuse(400, fmt::format("Conflicting required and forbidden traits found in the "
                                   "following traits keys: {}",
                                   fmt::join(conflicts, ", ")));
}

Outcome<RequestGroup> parse_root(const Request& request) {
    RequestGroup root;
    const auto values = request.query.all("root_required");
    if (values.size() > 1)
        return refuse(400, "Query parameter 'root_required' may be specified only once.",
                      duplicate_key);
    if (values.empty())
        return root;
    // Any-of traits are not for the root: as of 1.38.
    VTPMLAB_CHECK(parse_traits(std::string(values.front()), 38, root));
    std::vector<std::string> conflicts;
    for (const auto& any : root.required)
        if (root.forbidden.count(*any.begin()))
            conflicts.push_back(*any.begin());
    if (!conflicts.empty())
        return refuse(400,
                      fmt::format("Conflicting required and forbidden traits found in "
                                  "root_required: {}",
                                  fmt::join(conflicts, ", ")),
                      bad_value);
    return root;
}

Outcome<std::vector<std::set<std::string>>> parse_same_subtrees(const Request& request) {
    std::vector<std::set<std::string>> subtrees;
    for (const std::string_view value : request.query.all("same_subtree")) {
        auto& suffixes = subtrees.emplace_back();
        for (const auto& suffix : split(value, ','))
            suffixes.insert(stripped(suffix));
        if (suffixes.count(""))
            return refuse(400,
                          "Empty string (unsuffixed group) can not be specified in `same_subtree` ",
                          bad_value);
    }
    return subtrees;
}

std::size_t parse_limit(const std::string& text) {
    std::size_t limit = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
    return error == std::errc() ? limit : std::numeric_limits<std::size_t>::max();
}

} // namespace

Outcome<CandidateQuery> parse_candidate_query(const Request& request) {
    VTPMLAB_CHECK(checked_query(request, schemas::candidates(minor_of(request))));
    CandidateQuery query;
    if (const std::string* limit = request.query.find("limit"))
        query.limit = parse_limit(*limit);
    if (const std::string* policy = request.query.find("group_policy"))
        query.policy = *policy == "isolate" ? GroupPolicy::isolate : GroupPolicy::none;
    query.nested = at_least(request, 29) ? NestedProviders::shown : NestedProviders::left_out;
    VTPMLAB_TRY(query.root, parse_root(request));
    VTPMLAB_TRY(query.same_subtree, parse_same_subtrees(request));
    VTPMLAB_TRY(query.groups, parse_groups(request));
    VTPMLAB_CHECK(at_least(request, 36) ? check_subtrees(query) : check_orphans(query.groups));
    if (at_least(request, 22))
        VTPMLAB_CHECK(check_conflicts(query.groups));
    const auto granular = std::count_if(query.groups.begin(), query.groups.end(),
                                        [](const auto& group) { return !group.suffix.empty(); });
    if (granular > 1 && query.policy == GroupPolicy::unsaid)
        return refuse(400, "The \"group_policy\" parameter is required when specifying more than "
                           "one \"resources{N}\" parameter.");
    return query;
}

} // namespace vtpmlab::fakes::placement
