// Barbican's error bodies {code, title, description}, and the refusals all its handlers share.

#include "barbican/routes.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace vtpmlab::fakes::barbican {

namespace {

class BarbicanDialect final : public http::Dialect {
public:
    http::Response render(const http::Fault& fault, const http::Request&) const override {
        return http::Response::json(
            fault.status,
            {{"code", fault.status},
             {"title",
              fault.title.empty() ? std::string(http::status_title(fault.status)) : fault.title},
             {"description", fault.message}});
    }
    // Pecan says nothing about these two.
    http::Fault not_found(const http::Request&) const override { return {404, {}, {}, {}, {}}; }
    http::Fault method_not_allowed(const http::Request& request,
                                   const std::vector<std::string>& allowed) const override {
        auto fault = http::Dialect::method_not_allowed(request, allowed);
        fault.message.clear();
        return fault;
    }
    http::Fault malformed_json(const http::Request&) const override {
        return {400, "Malformed JSON", {}, {}, {}};
    }
    // Where JSON is read, the cut-off body is what is wrong.
    http::Fault too_large(const http::Request& request) const override {
        return malformed_json(request);
    }
    http::Fault internal(const http::Request&) const override {
        return {500, "Operation failure seen - please contact site administrator.", {}, {}, {}};
    }
};

std::string_view without_parameters(std::string_view content_type) {
    content_type = content_type.substr(0, content_type.find(';'));
    while (!content_type.empty() && content_type.back() == ' ')
        content_type.remove_suffix(1);
    return content_type;
}

} // namespace

std::shared_ptr<const http::Dialect> dialect() { return std::make_shared<BarbicanDialect>(); }

tl::unexpected<http::Fault> not_allowed(std::string_view operation) {
    return http::refuse(403, fmt::format("{} attempt not allowed - please review your user/project "
                                         "privileges",
                                         operation));
}

http::Outcome<void> need_content_type(const http::Request& request,
                                      const std::vector<std::string>& allowed) {
    const auto type = without_parameters(request.headers.value("Content-Type"));
    if (std::find(allowed.begin(), allowed.end(), type) != allowed.end())
        return {};
    return http::refuse(415,
                        fmt::format("Unexpected content type. Expected content types are: ['{}']",
                                    fmt::join(allowed, "', '")));
}

http::Outcome<Secret> allowed_secret(Parts parts, const http::Request& request,
                                     std::string_view action, std::string_view operation) {
    const std::string& id = request.parameter("id");
    if (!is_uuid(id))
        return http::refuse(404, "Not Found. Provided secret id is invalid.");
    auto secret = parts.store.find(id, parts.clock.now());
    if (!secret)
        return http::refuse(404, "Secret not found.");
    PolicyTarget target{secret->project_id, secret->creator_id, true, false};
    if (const auto acl = parts.store.acl(id)) {
        target.project_access = acl->project_access;
        target.listed_reader = std::find(acl->users.begin(), acl->users.end(),
                                         request.caller->user_id) != acl->users.end();
    }
    if (!parts.policy.allows(action, *request.caller, &target))
        return not_allowed(operation);
    return std::move(*secret);
}

std::string secret_ref(const http::Request& request, std::string_view id) {
    return fmt::format("{}/v1/secrets/{}", request.base_url, id);
}

} // namespace vtpmlab::fakes::barbican
