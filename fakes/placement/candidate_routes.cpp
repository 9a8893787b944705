// GET /allocation_candidates: the body of each version.

#include "placement/candidate_query.h"
#include "placement/candidates.h"
#include "placement/routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

namespace vtpmlab::fakes::placement {

namespace {

// The answer can be hundreds of kilobytes for a large cloud, so it is written straight away, not
// built as a tree first. Names and UUIDs need no escaping: they were checked when they came in.
class Writer {
public:
    Writer(const Model& model, const Request& request, const CandidateQuery& query)
        : model_(model), request_(request), query_(query) {
        for (const auto& group : query.groups)
            for (const auto& [name, amount] : group.resources)
                if (const auto id = model.classes.find(name))
                    asked_classes_.insert(*id);
    }

    std::string body(const std::vector<Candidate>& candidates) {
        const auto providers = summarised(candidates);
        reserve(candidates, providers);
        out_ = R"({"allocation_requests":[)";
        list(candidates, [&](const Candidate& candidate) { allocation_request(candidate); });
        out_ += R"(],"provider_summaries":{)";
        list(providers, [&](const Provider* provider) { summary(*provider); });
        out_ += "}}";
        return std::move(out_);
    }

private:
    // A good guess: a text of a megabyte that grows is copied again and again.
    void reserve(const std::vector<Candidate>& candidates,
                 const std::vector<const Provider*>& providers) {
        constexpr std::size_t of_a_candidate = 64, of_a_share = 96, of_an_amount = 32;
        std::size_t bytes = of_a_candidate;
        for (const auto& candidate : candidates) {
            bytes += of_a_candidate * (1 + candidate.mappings.size());
            for (const auto& share : candidate.allocations)
                bytes += of_a_share + of_an_amount * share.amounts->size();
        }
        for (const Provider* provider : providers)
            bytes += provider->summary.size() + 1;
        out_.reserve(bytes);
    }

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
    // Without its last brace. Nearly always the text of the share before.
    void amounts(const std::shared_ptr<const Amounts>& values) {
        if (values != written_amounts_) {
            written_amounts_ = values;
            amounts_text_ = R"({"resources":{)";
            for (const auto& [resource_class, amount] : *values)
                amounts_text_ += fmt::format("{}\"{}\":{}", amounts_text_.back() == '{' ? "" : ",",
                                             model_.classes.text(resource_class), amount);
            amounts_text_ += '}';
        }
        out_ += amounts_text_;
    }

    void allocation_request(const Candidate& candidate) {
        const bool as_list = !at_least(request_, 12);
        out_ += R"({"allocations":)";
        out_ += as_list ? '[' : '{';
        list(candidate.allocations, [&](const Share& share) {
            if (as_list) {
                amounts(share.amounts);
                out_ += R"(,"resource_provider":{"uuid":)";
                text(share.provider->uuid);
                out_ += "}}";
            } else {
                text(share.provider->uuid);
                out_ += ':';
                amounts(share.amounts);
                out_ += '}';
            }
        });
        out_ += as_list ? ']' : '}';
        if (at_least(request_, 34)) {
            out_ += R"(,"mappings":{)";
            mappings(candidate);
            out_ += '}';
        }
        out_ += '}';
    }

    // "": ["uuid"], "_COMPUTE": ["uuid", "uuid"]
    void mappings(const Candidate& candidate) {
        const Serving* before = nullptr;
        for (const auto& serving : candidate.mappings) {
            const bool same_group = before && before->group == serving.group;
            if (before)
                out_ += same_group ? "," : "],";
            if (!same_group) {
                text(query_.groups[serving.group].suffix);
                out_ += ":[";
            }
            text(serving.provider->uuid);
            before = &serving;
        }
        if (before)
            out_ += ']';
    }

    // Every provider of every tree that is a candidate, each once; clients before 1.29 know no
    // trees.
    [[nodiscard]] std::vector<const Provider*>
    summarised(const std::vector<Candidate>& candidates) const {
        const auto before = [](const Provider* a, const Provider* b) { return a->uuid < b->uuid; };
        std::vector<const Provider*> all;
        std::set<std::string_view> trees;
        for (const auto& candidate : candidates)
            for (const auto& share : candidate.allocations) {
                const Provider* provider = share.provider;
                const bool alone = provider->parent.empty() && provider->children.empty();
                if (alone || !at_least(request_, 29))
                    all.push_back(provider);
                else if (trees.insert(provider->root).second)
                    for (const Provider* relative : model_.tree_of(provider->root))
                        all.push_back(relative);
            }
        // Where no candidate has a second provider they are in order already.
        if (!std::is_sorted(all.begin(), all.end(), before))
            std::sort(all.begin(), all.end(), before);
        all.erase(std::unique(all.begin(), all.end()), all.end());
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
    const CandidateQuery& query_;
    std::set<int> asked_classes_;
    std::string out_;
    std::shared_ptr<const Amounts> written_amounts_;
    std::string amounts_text_;
};

Outcome<Response> candidates(Parts parts, const Request& request) {
    VTPMLAB_TRY(const CandidateQuery query, parse_candidate_query(request));
    const auto model = parts.store.read();
    VTPMLAB_TRY(const auto found, find_candidates(*model, query));
    Response response =
        Response::text(200, Writer(*model, request, query).body(found), "application/json");
    return fresh(std::move(response), request, parts);
}

} // namespace

std::vector<http::Route> candidate_routes(Parts parts) {
    return {route("GET", "/allocation_candidates", parts, candidates,
                  {10, "placement:allocation_candidates:list"})};
}

} // namespace vtpmlab::fakes::placement
