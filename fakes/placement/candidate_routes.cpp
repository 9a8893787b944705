// GET /allocation_candidates: the query string in, the body of each version out.

#include "placement/candidates.h"
#include "placement/routes.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace vtpmlab::fakes::placement {

using http::Outcome;
using http::refuse;
using http::Request;
using http::Response;
using nlohmann::json;

namespace {

constexpr std::string_view group_keys[] = {"resources", "required", "member_of", "in_tree"};

// "1" or "_COMPUTE", of a key that names a group; nothing for any other key. Numbers only before
// 1.33; a suffix of any kind from 1.25 on.
std::optional<std::string> suffix_of(std::string_view key, const Request& request) {
    for (const auto& prefix : group_keys) {
        if (key.substr(0, prefix.size()) != prefix)
            continue;
        const std::string_view suffix = key.substr(prefix.size());
        if (suffix.empty())
            return std::string();
        if (!at_least(request, 25) || suffix.size() > 64)
            return std::nullopt;
        const bool is_number = suffix.find_first_not_of("0123456789") == std::string_view::npos &&
                               suffix.front() != '0';
        const bool is_name =
            at_least(request, 33) &&
            suffix.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST"
                                     "UVWXYZ0123456789_-") == std::string_view::npos;
        if (is_number || is_name)
            return std::string(suffix);
    }
    return std::nullopt;
}

bool has_key(std::string_view name, const Request& request) {
    struct Known {
        std::string_view name;
        int since;
    };
    static constexpr Known plain[] = {
        {"limit", 16},     {"group_policy", 25}, {"root_required", 35}, {"same_subtree", 36},
        {"resources", 10}, {"required", 17},     {"member_of", 21},     {"in_tree", 31}};
    for (const auto& known : plain)
        if (known.name == name)
            return at_least(request, known.since);
    return suffix_of(name, request).has_value();
}

Outcome<CandidateQuery> parsed(const Model& model, const Request& request) {
    CandidateQuery query;
    std::vector<std::string> suffixes;
    for (const auto& [name, value] : request.query) {
        if (!has_key(name, request))
            return refuse(
                400, fmt::format("Invalid query string parameters: Additional properties are not "
                                 "allowed ('{}' was unexpected)",
                                 name));
        const auto suffix = suffix_of(name, request);
        if (suffix && std::find(suffixes.begin(), suffixes.end(), *suffix) == suffixes.end())
            suffixes.push_back(*suffix);
    }
    std::sort(suffixes.begin(), suffixes.end());
    const bool any_resources =
        std::any_of(suffixes.begin(), suffixes.end(), [&](const auto& suffix) {
            return request.query.contains("resources" + suffix);
        });
    if (!any_resources)
        return refuse(400, "There must be at least one resources or resources[$S] parameter.",
                      missing_value);
    std::size_t granular = 0;
    for (const auto& suffix : suffixes) {
        VTPMLAB_TRY(auto group, parse_group(model, request, suffix));
        // From 1.36 on a group may have no resources, if a same_subtree names it.
        if (group.resources.empty() && !suffix.empty() && !at_least(request, 36))
            return refuse(
                400, fmt::format("All traits parameters must be associated with resources. Found "
                                 "the following orphaned traits keys: required{}",
                                 suffix));
        granular += suffix.empty() ? 0 : 1;
        query.groups.push_back(std::move(group));
    }
    if (const std::string* policy = request.query.find("group_policy")) {
        if (*policy != "none" && *policy != "isolate")
            return refuse(
                400, fmt::format("Invalid query string parameters: '{}' is not one of ['none', "
                                 "'isolate']",
                                 *policy));
        query.policy = *policy == "isolate" ? GroupPolicy::isolate : GroupPolicy::none;
    } else if (granular > 1) {
        return refuse(400,
                      "The \"group_policy\" parameter is required when specifying more than one "
                      "\"resources{N}\" parameter.",
                      missing_value);
    }
    if (const std::string* limit = request.query.find("limit")) {
        const auto [end, error] =
            std::from_chars(limit->data(), limit->data() + limit->size(), query.limit);
        if (error != std::errc() || end != limit->data() + limit->size() || query.limit == 0)
            return refuse(400, fmt::format("Invalid query string parameters: '{}' does not match "
                                           "'^[1-9][0-9]*$'",
                                           *limit));
    }
    VTPMLAB_CHECK(parse_traits(model, request, "root_required", query.root));
    for (const std::string_view value : request.query.all("same_subtree")) {
        auto& named = query.same_subtree.emplace_back();
        for (std::string_view rest = value;;) {
            const auto comma = rest.find(',');
            named.emplace_back(rest.substr(0, comma));
            if (named.back().empty() ||
                std::find(suffixes.begin(), suffixes.end(), named.back()) == suffixes.end())
                return refuse(400,
                              fmt::format("Real suffixes should be specified in same_subtree: {}",
                                          named.back()));
            if (comma == std::string_view::npos)
                break;
            rest = rest.substr(comma + 1);
        }
    }
    return query;
}

