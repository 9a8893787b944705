#include "http/dialect.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::http {

namespace {

std::string joined(const std::vector<std::string>& items) {
    std::string text;
    for (const auto& item : items)
        text += (text.empty() ? "" : ", ") + item;
    return text;
}

} // namespace

Response Dialect::render(const Fault& fault, const Request&) const {
    const std::string title =
        fault.title.empty() ? std::string(status_title(fault.status)) : fault.title;
    return Response::json(
        fault.status,
        {{"error", {{"code", fault.status}, {"title", title}, {"message", fault.message}}}});
}

Fault Dialect::not_found(const Request&) const {
    return {404, "The resource could not be found.", {}, {}, {}};
}

Fault Dialect::method_not_allowed(const Request& request,
                                  const std::vector<std::string>& allowed) const {
    return {405,
            fmt::format("The method {} is not allowed for this resource.", request.method),
            {},
            {},
            Headers{{"Allow", joined(allowed)}}};
}

Fault Dialect::malformed_json(const Request&) const {
    return {400, "Malformed JSON in request body.", {}, {}, {}};
}

Fault Dialect::schema_violation(const Request&, const SchemaViolation& violation) const {
    return {400,
            fmt::format("Invalid input for field '{}': {}", violation.pointer, violation.message),
            {},
            {},
            {}};
}

Fault Dialect::too_large(const Request&) const {
    return {413, "Request is too large.", {}, {}, {}};
}

Fault Dialect::bad_microversion(const Request&, const MicroversionRefusal& refusal,
                                const MicroversionRange& range) const {
    if (refusal.reason == MicroversionRefusal::Reason::malformed)
        return {400,
                fmt::format("API Version String {} is of invalid format. Must be of format "
                            "MajorNum.MinorNum.",
                            refusal.asked),
                {},
                {},
                {}};
    return {406,
            fmt::format("Version {} is not supported by the API. Minimum is {} and maximum is {}.",
                        refusal.asked, range.minimum.text(), range.maximum.text()),
            {},
            {},
            {}};
}

Fault Dialect::internal(const Request&) const {
    return {500,
            "The server has either erred or is incapable of performing the requested operation.",
            {},
            {},
            {}};
}

Response Dialect::unauthorized(const Request&, std::string_view keystone_url) const {
    return Response::json(401,
                          {{"error",
                            {{"code", 401},
                             {"title", "Unauthorized"},
                             {"message", "The request you have made requires authentication."}}}})
        .with("WWW-Authenticate", fmt::format("Keystone uri=\"{}\"", keystone_url));
}

} // namespace vtpmlab::http
