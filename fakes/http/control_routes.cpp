#include "http/control_routes.h"

#include "faults/fault_rule_json.h"
#include "http/journal_query.h"
#include "http/json.h"
#include "http/timestamp.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <memory>

namespace vtpmlab::http {

namespace {

using nlohmann::json;

// How soon a long wait notices that the service stops.
constexpr std::chrono::milliseconds attention{200};

tl::unexpected<Fault> refused(const Error& error) {
    const int status = error.kind == ErrorKind::lab ? 500 : 400;
    return refuse(status, error.hint.empty() ? fmt::format("{}.", error.message)
                                             : fmt::format("{}: {}.", error.message, error.hint));
}

json described(const FaultRecord& record) {
    json fault = to_json(record.rule);
    fault["id"] = record.id;
    fault["calls"] = record.calls;
    fault["hits"] = record.hits;
    return fault;
}

Outcome<json> object_with(const Request& request, const char* key) {
    auto body = parse_json(request.body);
    if (!body || !body->is_object() || body->size() != 1 || !body->contains(key))
        return refuse(400, fmt::format("The body is an object with just '{}'.", key));
    return std::move(*body);
}

Outcome<std::string> snapshot_name(const json& value) {
    constexpr std::string_view allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    const std::string name = value.is_string() ? value.get<std::string>() : std::string();
    if (name.empty() || name.size() > 64 || name.find_first_not_of(allowed) != std::string::npos)
        return refuse(400, "A snapshot's name is 1 to 64 letters, digits, '-' and '_'.");
    return name;
}

class Desk {
public:
    explicit Desk(ControlParts parts) : parts_(std::move(parts)) {}

    Outcome<Response> list_faults(const Request&) const {
        VTPMLAB_TRY(FaultPlan * plan, faults());
        json list = json::array();
        for (const auto& record : plan->list())
            if (record.rule.service == parts_.service)
                list.push_back(described(record));
        return Response::json(200, {{"faults", std::move(list)}});
    }

    // One rule or a list of them: all or none.
    Outcome<Response> add_faults(const Request& request) const {
        VTPMLAB_TRY(FaultPlan * plan, faults());
        const auto body = parse_json(request.body);
        if (!body)
            return refuse(400, "Malformed JSON in request body.");
        const json rules = body->is_array() ? *body : json::array({*body});
        std::vector<FaultRule> parsed;
        for (std::size_t i = 0; i < rules.size(); ++i) {
            json rule = rules[i];
            if (rule.is_object() && !rule.contains("service"))
                rule["service"] = parts_.service;
            auto read = parse_fault_rule(rule);
            if (!read)
                return refuse(400, fmt::format("Fault {}: {}{}{}.", i, read.error().message,
                                               read.error().hint.empty() ? "" : ": ",
                                               read.error().hint));
            if (read->service != parts_.service)
                return refuse(400, fmt::format("Fault {}: it is {}'s, and this is {}.", i,
                                               read->service, parts_.service));
            parsed.push_back(std::move(*read));
        }
        std::vector<std::uint64_t> ids;
        for (auto& rule : parsed) {
            auto id = plan->add(std::move(rule));
            if (!id) {
                for (const auto added : ids)
                    plan->remove(parts_.service, added);
                return refused(id.error());
            }
            ids.push_back(*id);
        }
        json added = json::array();
        for (const auto& record : plan->list())
            if (std::find(ids.begin(), ids.end(), record.id) != ids.end())
                added.push_back(described(record));
        return Response::json(201, {{"faults", std::move(added)}});
    }

    Outcome<Response> clear_faults(const Request&) const {
        VTPMLAB_TRY(FaultPlan * plan, faults());
        plan->clear(parts_.service);
        return Response::empty(204);
    }

    Outcome<Response> remove_fault(const Request& request) const {
        VTPMLAB_TRY(FaultPlan * plan, faults());
        const std::string& text = request.parameter("id");
        std::uint64_t id = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
        if (error != std::errc() || end != text.data() + text.size() ||
            !plan->remove(parts_.service, id))
            return refuse(404, fmt::format("{} has no such fault.", parts_.service));
        return Response::empty(204);
    }

    // With `wait`, answers when there is something new: asked again and again it follows the
    // journal.
    Outcome<Response> journal(const Request& request) const {
        if (!parts_.journal)
            return refuse(404, "This service keeps no journal.");
        VTPMLAB_TRY(const JournalQuery query, JournalQuery::of(request.query));
        const auto deadline = std::chrono::steady_clock::now() + query.wait;
        while (true) {
            const std::uint64_t total = parts_.journal->total();
            auto found =
                parts_.journal->entries([&](const auto& entry) { return query.wants(entry); });
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                deadline - std::chrono::steady_clock::now());
            if (!found.empty() || left.count() <= 0 || *parts_.stopping ||
                (request.hold &&
                 !request.hold(std::chrono::milliseconds(1), Hold::while_connected)))
                return page(std::move(found), query, total);
            parts_.journal->wait_beyond(total, std::min(left, attention));
        }
    }

