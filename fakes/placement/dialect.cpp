// Placement's error bodies: WebOb's explanation of the status, a blank line, and its own words.

#include "http/timestamp.h"
#include "placement/routes.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <regex>

namespace vtpmlab::fakes::placement {

using nlohmann::json;

namespace {

std::string_view explanation(int status) {
    switch (status) {
    case 400:
        return "The server could not comply with the request since it is either malformed or "
               "otherwise "
               "incorrect.";
    case 403:
        return "Access was denied to this resource.";
    case 404:
        return "The resource could not be found.";
    case 406:
        return "The resource could not be generated that was acceptable to your browser (content "
               "of "
               "type application/json. ";
    case 409:
        return "There was a conflict when trying to complete your request.";
    case 413:
        return "The body of your request was too large for this server.";
    case 415:
        return "The request media type is not supported by this server.";
    case 503:
        return "The server is currently unavailable. Please try again at a later time.";
    default:
        return "The server has either erred or is incapable of performing the requested operation.";
    }
}

// From the validator's words to those of Python's jsonschema, where they are asked for by clients.
std::string as_jsonschema(const http::SchemaViolation& violation) {
    static const std::regex missing(R"(Missing required property '([^']*)'\.)");
    static const std::regex extra(
        R"(.*'properties'.*'additionalProperties' constraints: '([^']*)'\.?)");
    std::smatch found;
    if (std::regex_match(violation.message, found, missing))
        return fmt::format("'{}' is a required property", found[1].str());
    if (std::regex_match(violation.message, found, extra))
        return fmt::format("Additional properties are not allowed ('{}' was unexpected)",
                           found[1].str());
    return violation.message + " (at " + violation.pointer + ")";
}

class PlacementDialect final : public http::Dialect {
public:
    http::Response render(const http::Fault& fault, const http::Request& request) const override {
        json error = {{"status", fault.status},
                      {"title", http::status_title(fault.status)},
                      {"detail", detail(fault)},
                      {"request_id", request.request_id}};
        if (fault.status == 406) {
            error["min_version"] = "1.0";
            error["max_version"] = "1.39";
        } else if (at_least(request, 23)) {
            error["code"] = fault.code.empty() ? "placement.undefined_code" : fault.code;
        }
        return http::Response::json(fault.status, {{"errors", json::array({std::move(error)})}});
    }
    http::Fault not_found(const http::Request&) const override { return {404, "", {}, {}, {}}; }
    http::Fault method_not_allowed(const http::Request& request,
                                   const std::vector<std::string>& allowed) const override {
        auto fault = http::Dialect::method_not_allowed(request, allowed);
        fault.message += " \n\n The method specified is not allowed for this resource.";
        return fault;
    }
    http::Fault malformed_json(const http::Request&) const override {
        return {400, "Malformed JSON: the request body is no JSON document", {}, {}, {}};
    }
    http::Fault schema_violation(const http::Request&,
                                 const http::SchemaViolation& violation) const override {
        return {400, "JSON does not validate: " + as_jsonschema(violation), {}, {}, {}};
    }
    http::Fault bad_microversion(const http::Request&, const http::MicroversionRefusal& refusal,
                                 const http::MicroversionRange&) const override {
        if (refusal.reason == http::MicroversionRefusal::Reason::malformed)
            return {
                400,
                fmt::format("Invalid microversion: invalid version string: {}; invalid literal for "
                            "int() with base 10: '{}'",
                            refusal.asked, refusal.asked.substr(0, refusal.asked.find('.'))),
                {},
                {},
                {}};
        return {406,
                fmt::format("Invalid microversion: Unacceptable version header: {}", refusal.asked),
                {},
                {},
                {}};
    }

private:
    static std::string detail(const http::Fault& fault) {
        if (fault.status == 405)
            return fault.message;
        return fmt::format("{}\n\n {}{}", explanation(fault.status), fault.message,
                           fault.status == 406 ? "" : "  ");
    }
};

} // namespace

std::shared_ptr<const http::Dialect> dialect() { return std::make_shared<PlacementDialect>(); }

http::Response fresh(http::Response response, const http::Request& request, Parts parts) {
    if (at_least(request, 15)) {
        response.headers.set("Cache-Control", "no-cache");
        response.headers.set("Last-Modified", http::timestamp_http(parts.clock.now()));
    }
    return response;
}

http::Response fresh_json(int status, const json& body, const http::Request& request, Parts parts) {
    return fresh(http::Response::json(status, body), request, parts);
}

http::Outcome<void> only_keys(const http::Request& request,
                              std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : request.query)
        if (std::find(known.begin(), known.end(), name) == known.end())
            return http::refuse(400, fmt::format("Invalid query string parameters: Additional "
                                                 "properties are not allowed ('{}' was unexpected)",
                                                 name));
    return {};
}

tl::unexpected<http::Fault> no_provider(std::string_view uuid, std::string_view after) {
    return http::refuse(404, fmt::format("No resource provider with uuid {} found{}", uuid, after));
}

} // namespace vtpmlab::fakes::placement
