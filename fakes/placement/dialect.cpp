// Placement's error bodies: WebOb's explanation of the status, a blank line, and its own words.

#include "placement/routes.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace vtpmlab::fakes::placement {

namespace {

std::string_view explanation(int status) {
    switch (status) {
    case 400:
        return "The server could not comply with the request since it is either malformed or "
               "otherwise incorrect.";
    case 403:
        return "Access was denied to this resource.";
    case 404:
        return "The resource could not be found.";
    case 409:
        return "There was a conflict when trying to complete your request.";
    case 413:
        return "The body of your request was too large for this server.";
    case 503:
        return "The server is currently unavailable. Please try again at a later time.";
    default:
        return "The server has either erred or is incapable of performing the requested operation.";
    }
}

// WebOb takes everything that looks like markup out of its texts, and the ends of lines with it.
std::string without_markup(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto end = text[i] == '<' ? text.find('>', i) : std::string_view::npos;
        if (end != std::string_view::npos)
            i = end;
        else if (text[i] != '\r')
            out += text[i] == '\n' ? ' ' : text[i];
    }
    return out;
}

// Marks the 406 that tells the versions there are.
constexpr const char* unsupported_version = "unsupported version";

class PlacementDialect final : public http::Dialect {
public:
    http::Response render(const http::Fault& fault, const http::Request& request) const override {
        if (fault.code == not_acceptable)
            return http::Response::text(406, "406 Not Acceptable\n\n" +
                                                 cannot_produce(fault.message) +
                                                 "Only application/json is provided");
        json error = {{"status", fault.status},
                      {"title", http::status_title(fault.status)},
                      {"detail", detail(fault, request)},
                      {"request_id", request.request_id}};
        if (fault.code == unsupported_version) {
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
        std::vector<std::string> told = allowed;
        std::erase(told, "HEAD"); // in the table only to be refused
        auto fault = http::Dialect::method_not_allowed(request, told);
        fault.message = "The method specified is not allowed for this resource.";
        return fault;
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
                unsupported_version,
                {},
                {}};
    }

private:
    // Three explanations hold a piece of the request, and end another way.
    static std::string detail(const http::Fault& fault, const http::Request& request) {
        switch (fault.status) {
        case 405:
            return fmt::format("The method {} is not allowed for this resource. \n\n {}",
                               request.method, fault.message);
        case 406:
            return cannot_produce("application/json") + fault.message;
        case 415:
            return fmt::format("The request media type {0} is not supported by this server. \n\n "
                               "The media type {0} is not supported, use application/json",
                               fault.message);
        default:
            return fmt::format("{}\n\n {}  ", explanation(fault.status),
                               without_markup(fault.message));
        }
    }
    static std::string cannot_produce(std::string_view media) {
        return fmt::format("The resource could not be generated that was acceptable to your "
                           "browser (content of type {}. \n\n ",
                           media);
    }
};

} // namespace

std::shared_ptr<const http::Dialect> dialect() {
    static const auto shared = std::make_shared<PlacementDialect>();
    return shared;
}

} // namespace vtpmlab::fakes::placement
