#include "cloud/api/policy.h"

#include <fmt/format.h>

namespace vtpmlab::cloud {
namespace {

// Keystone makes an admin a member and a member a reader; a token may show only the first.
bool is_member(const http::Caller& caller) {
    return caller.has_role("member") || caller.has_role("manager") || is_admin(caller);
}
bool is_reader(const http::Caller& caller) {
    return caller.has_role("reader") || is_member(caller);
}

bool satisfies(const ReleaseProfile& profile, const http::Caller& caller, Need need,
               const std::string& project_id) {
    if (need == Need::anyone || is_admin(caller))
        return true;
    if (need == Need::admin || caller.project_id != project_id)
        return false;
    if (need == Need::migrator)
        return profile.manager_may_migrate && caller.has_role("manager");
    if (!profile.new_policy_defaults)
        return true;
    return need == Need::project_member ? is_member(caller) : is_reader(caller);
}

} // namespace

bool is_admin(const http::Caller& caller) { return caller.has_role("admin"); }

http::Outcome<void> authorize(const ReleaseProfile& profile, const http::Caller& caller, Need need,
                              std::string_view rule, const std::string& project_id) {
    if (satisfies(profile, caller, need, project_id))
        return {};
    return http::refuse(403, fmt::format("Policy doesn't allow {} to be performed.", rule));
}

} // namespace vtpmlab::cloud
