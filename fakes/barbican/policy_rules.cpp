#include "barbican/policy_rules.h"

#include <array>

namespace vtpmlab::fakes::barbican {

namespace {

constexpr std::array base = {
    PolicyRule{"all_users", "role:admin or role:observer or role:creator or role:audit or "
                            "role:key-manager:service-admin"},
    PolicyRule{"all_but_audit", "role:admin or role:observer or role:creator"},
    PolicyRule{"admin_or_creator", "role:admin or role:creator"},
    PolicyRule{"secret_project_match", "project_id:%(target.secret.project_id)s"},
    PolicyRule{"secret_project_admin", "role:admin and rule:secret_project_match"},
    PolicyRule{"secret_project_member", "role:member and rule:secret_project_match"},
    PolicyRule{"secret_owner", "user_id:%(target.secret.creator_id)s"},
    PolicyRule{"secret_is_not_private", "True:%(target.secret.read_project_access)s"},
    PolicyRule{"secret_private_read", "'False':%(target.secret.read_project_access)s"},
    PolicyRule{"secret_acl_read", "'read':%(target.secret.read)s"},
    PolicyRule{"secret_non_private_read",
               "rule:all_users and rule:secret_project_match and not rule:secret_private_read"},
    PolicyRule{"secret_decrypt_non_private_read",
               "rule:all_but_audit and rule:secret_project_match and not rule:secret_private_read"},
    PolicyRule{"secret_project_creator",
               "role:creator and rule:secret_project_match and rule:secret_owner"},
    PolicyRule{"secret_project_creator_role", "role:creator and rule:secret_project_match"},
    PolicyRule{"secret_member_access", "rule:secret_project_member and (rule:secret_owner or "
                                       "rule:secret_is_not_private)"},
};

// spec: nova-vtpm §KEY-4
constexpr std::array legacy = {
    PolicyRule{"secrets:post", "rule:admin_or_creator"},
    PolicyRule{"secrets:get", "rule:all_but_audit"},
    PolicyRule{"secret:get", "rule:secret_non_private_read or rule:secret_project_creator or "
                             "rule:secret_project_admin or rule:secret_acl_read"},
    PolicyRule{"secret:decrypt",
               "rule:secret_decrypt_non_private_read or rule:secret_project_creator or "
               "rule:secret_project_admin or rule:secret_acl_read"},
    PolicyRule{"secret:put", "rule:admin_or_creator and rule:secret_project_match"},
    PolicyRule{"secret:delete",
               "rule:secret_project_admin or rule:secret_project_creator or "
               "(rule:secret_project_creator_role and not rule:secret_private_read)"},
    PolicyRule{"secret_acls:get", "rule:all_but_audit and rule:secret_project_match"},
    PolicyRule{"secret_acls:put_patch", "rule:secret_project_admin or rule:secret_project_creator"},
    PolicyRule{"secret_acls:delete", "rule:secret_project_admin or rule:secret_project_creator"},
};

// spec: nova-vtpm §KEY-4
constexpr std::array modern = {
    PolicyRule{"secrets:post", "role:member"},
    PolicyRule{"secrets:get", "role:member"},
    // An admin of any project sees the metadata and may delete, but not read the payload.
    PolicyRule{"secret:get", "role:admin or rule:secret_project_admin or rule:secret_member_access "
                             "or rule:secret_acl_read"},
    PolicyRule{"secret:decrypt",
               "rule:secret_project_admin or rule:secret_member_access or rule:secret_acl_read"},
    PolicyRule{"secret:put", "rule:secret_project_admin or rule:secret_member_access"},
    PolicyRule{"secret:delete",
               "role:admin or rule:secret_project_admin or rule:secret_member_access"},
    PolicyRule{"secret_acls:get", "rule:secret_project_admin or rule:secret_member_access"},
    PolicyRule{"secret_acls:put_patch", "rule:secret_project_admin or rule:secret_member_access"},
    PolicyRule{"secret_acls:delete", "rule:secret_project_admin or rule:secret_member_access"},
};

} // namespace

std::span<const PolicyRule> base_rules() { return base; }
std::span<const PolicyRule> action_rules(PolicyDefaults defaults) {
    return defaults == PolicyDefaults::legacy ? std::span<const PolicyRule>(legacy)
                                              : std::span<const PolicyRule>(modern);
}

} // namespace vtpmlab::fakes::barbican
