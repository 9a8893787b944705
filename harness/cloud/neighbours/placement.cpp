#include "cloud/neighbours/placement.h"

#include "core/text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <thread>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;

// Nova gives up a claim after four times concurrent_update.
constexpr int claim_attempts = 4;
constexpr std::chrono::milliseconds claim_pause{20};

Error unexpected_answer(const std::string& call, const client::HttpResponse& answer) {
    Error error;
    error.message =
        fmt::format("placement answered {}: {}", answer.status, printable(answer.body, 300));
    error.where = call;
    return error;
}

// What `take` makes of the answer's JSON; a body of another shape is an error, not an exception.
template <typename Take>
auto read(const std::string& call, const client::HttpResponse& answer, Take take)
    -> Result<decltype(take(json()))> {
    if (!answer.is_success())
        return fail(unexpected_answer(call, answer));
    try {
        return take(json::parse(answer.body));
    } catch (const json::exception& error) {
        return fail(ErrorKind::lab,
                    fmt::format("placement's answer is unreadable: {}", error.what()), call);
    }
}

bool is_concurrent_update(const client::HttpResponse& answer) {
    return answer.status == 409 &&
           answer.body.find("placement.concurrent_update") != std::string::npos;
}

std::set<std::string> names_of_traits(const json& body) {
    return body.at("traits").get<std::set<std::string>>();
}

std::vector<Candidate> candidates_of(const json& body) {
    std::vector<Candidate> found;
    // By reference, as each summary: they are of all hosts, and large.
    const auto& summaries = body.at("provider_summaries");
    for (const auto& request : body.at("allocation_requests")) {
        // A compute host is one provider here; nested ones would need more than one.
        const auto& allocations = request.at("allocations");
        if (allocations.size() != 1)
            continue;
        Candidate candidate;
        candidate.provider = allocations.begin().key();
        candidate.resources = allocations.begin().value().at("resources").get<Resources>();
        const auto summary = summaries.find(candidate.provider);
        if (summary != summaries.end() && summary->contains("resources"))
            for (const auto& [name, amounts] : summary->at("resources").items()) {
                const auto capacity = amounts.value("capacity", 0u);
                candidate.free[name] = capacity - std::min(capacity, amounts.value("used", 0u));
            }
        found.push_back(std::move(candidate));
    }
    return found;
}

} // namespace

Result<client::HttpResponse> Placement::call(const std::string& method, const std::string& path,
                                             const std::string& version,
                                             std::optional<client::Body> body) {
    client::RequestOptions options;
    if (!version.empty())
        options.microversion = "placement " + version;
    options.body = std::move(body);
    return nova_.request("placement", method, path, options);
}

Status Placement::ensure_provider(const std::string& uuid, const std::string& name) {
    const std::string list = "/resource_providers?in_tree=" + uuid;
    VTPMLAB_TRY(const auto tree, call("GET", list, "1.14"));
    VTPMLAB_TRY(const bool is_there, read("GET " + list, tree, [](const json& body) {
                    return !body.at("resource_providers").empty();
                }));
    if (is_there)
        return {};
    VTPMLAB_TRY(const auto made, call("POST", "/resource_providers", "1.20",
                                      client::Body::json({{"uuid", uuid}, {"name", name}})));
    if (!made.is_success())
        return fail(unexpected_answer("POST /resource_providers", made));
    return {};
}

Result<int> Placement::generation(const std::string& uuid) {
    const std::string list = "/resource_providers?in_tree=" + uuid;
    VTPMLAB_TRY(const auto tree, call("GET", list, "1.14"));
    return read("GET " + list, tree, [&](const json& body) {
        return body.at("resource_providers").at(0).at("generation").get<int>();
    });
}

Status Placement::set_inventories(const std::string& uuid,
                                  const std::map<std::string, Inventory>& inventories) {
    VTPMLAB_TRY(const int at, generation(uuid));
    json wanted = json::object();
    for (const auto& [name, inventory] : inventories)
        wanted[name] = {{"total", inventory.total},
                        {"reserved", inventory.reserved},
                        {"min_unit", 1},
                        {"max_unit", inventory.total},
                        {"step_size", 1},
                        {"allocation_ratio", inventory.allocation_ratio}};
    const std::string path = "/resource_providers/" + uuid + "/inventories";
    VTPMLAB_TRY(const auto answer, call("PUT", path, "1.26",
                                        client::Body::json({{"resource_provider_generation", at},
                                                            {"inventories", wanted}})));
    if (!answer.is_success())
        return fail(unexpected_answer("PUT " + path, answer));
    return {};
}

Result<std::set<std::string>> Placement::traits(const std::string& uuid) {
    const std::string path = "/resource_providers/" + uuid + "/traits";
    VTPMLAB_TRY(const auto answer, call("GET", path, "1.6"));
    return read("GET " + path, answer, names_of_traits);
}

