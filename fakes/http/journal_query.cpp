#include "http/journal_query.h"

#include "faults/fault_rule_json.h"

#include <fmt/format.h>

#include <charconv>

namespace vtpmlab::http {

namespace {

constexpr std::size_t most_entries = 10000;
constexpr std::chrono::seconds longest_wait{60};

template <typename Number>
Outcome<Number> number(const std::string& name, std::string_view text, Number most) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > most)
        return refuse(400, fmt::format("'{}' is a number from 0 to {}.", name, most));
    return value;
}

} // namespace

Outcome<JournalQuery> JournalQuery::of(const Query& query) {
    JournalQuery wanted;
    for (const auto& [name, value] : query) {
        if (name == "service")
            wanted.service = value;
        else if (name == "method")
            wanted.method = value;
        else if (name == "route")
            wanted.route = value;
        else if (name == "user")
            wanted.user = value;
        else if (name == "project")
            wanted.project = value;
        else if (name == "cause")
            wanted.cause = value;
        else if (name == "status") {
            VTPMLAB_TRY(wanted.status, number(name, value, 999));
        } else if (name == "after") {
            VTPMLAB_TRY(wanted.after, number(name, value, ~std::uint64_t{0}));
        } else if (name == "limit") {
            VTPMLAB_TRY(wanted.limit, number(name, value, most_entries));
        } else if (name == "wait") {
            const auto time = parse_fault_time(value);
            if (!time || *time > longest_wait)
                return refuse(400, "'wait' is a time of at most 60s, such as \"30s\".");
            wanted.wait = *time;
        } else {
            return refuse(400, "The journal is asked by service, method, route, user, project, "
                               "cause, status, after, limit and wait.");
        }
    }
    return wanted;
}

bool JournalQuery::wants(const JournalEntry& entry) const {
    const auto is = [](const std::string& asked, const std::string& found) {
        return asked.empty() || asked == found;
    };
    return entry.number > after && is(service, entry.service) && is(method, entry.method) &&
           is(route, entry.route) && is(user, entry.user) && is(project, entry.project) &&
           (cause.empty() || cause == entry.cause || cause == entry.request_id) &&
           (status < 0 || status == entry.status);
}

} // namespace vtpmlab::http
