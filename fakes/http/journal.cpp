#include "http/journal.h"

#include "http/timestamp.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace vtpmlab::http {

namespace {

std::size_t weight(const JournalEntry& entry) {
    return sizeof(JournalEntry) + entry.target.size() + entry.request_body.size() +
           entry.response_body.size();
}

// Bodies are JSON already (masking.h): taken apart and put together again, they would be most of
// the work of writing a journal down. Only the line stays one line: a break can but stand between
// tokens.
void append_body(std::string& line, std::string_view name, std::string_view body) {
    if (body.empty())
        return;
    line += fmt::format(R"(,"{}":)", name);
    const std::size_t at = line.size();
    if (body.front() == '<')
        line += nlohmann::json(body).dump();
    else
        line += body;
    std::replace_if(
        line.begin() + static_cast<std::ptrdiff_t>(at), line.end(),
        [](char c) { return c == '\n' || c == '\r'; }, ' ');
}

} // namespace

void Journal::record(JournalEntry entry) {
    const std::size_t bytes = weight(entry);
    {
        const std::lock_guard lock(mutex_);
        entry.number = ++total_;
        bytes_ += bytes;
        entries_.push_back(std::move(entry));
        while (!entries_.empty() && (entries_.size() > limits_.entries || bytes_ > limits_.bytes)) {
            bytes_ -= weight(entries_.front());
            entries_.pop_front();
            ++dropped_;
        }
    }
    grown_.notify_all();
}

void Journal::wait_beyond(std::uint64_t total, std::chrono::milliseconds patience) const {
    std::unique_lock lock(mutex_);
    grown_.wait_for(lock, patience, [&] { return total_ > total; });
}

std::vector<JournalEntry> Journal::entries() const {
    const std::lock_guard lock(mutex_);
    return {entries_.begin(), entries_.end()};
}

std::vector<JournalEntry>
Journal::entries(const std::function<bool(const JournalEntry&)>& wanted) const {
    std::vector<JournalEntry> found;
    const std::lock_guard lock(mutex_);
    for (const auto& entry : entries_)
        if (wanted(entry))
            found.push_back(entry);
    return found;
}

std::uint64_t Journal::total() const {
    const std::lock_guard lock(mutex_);
    return total_;
}

std::uint64_t Journal::dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
}

void Journal::clear() {
    const std::lock_guard lock(mutex_);
    entries_.clear();
    bytes_ = 0;
}

std::string Journal::to_json(const JournalEntry& entry) {
    // Ordered as a person reads a log line; nothing that is empty is written.
    nlohmann::ordered_json line;
    line["number"] = entry.number;
    line["time"] = timestamp_microseconds(entry.time);
    line["service"] = entry.service;
    line["method"] = entry.method;
    line["target"] = entry.target;
    line["status"] = entry.status;
    line["duration_us"] = entry.duration.count();
    const auto add = [&line](const char* name, const std::string& text) {
        if (!text.empty())
            line[name] = text;
    };
    add("route", entry.route);
    add("user", entry.user);
    add("user_id", entry.user_id);
    add("project", entry.project);
    add("project_id", entry.project_id);
    if (!entry.roles.empty())
        line["roles"] = entry.roles;
    add("service_user", entry.service_user);
    if (!entry.service_roles.empty())
        line["service_roles"] = entry.service_roles;
    add("microversion", entry.microversion);
    add("request_id", entry.request_id);
    add("cause", entry.cause);
    add("fault", entry.fault);
    std::string text = line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    text.pop_back(); // the object is closed again behind the bodies
    append_body(text, "request", entry.request_body);
    append_body(text, "response", entry.response_body);
    text += '}';
    return text;
}

std::string Journal::to_jsonl() const {
    std::string text;
    for (const auto& entry : entries()) {
        text += to_json(entry);
        text += '\n';
    }
    return text;
}

} // namespace vtpmlab::http
