#include "http/fault_injection.h"

#include "faults/fault_rule_json.h"

#include <fmt/format.h>

namespace vtpmlab::http {

namespace {

using Wire = InjectedFault::Wire;

constexpr std::chrono::minutes longest_hang{10};

Response refusal(const FaultRule& rule, const Request& request, const Dialect& dialect) {
    if (rule.body) {
        Response response;
        response.status = rule.status;
        response.body = *rule.body;
        response.headers.set("Content-Type", rule.content_type);
        return response;
    }
    Fault fault = dialect.internal(request);
    if (rule.status != fault.status) {
        fault.status = rule.status;
        fault.message = std::string(status_title(rule.status));
        fault.title.clear();
        fault.code.clear();
    }
    if (!rule.message.empty())
        fault.message = rule.message;
    Response response = dialect.render(fault, request);
    for (const auto& [name, value] : fault.headers)
        response.headers.set(name, value);
    return response;
}

// Half of it: an object or a list is never whole without its end.
void spoil_json(Response& response) {
    response.file.reset();
    response.masked.reset();
    response.body =
        response.body.size() < 2 ? "{\"" : response.body.substr(0, response.body.size() / 2);
    response.headers.set("Content-Type", "application/json");
}

} // namespace

Response inject(const FaultPlan::Hit& hit, const Request& request, const Dialect& dialect,
                const std::function<Response()>& proceed) {
    const FaultRule& rule = hit.rule;
    const auto wait = [&] {
        return hit.delay.count() == 0 || !request.hold || request.hold(hit.delay, Hold::always);
    };
    const auto unanswered = [&] {
        if (rule.action == FaultAction::hang && request.hold)
            (void)request.hold(longest_hang, Hold::while_connected);
        Response response;
        response.injected = InjectedFault{Wire::reset, 0, {}};
        return response;
    };
    const bool is_silent = rule.action == FaultAction::reset || rule.action == FaultAction::hang;
    const auto act = [&]() -> Response {
        if (rule.moment == FaultMoment::before) {
            if (!wait() || is_silent)
                return unanswered();
            if (rule.action == FaultAction::status)
                return refusal(rule, request, dialect);
        }
        Response response = proceed();
        const int real_status = response.status;
        if (rule.moment == FaultMoment::after && !wait())
            return unanswered();
        response.injected = InjectedFault{};
        switch (rule.action) {
        case FaultAction::none:
            break;
        case FaultAction::status:
            response = refusal(rule, request, dialect);
            response.injected = InjectedFault{};
            break;
        case FaultAction::slow_body:
            response.injected = InjectedFault{Wire::slow, rule.bytes, {}};
            break;
        case FaultAction::truncated_body:
            response.injected = InjectedFault{Wire::truncated, rule.bytes, {}};
            break;
        case FaultAction::malformed_json:
            spoil_json(response);
            break;
        case FaultAction::reset:
        case FaultAction::hang:
            response = unanswered();
            break;
        }
        response.injected->text = fmt::format(", the service answered {}", real_status);
        return response;
    };
    Response response = act();
    if (!response.injected)
        response.injected = InjectedFault{};
    response.injected->text = fmt::format("fault {}, hit {}: {}{}", hit.id, hit.number,
                                          fault_text(rule), response.injected->text);
    return response;
}

} // namespace vtpmlab::http
