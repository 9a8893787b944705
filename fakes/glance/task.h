#pragma once
// A task: what became of one import. Clients only read them.

#include <vtpmlab/clock.h>

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace vtpmlab::fakes::glance {

// As [task] task_time_to_live.
inline constexpr std::chrono::hours task_lifetime{48};

struct Task {
    std::string id;
    std::string image_id;
    std::string owner; // a project
    std::string user_id;
    std::string request_id;
    std::string status = "pending"; // processing, success, failure
    std::string import_request;     // the body of the import, JSON
    std::string message;
    Clock::Time created_at{};
    Clock::Time updated_at{};
    std::optional<Clock::Time> expires_at; // when it ended well
};

// The three forms answers have: in the list of tasks, by itself, and in the list of an image.
[[nodiscard]] nlohmann::json summary_of(const Task& task);
[[nodiscard]] nlohmann::json described(const Task& task);
[[nodiscard]] nlohmann::json as_of_image(const Task& task);

// As the database keeps it.
[[nodiscard]] std::string document_of(const Task& task);
[[nodiscard]] Task task_from(const std::string& document);

} // namespace vtpmlab::fakes::glance
