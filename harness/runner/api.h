#pragma once
// One call to one service's API as a persona, and what came back in the form steps use: status,
// body, and the service's own words when it refused. Each service words a refusal differently; only
// this file knows how.

#include "client/session.h"

#include <vtpmlab/result.h>

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>

namespace vtpmlab::runner {

struct ApiCall {
    std::string service; // catalog type: "compute", "image", "key-manager", "placement"
    std::string method = "GET";
    std::string path;
    std::string microversion; // "compute 2.86"
    client::Headers headers = {};
    std::optional<client::Body> body = std::nullopt;
};

struct Answer {
    int status = 0;
    nlohmann::json body; // null when it was not JSON
    std::string message; // the refusal's text
    [[nodiscard]] bool is_success() const { return status >= 200 && status < 300; }
};

[[nodiscard]] Result<Answer> call(client::ServiceClient& session, const ApiCall& api_call,
                                  std::chrono::steady_clock::time_point deadline);
// The same, where anything but a success fails the step.
[[nodiscard]] Result<Answer> must(client::ServiceClient& session, const ApiCall& api_call,
                                  std::chrono::steady_clock::time_point deadline);

// {"status": …}, with "message" for a refusal: what every verb that makes a call binds.
[[nodiscard]] nlohmann::json result_of(const Answer& answer);

// The text of a refusal, made printable and short.
[[nodiscard]] std::string refusal_text(const client::HttpResponse& response);

// A text for a path or query of a URL.
[[nodiscard]] std::string percent_encoded(const std::string& text);

} // namespace vtpmlab::runner
