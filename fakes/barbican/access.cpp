// The refusals all handlers share, and the way to a secret or container past the policy.

#include "barbican/routes.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace vtpmlab::fakes::barbican {

namespace {

std::string_view without_parameters(std::string_view content_type) {
    content_type = content_type.substr(0, content_type.find(';'));
    while (!content_type.empty() && content_type.back() == ' ')
        content_type.remove_suffix(1);
    return content_type;
}

// Of version 4, which are the only ones Barbican makes and looks for.
bool is_uuid4(const std::string& id) {
    constexpr std::size_t version = 14, variant = 19;
    return is_uuid(id) && id[version] == '4' &&
           std::string_view("89abAB").find(id[variant]) != std::string_view::npos;
}

// Barbican asks the rules of ACLs without saying whether the thing is private.
bool is_about_acls(std::string_view action) {
    return action.find("_acls:") != std::string_view::npos;
}

bool allows(Parts parts, const Request& request, std::string_view action, PolicyTarget target,
            std::string_view id) {
    if (!is_about_acls(action)) {
        target.project_access = true;
        if (const auto acl = parts.store.acl(id)) {
            target.project_access = acl->project_access;
            target.listed_reader = std::find(acl->users.begin(), acl->users.end(),
                                             request.caller->user_id) != acl->users.end();
        }
    }
    return parts.policy.allows(action, *request.caller, &target);
}

} // namespace

tl::unexpected<http::Fault> not_allowed(std::string_view operation) {
    return refuse(403, fmt::format("{} attempt not allowed - please review your user/project "
                                   "privileges",
                                   operation));
}

tl::unexpected<http::Fault> issue_seen(int status, std::string_view operation,
                                       std::string_view reason) {
    return refuse(status, fmt::format("{} issue seen - {}.", operation, reason));
}

tl::unexpected<http::Fault> quota_reached(std::string_view operation) {
    return issue_seen(403, operation, "Creation not allowed because a quota has been reached");
}

Outcome<void> need_content_type(const Request& request, const std::vector<std::string>& allowed) {
    const auto type = without_parameters(request.headers.value("Content-Type"));
    if (std::find(allowed.begin(), allowed.end(), type) != allowed.end())
        return {};
    return refuse(415, fmt::format("Unexpected content type. Expected content types are: ['{}']",
                                   fmt::join(allowed, "', '")));
}

Outcome<void> need_permission(Parts parts, const Request& request, std::string_view action,
                              std::string_view operation) {
    if (!parts.policy.allows(action, *request.caller, nullptr))
        return not_allowed(operation);
    return {};
}

Outcome<Secret> allowed_secret(Parts parts, const Request& request, std::string_view action,
                               std::string_view operation) {
    const std::string& id = request.parameter("id");
    if (!is_uuid4(id))
        return refuse(404, "Not Found. Provided secret id is invalid.");
    auto secret = parts.store.find(id, parts.clock.now());
    if (!secret)
        return refuse(404, "Secret not found.");
    if (!allows(parts, request, action, {"secret", secret->project_id, secret->creator_id}, id))
        return not_allowed(operation);
    return std::move(*secret);
}

Outcome<Container> allowed_container(Parts parts, const Request& request, std::string_view action,
                                     std::string_view operation) {
    const std::string& id = request.parameter("id");
    if (!is_uuid4(id))
        return refuse(404, "Not Found. Provided container id is invalid.");
    auto container = parts.store.find_container(id);
    if (!container)
        return refuse(404, "Secrets container not found.");
    if (!allows(parts, request, action, {"container", container->project_id, container->creator_id},
                id))
        return not_allowed(operation);
    return std::move(*container);
}

} // namespace vtpmlab::fakes::barbican
