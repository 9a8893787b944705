#include "http/fault_plan.h"

#include "http/server.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace vtpmlab::http {

namespace {

std::string_view without_slash(std::string_view path) {
    while (path.size() > 1 && path.back() == '/')
        path.remove_suffix(1);
    return path;
}

bool fits(const FaultRule& rule, const FaultPlan::Call& call) {
    const auto is = [](const std::string& wanted, std::string_view found) {
        return wanted.empty() || wanted == found;
    };
    return rule.service == call.service && is(rule.method, call.method) &&
           is(rule.route, without_slash(call.route)) && is(rule.user, call.user) &&
           is(rule.project, call.project) && is(rule.service_user, call.service_user) &&
           (rule.role.empty() || (call.roles && std::find(call.roles->begin(), call.roles->end(),
                                                          rule.role) != call.roles->end()));
}

// splitmix64: the same for the same number on every machine and from every thread.
std::uint64_t scattered(std::uint64_t number) {
    number += 0x9e3779b97f4a7c15;
    number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
    number = (number ^ (number >> 27)) * 0x94d049bb133111eb;
    return number ^ (number >> 31);
}

std::chrono::milliseconds delay_of(const FaultRule& rule, std::uint64_t hit) {
    if (rule.jitter.count() == 0)
        return rule.delay;
    const auto most = static_cast<std::uint64_t>(rule.jitter.count());
    const auto more = scattered((std::uint64_t{rule.seed} << 32) ^ hit) % (most + 1);
    return rule.delay + std::chrono::milliseconds(more);
}

} // namespace

void FaultPlan::know(const std::string& service, const std::vector<Route>& routes) {
    const std::lock_guard lock(mutex_);
    auto& known = routes_[service];
    known.clear();
    for (const auto& route : routes)
        known.emplace_back(route.method, without_slash(route.path));
}

FaultPlan::Routes FaultPlan::routes() const {
    const std::lock_guard lock(mutex_);
    return routes_;
}

Status FaultPlan::check(const FaultRule& rule) const {
    const auto service = routes_.find(rule.service);
    if (service == routes_.end()) {
        std::vector<std::string_view> names;
        for (const auto& [name, ignored] : routes_)
            names.push_back(name);
        return fail(ErrorKind::scenario,
                    fmt::format("this cloud has no service '{}'", rule.service), {},
                    fmt::format("it has: {}", fmt::join(names, ", ")));
    }
    if (rules_.size() >= most_rules)
        return fail(ErrorKind::scenario, fmt::format("more than {} faults at once", most_rules), {},
                    "clear those that are over");
    if (rule.route.empty())
        return {};
    std::set<std::string> methods, paths;
    for (const auto& [method, path] : service->second) {
        paths.insert(path);
        if (path == rule.route)
            methods.insert(method);
    }
    if (methods.empty())
        return fail(ErrorKind::scenario,
                    fmt::format("{} has no route '{}'", rule.service, rule.route), {},
                    fmt::format("its routes: {}", fmt::join(paths, ", ")));
    // HEAD is served by GET's row.
    if (!rule.method.empty() && !methods.count(rule.method) &&
        !(rule.method == "HEAD" && methods.count("GET")))
        return fail(ErrorKind::scenario,
                    fmt::format("{} has no {} {}", rule.service, rule.method, rule.route), {},
                    fmt::format("it has: {}", fmt::join(methods, ", ")));
    return {};
}

Result<std::uint64_t> FaultPlan::add(FaultRule rule) {
    const std::lock_guard lock(mutex_);
    VTPMLAB_CHECK(check(rule));
    const std::uint64_t id = next_id_++;
    rules_.push_back({id, std::move(rule), 0, 0});
    count_rules();
    return id;
}

bool FaultPlan::remove(std::string_view service, std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    const auto gone = std::erase_if(rules_, [&](const FaultRecord& record) {
        return record.id == id && record.rule.service == service;
    });
    count_rules();
    return gone > 0;
}

void FaultPlan::clear() {
    const std::lock_guard lock(mutex_);
    rules_.clear();
    count_rules();
}

void FaultPlan::clear(std::string_view service) {
    const std::lock_guard lock(mutex_);
    std::erase_if(rules_, [service](const auto& record) { return record.rule.service == service; });
    count_rules();
}

std::vector<FaultRecord> FaultPlan::list() const {
    const std::lock_guard lock(mutex_);
    return rules_;
}

std::optional<FaultPlan::Hit> FaultPlan::hit(const Call& call) {
    if (!rules_there_)
        return std::nullopt;
    const std::lock_guard lock(mutex_);
    std::optional<Hit> due;
    for (auto& record : rules_) {
        if (!fits(record.rule, call))
            continue;
        const bool passes = ++record.calls <= record.rule.skip;
        const bool is_over = record.rule.times > 0 && record.hits >= record.rule.times;
        if (due || passes || is_over)
            continue;
        ++record.hits;
        due = Hit{record.id, record.rule, record.hits, delay_of(record.rule, record.hits)};
    }
    return due;
}

} // namespace vtpmlab::http