// The answer can be hundreds of kilobytes for a large cloud, so it is written straight away, not
// built as a tree first. Names and UUIDs need no escaping: they were checked when they came in.
class Writer {
public:
    Writer(const Model& model, const Request& request, std::vector<int> asked_classes)
        : model_(model), request_(request), asked_classes_(std::move(asked_classes)) {}

    std::string body(const std::vector<Candidate>& candidates) {
        out_ = R"({"allocation_requests":[)";
        list(candidates, [&](const Candidate& candidate) { allocation_request(candidate); });
        out_ += R"(],"provider_summaries":{)";
        list(summarised(candidates), [&](const Provider* provider) { summary(*provider); });
        out_ += "}}";
        return std::move(out_);
    }

private:
    template <typename List, typename Write>
    void list(const List& items, Write write) {
        bool first = true;
        for (const auto& item : items) {
            if (!first)
                out_ += ',';
            first = false;
            write(item);
        }
    }
    void text(std::string_view value) {
        out_ += '"';
        out_ += value;
        out_ += '"';
    }
    void amounts(const Amounts& values) {
        out_ += R"({"resources":{)";
        list(values, [&](const auto& value) {
            text(model_.classes.text(value.first));
            out_ += ':';
            out_ += std::to_string(value.second);
        });
        out_ += "}";
    }

    void allocation_request(const Candidate& candidate) {
        const bool as_list = !at_least(request_, 12);
        out_ += R"({"allocations":)";
        out_ += as_list ? '[' : '{';
        list(candidate.allocations, [&](const auto& part) {
            if (as_list) {
                amounts(part.second);
                out_ += R"(,"resource_provider":{"uuid":)";
                text(part.first->uuid);
                out_ += "}}";
            } else {
                text(part.first->uuid);
                out_ += ':';
                amounts(part.second);
                out_ += '}';
            }
        });
        out_ += as_list ? ']' : '}';
        if (at_least(request_, 34)) {
            out_ += R"(,"mappings":{)";
            list(candidate.mappings, [&](const auto& mapping) {
                text(mapping.first);
                out_ += ":[";
                list(mapping.second, [&](const Provider* provider) { text(provider->uuid); });
                out_ += ']';
            });
            out_ += '}';
        }
        out_ += '}';
    }

    // Every provider of every tree that is a candidate; before 1.29 only those that give something.
    std::vector<const Provider*> summarised(const std::vector<Candidate>& candidates) const {
        std::vector<const Provider*> all;
        for (const auto& candidate : candidates)
            for (const auto& [provider, amounts_] : candidate.allocations) {
                all.push_back(provider);
                if (at_least(request_, 29) &&
                    !(provider->parent.empty() && provider->children.empty()))
                    for (const Provider* relative : model_.tree_of(provider->root))
                        all.push_back(relative);
            }
        std::sort(all.begin(), all.end(),
                  [](const Provider* a, const Provider* b) { return a->uuid < b->uuid; });
        all.erase(std::unique(all.begin(), all.end()), all.end());
        return all;
    }

    void summary(const Provider& provider) {
        text(provider.uuid);
        out_ += R"(:{"resources":{)";
        bool first = true;
        for (const auto& [resource_class, inventory] : provider.inventories) {
            // Before 1.27 only what was asked for.
            if (!at_least(request_, 27) && std::find(asked_classes_.begin(), asked_classes_.end(),
                                                     resource_class) == asked_classes_.end())
                continue;
            if (!first)
                out_ += ',';
            first = false;
            const auto used = provider.used.find(resource_class);
            text(model_.classes.text(resource_class));
            out_ += R"(:{"capacity":)";
            out_ += std::to_string(inventory.capacity());
            out_ += R"(,"used":)";
            out_ += std::to_string(used == provider.used.end() ? 0 : used->second);
            out_ += '}';
        }
        out_ += '}';
        if (at_least(request_, 17)) {
            out_ += R"(,"traits":[)";
            list(provider.traits.ids(), [&](int id) { text(model_.traits.text(id)); });
            out_ += ']';
        }
        if (at_least(request_, 29)) {
            out_ += R"(,"parent_provider_uuid":)";
            if (provider.parent.empty())
                out_ += "null";
            else
                text(provider.parent);
            out_ += R"(,"root_provider_uuid":)";
            text(provider.root);
        }
        out_ += '}';
    }

    const Model& model_;
    const Request& request_;
    std::vector<int> asked_classes_;
    std::string out_;
};

Outcome<Response> candidates(Parts parts, const Request& request) {
    const auto model = parts.store.read();
    VTPMLAB_TRY(const CandidateQuery query, parsed(*model, request));
    std::vector<int> asked;
    for (const auto& group : query.groups)
        for (const auto& [resource_class, amount] : group.resources)
            asked.push_back(resource_class);
    Response response = Response::text(
        200, Writer(*model, request, std::move(asked)).body(find_candidates(*model, query)),
        "application/json");
    return fresh(std::move(response), request, parts);
}

} // namespace

std::vector<http::Route> candidate_routes(Parts parts) {
    return {route("GET", "/allocation_candidates", parts, candidates, {1, 10})};
}

} // namespace vtpmlab::fakes::placement
