#pragma once
// The rules Atmosphere's two options write into Barbican's policy. spec: nova-vtpm §KEY-11

#include <map>
#include <string>

namespace vtpmlab::fakes::barbican {

struct AtmosphereOptions {
    bool nova_secret_access = false;  // barbican_policy_nova_secret_access
    bool admin_secret_access = false; // barbican_policy_admin_secret_access
};

// Nothing where both are off: Barbican's own defaults stand.
[[nodiscard]] std::map<std::string, std::string> atmosphere_policy(AtmosphereOptions options);

} // namespace vtpmlab::fakes::barbican
