#include "faults/fault_rule_json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace vtpmlab {

namespace {

using nlohmann::json;
using Kind = FaultField::Kind;

constexpr std::size_t longest_text = 1000;
constexpr std::size_t longest_body = 100'000;

struct ActionName {
    const char* key;
    FaultAction action;
};
constexpr std::array<ActionName, 6> action_names = {{
    {"status", FaultAction::status},
    {"slow_body", FaultAction::slow_body},
    {"truncated_body", FaultAction::truncated_body},
    {"malformed_json", FaultAction::malformed_json},
    {"reset", FaultAction::reset},
    {"hang", FaultAction::hang},
}};

const char* key_of(FaultAction action) {
    for (const auto& name : action_names)
        if (name.action == action)
            return name.key;
    return "delay";
}

tl::unexpected<FaultRuleError> wrong(std::string pointer, std::string message,
                                     std::string hint = {}) {
    return tl::unexpected(FaultRuleError{std::move(pointer), std::move(message), std::move(hint)});
}

// ASCII, cut: what a stranger wrote goes into a message.
std::string shown(const json& value) {
    std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
    if (text.size() > 60)
        text = text.substr(0, 57) + "...";
    return text;
}

std::string body_text(const json& value) {
    return value.is_string() ? value.get<std::string>()
                             : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string complaint(const FaultField& field, const json& value) {
    switch (field.kind) {
    case Kind::text:
        if (!value.is_string() || value.get_ref<const std::string&>().empty() ||
            value.get_ref<const std::string&>().size() > longest_text)
            return "a text";
        return {};
    case Kind::word:
        if (!value.is_string() ||
            std::find(field.words.begin(), field.words.end(),
                      value.get_ref<const std::string&>()) == field.words.end())
            return fmt::format("one of {}", fmt::join(field.words, ", "));
        return {};
    case Kind::integer:
        if (!value.is_number_integer() || value < field.minimum || value > field.maximum)
            return fmt::format("a number from {} to {}", field.minimum, field.maximum);
        return {};
    case Kind::time: {
        const auto time = value.is_string() ? parse_fault_time(value.get_ref<const std::string&>())
                                            : std::nullopt;
        if (!time || *time > longest_fault_delay)
            return "a time from 1ms to 10m, such as \"250ms\" or \"5s\"";
        return {};
    }
    case Kind::flag:
        if (value != true)
            return "true, or not there";
        return {};
    case Kind::body:
        if ((!value.is_string() && !value.is_structured()) ||
            body_text(value).size() > longest_body)
            return fmt::format("a text, a map or a list, of {} bytes at most", longest_body);
        return {};
    }
    return {};
}

// Each key known and of its type.
tl::expected<void, FaultRuleError> check_fields(const json& rule) {
    if (!rule.is_object())
        return wrong("", fmt::format("a fault is a map, not {}", shown(rule)));
    const auto fields = fault_fields();
    for (const auto& [key, value] : rule.items()) {
        const auto field = std::find_if(fields.begin(), fields.end(),
                                        [&key = key](const auto& f) { return f.name == key; });
        if (field == fields.end()) {
            std::vector<std::string> names;
            for (const auto& known : fields)
                names.push_back(known.name);
            return wrong("", fmt::format("a fault has no key {}", shown(key)),
                         fmt::format("it has: {}", fmt::join(names, ", ")));
        }
        if (const auto wanted = complaint(*field, value); !wanted.empty())
            return wrong("/" + key, fmt::format("'{}' is {}, not {}", key, wanted, shown(value)));
    }
    if (!rule.contains("service"))
        return wrong("", "a fault needs a 'service'", "name the one that shall fail");
    return {};
}

// What two keys say about each other.
tl::expected<FaultAction, FaultRuleError> check_together(const json& rule) {
    FaultAction action = FaultAction::none;
    for (const auto& name : action_names) {
        if (!rule.contains(name.key))
            continue;
        if (action != FaultAction::none)
            return wrong(std::string("/") + name.key,
                         fmt::format("'{}' and '{}' cannot both happen", key_of(action), name.key),
                         "write two faults");
        action = name.action;
    }
    if (action == FaultAction::none && !rule.contains("delay"))
        return wrong("", "nothing happens in this fault",
                     "say one of: status, delay, slow_body, truncated_body, malformed_json, reset, "
                     "hang");
    const auto needs = [&rule](const char* key, std::initializer_list<const char*> others) {
        return !rule.contains(key) ||
               std::any_of(others.begin(), others.end(),
                           [&rule](const char* other) { return rule.contains(other); });
    };
    if (!needs("message", {"status"}))
        return wrong("/message", "'message' belongs to 'status'");
    if (!needs("body", {"status"}))
        return wrong("/body", "'body' belongs to 'status'");
    if (!needs("content_type", {"body"}))
        return wrong("/content_type", "'content_type' belongs to 'body'");
    const auto type = rule.value("content_type", std::string());
    if (std::any_of(type.begin(), type.end(), [](char c) { return c < ' ' || c > '~'; }))
        return wrong("/content_type", "'content_type' cannot be the value of a header",
                     "printable ASCII alone, such as text/html");
    if (rule.contains("body") && rule.contains("message"))
        return wrong("/message", "'message' and 'body' cannot stand together",
                     "the words of the service's own body, or another body");
    if (!needs("jitter", {"delay"}))
        return wrong("/jitter", "'jitter' belongs to 'delay'");
    if (!needs("seed", {"jitter"}))
        return wrong("/seed", "'seed' belongs to 'jitter'");
    if (!needs("when", {"status", "reset", "hang"}) &&
        (action != FaultAction::none || !rule.contains("delay")))
        return wrong("/when", fmt::format("'{}' is always after the commit", key_of(action)),
                     "take 'when' away");
    for (const char* other : {"after", "times"})
        if (rule.contains("nth") && rule.contains(other))
            return wrong(std::string("/") + other,
                         fmt::format("'nth' and '{}' cannot stand together", other),
                         "'nth: 3' is short for 'after: 2, times: 1'");
    return action;
}

std::chrono::milliseconds time_at(const json& rule, const char* key) {
    return rule.contains(key) ? parse_fault_time(rule[key].get<std::string>())
                                    .value_or(std::chrono::milliseconds())
                              : std::chrono::milliseconds();
}

bool is_after(const FaultRule& rule) {
    return rule.moment == FaultMoment::after || rule.action == FaultAction::slow_body ||
           rule.action == FaultAction::truncated_body || rule.action == FaultAction::malformed_json;
}

std::string time_text(std::chrono::milliseconds time) { return fmt::format("{}ms", time.count()); }

} // namespace

std::span<const FaultField> fault_fields() {
    static const std::vector<FaultField> fields = {
        {"service",
         Kind::word,
         {"keystone", "placement", "barbican", "glance", "neutron", "compute"},
         0,
         0,
         "the service that fails"},
        {"method",
         Kind::word,
         {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"},
         0,
         0,
         "of the call; any if it is not said"},
        {"route",
         Kind::text,
         {},
         0,
         0,
         "template of the route, as in the service's table: /v1/secrets/{id}"},
        {"user", Kind::text, {}, 0, 0, "name of the user whose token comes with the call"},
        {"role", Kind::text, {}, 0, 0, "a role of that token"},
        {"project", Kind::text, {}, 0, 0, "name of the project that token is for"},
        {"service_user",
         Kind::text,
         {},
         0,
         0,
         "name of the user whose service token comes with the call"},
        {"nth", Kind::integer, {}, 1, 1'000'000, "only this call of those that fit"},
        {"after", Kind::integer, {}, 1, 1'000'000, "so many calls that fit pass first"},
        {"times", Kind::integer, {}, 1, 1'000'000, "so many fail, then the service recovers"},
        {"status", Kind::integer, {}, 400, 599, "refuses with this status, in the service's way"},
        {"message", Kind::text, {}, 0, 0, "the words of that refusal"},
        {"body",
         Kind::body,
         {},
         0,
         0,
         "instead of the service's own: a text, or a map or list that is sent as JSON"},
        {"content_type",
         Kind::text,
         {},
         0,
         0,
         "of that body; default text/plain, of a map or list application/json"},
        {"delay", Kind::time, {}, 0, 0, "so much later, with any other action or alone"},
        {"jitter", Kind::time, {}, 0, 0, "up to so much later still"},
        {"seed", Kind::integer, {}, 0, 1'000'000'000, "of the jitter"},
        {"slow_body", Kind::integer, {}, 1, 1'000'000'000, "bytes of the answer a second"},
        {"truncated_body",
         Kind::integer,
         {},
         0,
         1'000'000'000,
         "bytes of the answer that come; then the connection ends"},
        {"malformed_json", Kind::flag, {}, 0, 0, "the answer is cut in half, and says it is whole"},
        {"reset", Kind::flag, {}, 0, 0, "the connection is reset instead of an answer"},
        {"hang", Kind::flag, {}, 0, 0, "no answer until the client goes away"},
        {"when",
         Kind::word,
         {"before", "after"},
         0,
         0,
         "before the service does what it is asked to, or after it has"},
    };
    return fields;
}

std::optional<std::chrono::milliseconds> parse_fault_time(std::string_view text) {
    constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 7);
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number == 0)
        return std::nullopt;
    const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    const std::int64_t factor = unit == "ms"  ? 1
                                : unit == "s" ? 1000
                                : unit == "m" ? 60'000
                                : unit == "h" ? 3'600'000
                                              : 0;
    const std::chrono::milliseconds time(number * factor);
    if (factor == 0 || time > longest)
        return std::nullopt;
    return time;
}

tl::expected<FaultRule, FaultRuleError> parse_fault_rule(const json& rule) {
    if (auto checked = check_fields(rule); !checked)
        return tl::unexpected(std::move(checked).error());
    const auto action = check_together(rule);
    if (!action)
        return tl::unexpected(action.error());
    FaultRule result;
    result.service = rule.value("service", "");
    result.method = rule.value("method", "");
    result.route = rule.value("route", "");
    while (result.route.size() > 1 && result.route.back() == '/')
        result.route.pop_back();
    result.user = rule.value("user", "");
    result.role = rule.value("role", "");
    result.project = rule.value("project", "");
    result.service_user = rule.value("service_user", "");
    if (rule.contains("nth")) {
        result.skip = rule["nth"].get<unsigned>() - 1;
        result.times = 1;
    } else {
        result.skip = rule.value("after", 0u);
        result.times = rule.value("times", 0u);
    }
    result.action = *action;
    result.moment = rule.value("when", "") == "after" ? FaultMoment::after : FaultMoment::before;
    result.status = rule.value("status", 0);
    result.message = rule.value("message", "");
    if (const auto body = rule.find("body"); body != rule.end()) {
        result.body = body_text(*body);
        result.content_type =
            rule.value("content_type", body->is_string() ? "text/plain" : "application/json");
    }
    for (const char* key : {"slow_body", "truncated_body"})
        result.bytes = rule.value(key, result.bytes);
    result.delay = time_at(rule, "delay");
    result.jitter = time_at(rule, "jitter");
    result.seed = rule.value("seed", result.seed);
    return result;
}

json to_json(const FaultRule& rule) {
    json result = {{"service", rule.service}};
    for (const auto& [key, text] : {std::pair{"method", &rule.method},
                                    {"route", &rule.route},
                                    {"user", &rule.user},
                                    {"role", &rule.role},
                                    {"project", &rule.project},
                                    {"service_user", &rule.service_user},
                                    {"message", &rule.message},
                                    {"content_type", &rule.content_type}})
        if (!text->empty())
            result[key] = *text;
    if (rule.body)
        result["body"] = *rule.body;
    if (rule.skip > 0)
        result["after"] = rule.skip;
    if (rule.times > 0)
        result["times"] = rule.times;
    switch (rule.action) {
    case FaultAction::none:
        break;
    case FaultAction::status:
        result["status"] = rule.status;
        break;
    case FaultAction::slow_body:
    case FaultAction::truncated_body:
        result[key_of(rule.action)] = rule.bytes;
        break;
    case FaultAction::malformed_json:
    case FaultAction::reset:
    case FaultAction::hang:
        result[key_of(rule.action)] = true;
        break;
    }
    if (rule.moment == FaultMoment::after)
        result["when"] = "after";
    if (rule.delay.count() > 0)
        result["delay"] = time_text(rule.delay);
    if (rule.jitter.count() > 0) {
        result["jitter"] = time_text(rule.jitter);
        result["seed"] = rule.seed;
    }
    return result;
}

std::string fault_text(const FaultRule& rule) {
    std::string what = rule.action == FaultAction::none ? "" : key_of(rule.action);
    if (rule.action == FaultAction::status)
        what += fmt::format(" {}", rule.status);
    else if (rule.bytes > 0 || rule.action == FaultAction::truncated_body)
        what += fmt::format(" {}", rule.bytes);
    if (rule.delay.count() > 0)
        what += fmt::format("{}delay {}", what.empty() ? "" : ", ", time_text(rule.delay));
    const auto who = [](const char* words, const std::string& name) {
        return name.empty() ? name : words + name;
    };
    return fmt::format(
        "{} {} {}{}{} of {}{}{}{}{}", what, is_after(rule) ? "after" : "before",
        rule.method.empty() ? "any call" : rule.method, rule.route.empty() ? "" : " ", rule.route,
        rule.service, who(" by user ", rule.user), who(" with role ", rule.role),
        who(" in project ", rule.project), who(" with a service token of ", rule.service_user));
}

} // namespace vtpmlab
