#pragma once
// What a scenario expects of the journal: which requests, and when none is there, which came
// nearest.

#include <vtpmlab/lab.h>
#include <vtpmlab/result.h>

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <optional>
#include <regex>
#include <string>
#include <vector>

namespace vtpmlab::runner {

struct WantedRequest {
    std::string service;
    // An empty text is any.
    std::string method, route, user, project, role, service_user;
    std::optional<std::regex> path; // found in path and query
    std::string path_pattern;
    std::optional<int> status;
    std::optional<bool> faulty;

    // Of a verb's arguments, already checked against their shape.
    [[nodiscard]] static Result<WantedRequest> of(const nlohmann::json& args);
    [[nodiscard]] bool matches(const SeenRequest& seen) const;
    // In words, what of it does not fit: "user 'owner'", "status 201".
    [[nodiscard]] std::vector<std::string> unmet_by(const SeenRequest& seen) const;
    // "POST /v1/secrets of barbican by user nova, status 201"
    [[nodiscard]] std::string text() const;
};

// "POST /v1/secrets of barbican by owner → 201"
[[nodiscard]] std::string request_text(const SeenRequest& seen);
[[nodiscard]] nlohmann::json request_json(const SeenRequest& seen);

// "nearest: GET /v1/secrets/1 of barbican by nova → 403, not status 200": those of the same service
// with the fewest differences, latest first, each said once.
[[nodiscard]] std::vector<std::string>
nearest(const WantedRequest& wanted, const std::vector<SeenRequest>& seen, std::size_t most = 3);

} // namespace vtpmlab::runner
