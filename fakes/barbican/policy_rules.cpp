#include "barbican/policy_rules.h"

#include <array>

namespace vtpmlab::fakes::barbican {

namespace {

constexpr std::array base = {
    PolicyRule{"system_reader", "role:reader and system_scope:all"},
    PolicyRule{"system_admin", "role:admin and system_scope:all"},
    PolicyRule{"secret_project_match", "project_id:%(target.secret.project_id)s"},
    PolicyRule{"secret_project_reader", "role:reader and rule:secret_project_match"},
    PolicyRule{"secret_project_member", "role:member and rule:secret_project_match"},
    PolicyRule{"secret_project_admin", "role:admin and rule:secret_project_match"},
    PolicyRule{"secret_owner", "user_id:%(target.secret.creator_id)s"},
    PolicyRule{"secret_is_not_private", "True:%(target.secret.read_project_access)s"},
    PolicyRule{"secret_acl_read", "'read':%(target.secret.read)s"},
    PolicyRule{"container_project_match", "project_id:%(target.container.project_id)s"},
    PolicyRule{"container_project_member", "role:member and rule:container_project_match"},
    PolicyRule{"container_project_admin", "role:admin and rule:container_project_match"},
    PolicyRule{"container_owner", "user_id:%(target.container.creator_id)s"},
    PolicyRule{"container_is_not_private", "True:%(target.container.read_project_access)s"},
    PolicyRule{"container_acl_read", "'read':%(target.container.read)s"},
    PolicyRule{"order_project_match", "project_id:%(target.order.project_id)s"},
    PolicyRule{"order_project_member", "role:member and rule:order_project_match"},
    PolicyRule{"audit", "role:audit"},
    PolicyRule{"observer", "role:observer"},
    PolicyRule{"creator", "role:creator"},
    PolicyRule{"admin", "role:admin"},
    PolicyRule{"service_admin", "role:key-manager:service-admin"},
    PolicyRule{"all_users", "rule:admin or rule:observer or rule:creator or rule:audit or "
                            "rule:service_admin"},
    PolicyRule{"all_but_audit", "rule:admin or rule:observer or rule:creator"},
    PolicyRule{"admin_or_creator", "rule:admin or rule:creator"},
    PolicyRule{"secret_creator_user", "user_id:%(target.secret.creator_id)s"},
    PolicyRule{"secret_private_read", "'False':%(target.secret.read_project_access)s"},
    PolicyRule{"secret_non_private_read", "rule:all_users and rule:secret_project_match and not "
                                          "rule:secret_private_read"},
    PolicyRule{"secret_decrypt_non_private_read", "rule:all_but_audit and "
                                                  "rule:secret_project_match and not "
                                                  "rule:secret_private_read"},
    PolicyRule{"secret_project_creator", "rule:creator and rule:secret_project_match and "
                                         "rule:secret_creator_user"},
    PolicyRule{"secret_project_creator_role", "rule:creator and rule:secret_project_match"},
    PolicyRule{"container_creator_user", "user_id:%(target.container.creator_id)s"},
    PolicyRule{"container_private_read", "'False':%(target.container.read_project_access)s"},
    PolicyRule{"container_non_private_read", "rule:all_users and rule:container_project_match "
                                             "and not rule:container_private_read"},
    PolicyRule{"container_project_creator", "rule:creator and rule:container_project_match and "
                                            "rule:container_creator_user"},
    PolicyRule{"container_project_creator_role", "rule:creator and rule:container_project_match"},
    PolicyRule{"secret_member_access", "rule:secret_project_member and (rule:secret_owner or "
                                       "rule:secret_is_not_private)"},
    PolicyRule{"container_member_access", "rule:container_project_member and "
                                          "(rule:container_owner or "
                                          "rule:container_is_not_private)"},
};

// spec: nova-vtpm §KEY-4
constexpr std::array legacy = {
    PolicyRule{"secrets:post", "rule:admin_or_creator"},
    PolicyRule{"secrets:get", "rule:all_but_audit"},
    PolicyRule{"secret:get", "rule:secret_non_private_read or rule:secret_project_creator or "
                             "rule:secret_project_admin or rule:secret_acl_read"},
    PolicyRule{"secret:decrypt", "rule:secret_decrypt_non_private_read or "
                                 "rule:secret_project_creator or rule:secret_project_admin or "
                                 "rule:secret_acl_read"},
    PolicyRule{"secret:put", "rule:admin_or_creator and rule:secret_project_match"},
    PolicyRule{"secret:delete", "rule:secret_project_admin or rule:secret_project_creator or "
                                "(rule:secret_project_creator_role and not "
                                "rule:secret_private_read)"},
    PolicyRule{"secret_meta:get", "rule:secret_non_private_read or rule:secret_project_creator "
                                  "or rule:secret_project_admin or rule:secret_acl_read"},
    PolicyRule{"secret_meta:post", "rule:secret_project_admin or rule:secret_project_creator or "
                                   "(rule:secret_project_creator_role and "
                                   "rule:secret_non_private_read)"},
    PolicyRule{"secret_meta:put", "rule:secret_project_admin or rule:secret_project_creator or "
                                  "(rule:secret_project_creator_role and "
                                  "rule:secret_non_private_read)"},
    PolicyRule{"secret_meta:delete", "rule:secret_project_admin or rule:secret_project_creator "
                                     "or (rule:secret_project_creator_role and "
                                     "rule:secret_non_private_read)"},
    PolicyRule{"secret_acls:get", "rule:all_but_audit and rule:secret_project_match"},
    PolicyRule{"secret_acls:put_patch", "rule:secret_project_admin or "
                                        "rule:secret_project_creator or "
                                        "(rule:secret_project_creator_role and "
                                        "rule:secret_non_private_read)"},
    PolicyRule{"secret_acls:delete", "rule:secret_project_admin or rule:secret_project_creator "
                                     "or (rule:secret_project_creator_role and "
                                     "rule:secret_non_private_read)"},
    PolicyRule{"secret_consumers:get", "rule:secret_non_private_read or "
                                       "rule:secret_project_creator or rule:secret_project_admin "
                                       "or rule:secret_acl_read"},
    PolicyRule{"secret_consumers:post", "rule:secret_non_private_read or "
                                        "rule:secret_project_creator or "
                                        "rule:secret_project_admin or rule:secret_acl_read"},
    PolicyRule{"secret_consumers:delete", "rule:secret_non_private_read or "
                                          "rule:secret_project_creator or "
                                          "rule:secret_project_admin or rule:secret_acl_read"},
    PolicyRule{"container_acls:get", "rule:all_but_audit and rule:container_project_match"},
    PolicyRule{"container_acls:put_patch", "rule:container_project_admin or "
                                           "rule:container_project_creator or "
                                           "(rule:container_project_creator_role and "
                                           "rule:container_non_private_read)"},
    PolicyRule{"container_acls:delete", "rule:container_project_admin or "
                                        "rule:container_project_creator or "
                                        "(rule:container_project_creator_role and "
                                        "rule:container_non_private_read)"},
    PolicyRule{"container_consumers:get", "rule:container_non_private_read or "
                                          "rule:container_project_creator or "
                                          "rule:container_project_admin or "
                                          "rule:container_acl_read"},
    PolicyRule{"container_consumers:post", "rule:container_non_private_read or "
                                           "rule:container_project_creator or "
                                           "rule:container_project_admin or "
                                           "rule:container_acl_read"},
    PolicyRule{"container_consumers:delete", "rule:container_non_private_read or "
                                             "rule:container_project_creator or "
                                             "rule:container_project_admin or "
                                             "rule:container_acl_read"},
    PolicyRule{"containers:post", "rule:admin_or_creator"},
    PolicyRule{"containers:get", "rule:all_but_audit"},
    PolicyRule{"container:get", "rule:container_non_private_read or "
                                "rule:container_project_creator or rule:container_project_admin "
                                "or rule:container_acl_read"},
    PolicyRule{"container:delete", "rule:container_project_admin or "
                                   "rule:container_project_creator"},
    PolicyRule{"container_secret:post", "rule:container_project_admin or "
                                        "rule:container_project_creator or "
                                        "(rule:container_project_creator_role and "
                                        "rule:container_non_private_read)"},
    PolicyRule{"container_secret:delete", "rule:container_project_admin or "
                                          "rule:container_project_creator or "
                                          "(rule:container_project_creator_role and "
                                          "rule:container_non_private_read)"},
    PolicyRule{"orders:get", "rule:all_but_audit"},
    PolicyRule{"orders:post", "rule:admin_or_creator"},
    PolicyRule{"orders:put", "rule:admin_or_creator"},
    PolicyRule{"order:get", "rule:all_users and rule:order_project_match"},
    PolicyRule{"order:delete", "rule:admin and rule:order_project_match"},
    PolicyRule{"quotas:get", "rule:all_users"},
    PolicyRule{"project_quotas:get", "rule:service_admin"},
    PolicyRule{"project_quotas:put", "rule:service_admin"},
    PolicyRule{"project_quotas:delete", "rule:service_admin"},
};

// spec: nova-vtpm §KEY-4
constexpr std::array modern = {
    PolicyRule{"secrets:post", "role:member"},
    PolicyRule{"secrets:get", "role:member"},
    // An admin of any project sees the metadata and may delete, but not read the payload.
    PolicyRule{"secret:get", "role:admin or rule:secret_project_admin or "
                             "rule:secret_member_access or rule:secret_acl_read"},
    PolicyRule{"secret:decrypt", "rule:secret_project_admin or rule:secret_member_access or "
                                 "rule:secret_acl_read"},
    PolicyRule{"secret:put", "rule:secret_project_admin or rule:secret_member_access"},
    PolicyRule{"secret:delete", "role:admin or rule:secret_project_admin or "
                                "rule:secret_member_access"},
    PolicyRule{"secret_meta:get", "rule:secret_project_admin or rule:secret_member_access or "
                                  "rule:secret_acl_read"},
    PolicyRule{"secret_meta:post", "rule:secret_project_admin or rule:secret_member_access"},
    PolicyRule{"secret_meta:put", "rule:secret_project_admin or rule:secret_member_access"},
    PolicyRule{"secret_meta:delete", "rule:secret_project_admin or rule:secret_member_access"},
    PolicyRule{"secret_acls:get", "rule:secret_project_admin or rule:secret_member_access"},
    PolicyRule{"secret_acls:put_patch", "rule:secret_project_admin or rule:secret_member_access"},
    PolicyRule{"secret_acls:delete", "rule:secret_project_admin or rule:secret_member_access"},
    PolicyRule{"secret_consumers:get", "rule:system_admin or rule:secret_project_admin or "
                                       "rule:secret_member_access or rule:secret_acl_read"},
    PolicyRule{"secret_consumers:post", "rule:system_admin or rule:secret_project_admin or "
                                        "rule:secret_member_access or rule:secret_acl_read"},
    PolicyRule{"secret_consumers:delete", "rule:system_admin or rule:secret_project_admin or "
                                          "rule:secret_member_access or rule:secret_acl_read"},
    PolicyRule{"container_acls:get", "rule:container_project_admin or "
                                     "rule:container_member_access"},
    PolicyRule{"container_acls:put_patch", "rule:container_project_admin or "
                                           "rule:container_member_access"},
    PolicyRule{"container_acls:delete", "rule:container_project_admin or "
                                        "rule:container_member_access"},
    PolicyRule{"container_consumers:get", "rule:system_admin or rule:container_project_admin or "
                                          "rule:container_member_access or "
                                          "rule:container_acl_read"},
    PolicyRule{"container_consumers:post", "rule:system_admin or rule:container_project_admin or "
                                           "rule:container_member_access or "
                                           "rule:container_acl_read"},
    PolicyRule{"container_consumers:delete", "rule:system_admin or rule:container_project_admin "
                                             "or rule:container_member_access or "
                                             "rule:container_acl_read"},
    PolicyRule{"containers:post", "role:member"},
    PolicyRule{"containers:get", "role:member"},
    PolicyRule{"container:get", "rule:container_project_admin or rule:container_member_access or "
                                "rule:container_acl_read"},
    PolicyRule{"container:delete", "rule:container_project_admin or rule:container_member_access"},
    PolicyRule{"container_secret:post", "rule:container_project_admin or "
                                        "rule:container_member_access"},
    PolicyRule{"container_secret:delete", "rule:container_project_admin or "
                                          "rule:container_member_access"},
    PolicyRule{"orders:get", "role:member"},
    PolicyRule{"orders:post", "role:member"},
    PolicyRule{"orders:put", "role:member"},
    PolicyRule{"order:get", "rule:order_project_member"},
    PolicyRule{"order:delete", "rule:order_project_member"},
    PolicyRule{"quotas:get", "role:reader"},
    PolicyRule{"project_quotas:get", "rule:system_reader"},
    PolicyRule{"project_quotas:put", "rule:system_admin"},
    PolicyRule{"project_quotas:delete", "rule:system_admin"},
};

static_assert(legacy.size() == modern.size());

} // namespace

std::span<const PolicyRule> base_rules() { return base; }
std::span<const PolicyRule> action_rules(PolicyDefaults defaults) {
    return defaults == PolicyDefaults::legacy ? std::span<const PolicyRule>(legacy)
                                              : std::span<const PolicyRule>(modern);
}

} // namespace vtpmlab::fakes::barbican
