#include "barbican/atmosphere_policy.h"

namespace vtpmlab::fakes::barbican {

std::map<std::string, std::string> atmosphere_policy(AtmosphereOptions options) {
    if (!options.nova_secret_access && !options.admin_secret_access)
        return {};
    std::map<std::string, std::string> rules;
    std::string helpers;
    if (options.admin_secret_access) {
        rules["system_admin"] = "role:admin and is_admin_project:True";
        helpers += " or rule:system_admin";
    }
    if (options.nova_secret_access) {
        rules["secret_project_nova"] =
            "rule:secret_owner or rule:secret_project_match or role:service";
        helpers += " or rule:secret_project_nova";
    }
    const std::string who =
        " and (rule:secret_project_match or rule:secret_acl_read" + helpers + ")";
    // As it is there: the outer rules of the two are swapped against Barbican's own.
    rules["secret:get"] = "rule:all_but_audit" + who;
    rules["secret:decrypt"] = "rule:all_users" + who;
    return rules;
}

} // namespace vtpmlab::fakes::barbican
