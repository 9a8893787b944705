#include "cli/journal_line.h"

#include "report/text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace vtpmlab::cli {
namespace {

using nlohmann::json;

std::string text_at(const json& entry, const char* key) {
    const auto found = entry.find(key);
    return found != entry.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t number_at(const json& entry, const char* key) {
    const auto found = entry.find(key);
    return found != entry.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

// "05:12:36.123" of "2026-11-22T05:12:36.123456Z".
std::string time_of_day(const std::string& time) {
    const auto begin = time.find('T');
    const auto text = begin == std::string::npos ? time : time.substr(begin + 1, 12);
    return text.substr(0, text.find('Z'));
}

// "owner@demo", with the service that asks on their behalf: "owner@demo +nova".
std::string who(const json& entry) {
    const auto user = text_at(entry, "user");
    if (user.empty())
        return "-";
    const auto project = text_at(entry, "project");
    const auto service = text_at(entry, "service_user");
    return user + (project.empty() ? "" : "@" + project) + (service.empty() ? "" : " +" + service);
}

// What the middleware of every service does with every token it sees.
bool is_token_check(const json& entry) {
    const auto method = text_at(entry, "method");
    return text_at(entry, "service") == "keystone" && (method == "GET" || method == "HEAD") &&
           text_at(entry, "target").starts_with("/v3/auth/tokens") &&
           text_at(entry, "project") == "service";
}

std::string_view paint(std::int64_t status, report::Colour colour) {
    if (colour == report::Colour::off || status < 400)
        return {};
    return status < 500 ? "\x1b[33m" : "\x1b[31m";
}

constexpr const char* columns = "{:<12}  {:<9}  {:>6}  {:>9}  {:<16}  {:<6}  {}";

} // namespace

std::string journal_heading() {
    return fmt::format(columns, "time (UTC)", "service", "status", "ms", "who", "method", "path") +
           "\n";
}

bool is_of_service(std::string_view entry, std::string_view service) {
    const auto parsed = json::parse(entry, nullptr, false);
    return parsed.is_object() && text_at(parsed, "service") == service;
}

std::string event_line(std::string_view logged, const JournalView& view) {
    const auto word = [&logged] {
        const auto end = std::min(logged.find(' '), logged.size());
        const std::string found(logged.substr(0, end));
        logged.remove_prefix(std::min(end + 1, logged.size()));
        return found;
    };
    const auto time = time_of_day(word());
    const auto level = word();
    const auto service = word();
    auto line = report::safe_text(fmt::format("{:<12}  {}  {}", time, service, logged));
    if (view.width != 0)
        line = report::fit(line, view.width);
    const auto colour = paint(level == "WARNING" ? 400 : 0, view.colour);
    return fmt::format("{}{}{}\n", colour, line, colour.empty() ? "" : "\x1b[0m");
}

std::optional<std::string> journal_line(std::string_view entry, const JournalView& view) {
    const auto parsed = json::parse(entry, nullptr, false);
    if (!parsed.is_object())
        return std::nullopt;
    const auto service = text_at(parsed, "service");
    if (!view.service.empty() && service != view.service)
        return std::nullopt;
    if (!view.token_checks && is_token_check(parsed))
        return std::nullopt;
    const auto status = number_at(parsed, "status");
    auto line = report::safe_text(fmt::format(
        fmt::runtime(columns), time_of_day(text_at(parsed, "time")), service, status,
        fmt::format("{:.1f}", static_cast<double>(number_at(parsed, "duration_us")) / 1000),
        who(parsed), text_at(parsed, "method"), text_at(parsed, "target")));
    if (view.width != 0)
        line = report::fit(line, view.width);
    const auto colour = paint(status, view.colour);
    return fmt::format("{}{}{}\n", colour, line, colour.empty() ? "" : "\x1b[0m");
}

} // namespace vtpmlab::cli
