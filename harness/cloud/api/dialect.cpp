#include "cloud/api/api.h"
#include "cloud/api/request_id.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::cloud {
namespace {

// The key of Nova's error bodies.
std::string_view fault_name(int status) {
    switch (status) {
    case 400:
        return "badRequest";
    case 401:
        return "unauthorized";
    case 403:
        return "forbidden";
    case 404:
        return "itemNotFound";
    case 405:
        return "badMethod";
    case 409:
        return "conflictingRequest";
    case 413:
    case 429:
        return "overLimit";
    case 415:
        return "badMediaType";
    case 501:
        return "notImplemented";
    case 503:
        return "serviceUnavailable";
    default:
        return "computeFault";
    }
}

class NovaDialect final : public http::Dialect {
public:
    http::Response render(const http::Fault& fault, const http::Request& request) const override {
        return with_request_id(
            http::Response::json(
                fault.status,
                {{fault_name(fault.status), {{"code", fault.status}, {"message", fault.message}}}}),
            request);
    }
    http::Fault malformed_json(const http::Request&) const override {
        return {400, "Malformed request body", {}, {}, {}};
    }
    http::Fault schema_violation(const http::Request&,
                                 const http::SchemaViolation& violation) const override {
        const auto name = violation.pointer.substr(violation.pointer.rfind('/') + 1);
        return {400,
                fmt::format("Invalid input for field/attribute {}. {}",
                            name.empty() ? "body" : name, violation.message),
                {},
                {},
                {}};
    }
    http::Fault internal(const http::Request&) const override {
        return unexpected_api_error("Exception").value();
    }
};

} // namespace

std::shared_ptr<const http::Dialect> nova_dialect() { return std::make_shared<NovaDialect>(); }

http::MicroversionRange nova_microversions(const ReleaseProfile& profile) {
    return {"compute",
            {2, 1},
            {2, static_cast<int>(profile.max_microversion)},
            {2, 1},
            {"X-OpenStack-Nova-API-Version"}};
}

tl::unexpected<http::Fault> unexpected_api_error(const std::string& class_name) {
    return http::refuse(500, fmt::format("Unexpected API Error. Please report this at "
                                         "http://bugs.launchpad.net/nova/ and attach the Nova API "
                                         "log if possible.\n<class '{}'>",
                                         class_name));
}

} // namespace vtpmlab::cloud
