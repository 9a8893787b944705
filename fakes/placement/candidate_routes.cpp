// GET /allocation_candidates: the body of each version.

#include "placement/candidate_query.h"
#include "placement/candidates.h"
#include "placement/routes.h"

#include <algorithm>
#include <set>
#include <unordered_set>

namespace vtpmlab::fakes::placement {

using http::Outcome;
using http::Request;
using http::Response;

namespace {

// The answer can be hundreds of kilobytes for a large cloud, so it is written straight away, not
// built as a tree first. Names and UUIDs need no escaping: they were checked when they came in.
class Writer {
public:
    Writer(const Model& model, const Request& request, std::set<int> asked_classes)
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

    // Every provider of every tree that is a candidate; clients before 1.29 know no trees.
    [[nodiscard]] std::vector<const Provider*>
    summarised(const std::vector<Candidate>& candidates) const {
        std::vector<const Provider*> all;
        std::unordered_set<const Provider*> seen;
        const auto show = [&](const Provider* provider) {
            if (provider && seen.insert(provider).second)
                all.push_back(provider);
        };
        for (const auto& candidate : candidates)
            for (const auto& [provider, amounts_] : candidate.allocations) {
                const bool alone = provider->parent.empty() && provider->children.empty();
                if (alone || !at_least(request_, 29))
                    show(provider);
                else if (!seen.count(provider))
                    for (const Provider* relative : model_.tree_of(provider->root))
                        show(relative);
            }
        return all;
    }

    void summary(const Provider& provider) {
        if (at_least(request_, 29)) {
            out_ += provider.summary;
            return;
        }
        text(provider.uuid);
        out_ += R"(:{"resources":{)";
        bool first = true;
        for (const auto& [resource_class, inventory] : provider.inventories) {
            // Before 1.27 only what was asked for.
            if (!at_least(request_, 27) && !asked_classes_.count(resource_class))
                continue;
            if (!first)
                out_ += ',';
            first = false;
            text(model_.classes.text(resource_class));
            out_ += R"(:{"capacity":)";
            out_ += std::to_string(inventory.capacity());
            out_ += R"(,"used":)";
            out_ += std::to_string(provider.used_of(resource_class));
            out_ += '}';
        }
        out_ += '}';
        if (at_least(request_, 17)) {
            out_ += R"(,"traits":[)";
            list(provider.traits.ids(), [&](int id) { text(model_.traits.text(id)); });
            out_ += ']';
        }
        out_ += '}';
    }

    const Model& model_;
    const Request& request_;
    std::set<int> asked_classes_;
    std::string out_;
};

Outcome<Response> candidates(Parts parts, const Request& request) {
    VTPMLAB_TRY(const CandidateQuery query, parse_candidate_query(request));
    const auto model = parts.store.read();
    VTPMLAB_TRY(const auto found, find_candidates(*model, query));
    std::set<int> asked;
    for (const auto& group : query.groups)
        for (const auto& [name, amount] : group.resources)
            if (const auto id = model->classes.find(name))
                asked.insert(*id);
    Response response = Response::text(200, Writer(*model, request, std::move(asked)).body(found),
                                       "application/json");
    return fresh(std::move(response), request, parts);
}

} // namespace

std::vector<http::Route> candidate_routes(Parts parts) {
    return {route("GET", "/allocation_candidates", parts, candidates,
                  {10, "placement:allocation_candidates:list"})};
}

} // namespace vtpmlab::fakes::placement