    Outcome<Response> snapshot(const Request& request) const {
        VTPMLAB_TRY(const json body, object_with(request, "name"));
        VTPMLAB_TRY(const std::string name, snapshot_name(body["name"]));
        return done(parts_.state.snapshot, name);
    }
    Outcome<Response> restore(const Request& request) const {
        VTPMLAB_TRY(const json body, object_with(request, "name"));
        VTPMLAB_TRY(const std::string name, snapshot_name(body["name"]));
        return done(parts_.state.restore, name);
    }
    // To what it was when the cloud had just come up; whoever brings it up keeps that.
    Outcome<Response> reset(const Request&) const {
        return done(parts_.state.restore, pristine_snapshot);
    }

    Outcome<Response> show_clock(const Request&) const {
        VTPMLAB_TRY(const AdjustableClock* clock, this->clock());
        return Response::json(
            200, {{"now", timestamp_microseconds(clock->now())}, {"frozen", clock->is_frozen()}});
    }

    Outcome<Response> set_clock(const Request& request) const {
        VTPMLAB_TRY(AdjustableClock * clock, this->clock());
        const auto body = parse_json(request.body);
        const bool advances = body && body->is_object() && body->contains("advance");
        VTPMLAB_TRY(const json order, object_with(request, advances ? "advance" : "frozen"));
        if (advances) {
            const json& by = order["advance"];
            const auto time =
                by.is_string() ? parse_fault_time(by.get_ref<const std::string&>()) : std::nullopt;
            if (!time)
                return refuse(400, "'advance' is a time of at most a week, such as \"90s\" or "
                                   "\"1h\".");
            clock->advance(*time);
        } else if (!order["frozen"].is_boolean()) {
            return refuse(400, "'frozen' is true or false.");
        } else if (order["frozen"] == true) {
            clock->freeze();
        } else {
            clock->thaw();
        }
        return show_clock(request);
    }

private:
    Outcome<FaultPlan*> faults() const {
        if (!parts_.faults)
            return refuse(404, "This service takes no faults.");
        return parts_.faults;
    }
    Outcome<AdjustableClock*> clock() const {
        if (!parts_.control.clock())
            return refuse(404, "The clock of this cloud cannot be moved.");
        return parts_.control.clock();
    }

    Outcome<Response> done(const std::function<Status(const std::string&)>& what,
                           const std::string& name) const {
        if (!what)
            return refuse(404, fmt::format("{} takes no snapshots.", parts_.service));
        if (const Status status = what(name); !status)
            return refused(status.error());
        return Response::empty(204);
    }

    Outcome<Response> page(std::vector<JournalEntry> found, const JournalQuery& query,
                           std::uint64_t total) const {
        // Where to go on: behind what was looked at, whether it fitted or not.
        std::uint64_t last = std::max(total, query.after);
        if (found.size() > query.limit) {
            found.resize(query.limit);
            last = found.empty() ? query.after : found.back().number;
        } else if (!found.empty()) {
            last = std::max(last, found.back().number);
        }
        std::string text = "{\"entries\": [";
        for (std::size_t i = 0; i < found.size(); ++i)
            text += (i > 0 ? ",\n" : "\n") + Journal::to_json(found[i]);
        text += fmt::format("], \"last\": {}, \"dropped\": {}}}", last, parts_.journal->dropped());
        return Response::text(200, std::move(text), "application/json");
    }

    ControlParts parts_;
};

} // namespace

std::vector<Route> control_routes(ControlParts parts) {
    const auto desk = std::make_shared<const Desk>(std::move(parts));
    std::vector<Route> routes;
    const auto add = [&](const char* method, const char* path,
                         Outcome<Response> (Desk::*handler)(const Request&) const,
                         Body body = Body::none) {
        Route route;
        route.method = method;
        route.path = std::string(control_path) + path;
        route.handler = [desk, handler](const Request& r) { return ((*desk).*handler)(r); };
        route.access = Access::open; // the control token was looked at already
        route.body = body;
        routes.push_back(std::move(route));
    };
    add("GET", "/faults", &Desk::list_faults);
    add("POST", "/faults", &Desk::add_faults, Body::bytes);
    add("DELETE", "/faults", &Desk::clear_faults);
    add("DELETE", "/faults/{id}", &Desk::remove_fault);
    add("GET", "/journal", &Desk::journal);
    add("POST", "/snapshot", &Desk::snapshot, Body::bytes);
    add("POST", "/restore", &Desk::restore, Body::bytes);
    add("POST", "/reset", &Desk::reset);
    add("GET", "/clock", &Desk::show_clock);
    add("POST", "/clock", &Desk::set_clock, Body::bytes);
    return routes;
}

} // namespace vtpmlab::http