Status Placement::set_traits(const std::string& uuid, const std::set<std::string>& traits) {
    if (!traits.empty()) {
        const auto list = fmt::format("/traits?name=in:{}", fmt::join(traits, ","));
        VTPMLAB_TRY(const auto answer, call("GET", list, "1.6"));
        VTPMLAB_TRY(const auto known, read("GET " + list, answer, names_of_traits));
        for (const auto& trait : traits) {
            if (known.contains(trait))
                continue;
            VTPMLAB_TRY(const auto made, call("PUT", "/traits/" + trait, "1.6"));
            if (!made.is_success())
                return fail(ErrorKind::lab, "TraitCreationFailed: Failed to create trait " + trait,
                            "PUT /traits/" + trait,
                            "this Placement's os-traits is older than the release needs");
        }
    }
    VTPMLAB_TRY(const int at, generation(uuid));
    const std::string path = "/resource_providers/" + uuid + "/traits";
    VTPMLAB_TRY(const auto answer, call("PUT", path, "1.6",
                                        client::Body::json({{"resource_provider_generation", at},
                                                            {"traits", traits}})));
    if (!answer.is_success())
        return fail(unexpected_answer("PUT " + path, answer));
    return {};
}

Result<std::vector<Candidate>> Placement::candidates(const std::string& query) {
    VTPMLAB_TRY(const auto answer, call("GET", "/allocation_candidates?" + query, "1.36"));
    if (answer.status != 200)
        return std::vector<Candidate>();
    return read("GET /allocation_candidates", answer, candidates_of);
}

Result<bool> Placement::claim(const Claim& claim) {
    const std::string path = "/allocations/" + claim.consumer;
    for (int attempt = 1; attempt <= claim_attempts; ++attempt) {
        VTPMLAB_TRY(const auto held, call("GET", path, "1.28"));
        VTPMLAB_TRY(const json generation_before, read("GET " + path, held, [](const json& answer) {
                        return answer.value("consumer_generation", json());
                    }));
        const json body = {{"allocations", {{claim.provider, {{"resources", claim.resources}}}}},
                           {"mappings", {{"", {claim.provider}}}},
                           {"project_id", claim.project_id},
                           {"user_id", claim.user_id},
                           {"consumer_generation", generation_before}};
        VTPMLAB_TRY(const auto answer, call("PUT", path, "1.36", client::Body::json(body)));
        if (answer.is_success())
            return true;
        if (!is_concurrent_update(answer))
            return false;
        if (attempt < claim_attempts)
            std::this_thread::sleep_for(claim_pause * attempt);
    }
    return false;
}

Status Placement::move_allocations(const std::string& from, const std::string& to) {
    const auto held_by = [&](const std::string& consumer) -> Result<json> {
        const std::string path = "/allocations/" + consumer;
        VTPMLAB_TRY(const auto answer, call("GET", path, "1.28"));
        return read("GET " + path, answer, [](const json& body) { return body; });
    };
    for (int attempt = 1;; ++attempt) {
        VTPMLAB_TRY(const json source, held_by(from));
        VTPMLAB_TRY(const json target, held_by(to));
        if (source.value("allocations", json::object()).empty())
            return fail(ErrorKind::lab, fmt::format("consumer {} holds no allocation", from));
        json wanted = json::object();
        for (const auto& [provider, held] : source.at("allocations").items())
            wanted[provider] = {{"resources", held.at("resources")}};
        const auto entry = [&](const json& allocations, const json& before) {
            return json{{"allocations", allocations},
                        {"project_id", source.at("project_id")},
                        {"user_id", source.at("user_id")},
                        {"consumer_generation", before.value("consumer_generation", json())}};
        };
        VTPMLAB_TRY(const auto answer,
                    call("POST", "/allocations", "1.28",
                         client::Body::json({{to, entry(wanted, target)},
                                             {from, entry(json::object(), source)}})));
        if (answer.is_success())
            return {};
        if (!is_concurrent_update(answer) || attempt == claim_attempts)
            return fail(unexpected_answer("POST /allocations", answer));
        std::this_thread::sleep_for(claim_pause * attempt);
    }
}

Status Placement::remove_allocations(const std::string& consumer) {
    const std::string path = "/allocations/" + consumer;
    VTPMLAB_TRY(const auto held, call("GET", path, "1.28"));
    VTPMLAB_TRY(const bool has_any, read("GET " + path, held, [](const json& body) {
                    return !body.at("allocations").empty();
                }));
    if (!has_any)
        return {};
    VTPMLAB_TRY(const auto answer, call("DELETE", path, "1.28"));
    if (!answer.is_success() && answer.status != 404)
        return fail(unexpected_answer("DELETE " + path, answer));
    return {};
}

} // namespace vtpmlab::cloud
