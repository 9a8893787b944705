#include "runner/journal_query.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace vtpmlab::runner {

using nlohmann::json;

Result<WantedRequest> WantedRequest::of(const json& args) {
    WantedRequest wanted;
    wanted.service = args.at("service").get<std::string>();
    for (const auto& [key, text] : {std::pair{"method", &wanted.method},
                                    {"route", &wanted.route},
                                    {"user", &wanted.user},
                                    {"project", &wanted.project},
                                    {"role", &wanted.role},
                                    {"service_user", &wanted.service_user},
                                    {"path", &wanted.path_pattern}})
        *text = args.value(key, std::string{});
    while (wanted.route.size() > 1 && wanted.route.back() == '/')
        wanted.route.pop_back();
    if (args.contains("status"))
        wanted.status = args["status"].get<int>();
    if (args.contains("faulty"))
        wanted.faulty = args["faulty"].get<bool>();
    if (args.contains("path")) {
        try {
            wanted.path = std::regex(wanted.path_pattern);
        } catch (const std::regex_error& error) {
            return fail(
                ErrorKind::scenario,
                fmt::format("'{}' is no regular expression: {}", wanted.path_pattern, error.what()),
                {}, "a '(', '[' or '?' that is meant as itself needs a '\\' in front");
        }
    }
    return wanted;
}

std::vector<std::string> WantedRequest::unmet_by(const SeenRequest& seen) const {
    std::vector<std::string> unmet;
    const auto compare = [&unmet](const char* what, const std::string& expected,
                                  const std::string& found) {
        if (!expected.empty() && expected != found)
            unmet.push_back(fmt::format("{} '{}'", what, expected));
    };
    compare("method", method, seen.method);
    compare("route", route, seen.route);
    if (path && !std::regex_search(seen.path, *path))
        unmet.push_back(fmt::format("path '{}'", path_pattern));
    compare("user", user, seen.user);
    compare("project", project, seen.project);
    if (!role.empty() && std::find(seen.roles.begin(), seen.roles.end(), role) == seen.roles.end())
        unmet.push_back(fmt::format("role '{}'", role));
    compare("service_user", service_user, seen.service_user);
    if (status && *status != seen.status)
        unmet.push_back(fmt::format("status {}", *status));
    if (faulty && *faulty != !seen.fault.empty())
        unmet.emplace_back(*faulty ? "faulty" : "without a fault");
    return unmet;
}

bool WantedRequest::matches(const SeenRequest& seen) const {
    return seen.service == service && unmet_by(seen).empty();
}

std::string WantedRequest::text() const {
    std::string words = method.empty() ? std::string("any call") : method;
    if (!route.empty())
        words += " " + route;
    if (path)
        words += fmt::format(" {}'{}'", route.empty() ? "" : "with ", path_pattern);
    words += " of " + service;
    const auto add = [&words](const char* what, const std::string& value) {
        if (!value.empty())
            words += fmt::format(" {} {}", what, value);
    };
    add("by user", user);
    add("of project", project);
    add("with role", role);
    add("for service user", service_user);
    if (status)
        words += fmt::format(", status {}", *status);
    if (faulty)
        words += *faulty ? ", faulty" : ", without a fault";
    return words;
}

std::string request_text(const SeenRequest& seen) {
    return fmt::format("{} {} of {}{} → {}{}", seen.method, seen.path, seen.service,
                       seen.user.empty() ? "" : " by " + seen.user,
                       seen.status == 0 ? "no answer" : std::to_string(seen.status),
                       seen.fault.empty() ? "" : " (" + seen.fault + ")");
}

json request_json(const SeenRequest& seen) {
    return {
        {"method", seen.method}, {"path", seen.path}, {"status", seen.status}, {"user", seen.user}};
}

std::vector<std::string> nearest(const WantedRequest& wanted, const std::vector<SeenRequest>& seen,
                                 std::size_t most) {
    struct Miss {
        std::size_t differences;
        std::string text;
    };
    std::vector<Miss> misses;
    for (auto request = seen.rbegin(); request != seen.rend(); ++request) {
        if (request->service != wanted.service)
            continue;
        const auto unmet = wanted.unmet_by(*request);
        std::string text = fmt::format("nearest: {}", request_text(*request));
        if (!unmet.empty())
            text += fmt::format(", not {}", fmt::join(unmet, ", "));
        const bool is_said = std::any_of(misses.begin(), misses.end(),
                                         [&text](const Miss& miss) { return miss.text == text; });
        if (!is_said)
            misses.push_back({unmet.size(), std::move(text)});
    }
    std::stable_sort(misses.begin(), misses.end(),
                     [](const Miss& a, const Miss& b) { return a.differences < b.differences; });
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < std::min(most, misses.size()); ++i)
        texts.push_back(std::move(misses[i].text));
    return texts;
}

} // namespace vtpmlab::runner
