#pragma once
// What nova-compute decides when it starts: whether this host may run at all with its vTPM
// configuration, and which traits its provider gets. Pure rules of configuration and capabilities.

#include <vtpmlab/cloud_spec.h>
#include <vtpmlab/hypervisor.h>
#include <vtpmlab/release_profile.h>
#include <vtpmlab/result.h>

#include <functional>
#include <map>
#include <string>

namespace vtpmlab::cloud {

// The accounts of the host. An empty function knows every name.
struct Accounts {
    std::function<bool(const std::string&)> has_user;
    std::function<bool(const std::string&)> has_group;
};

// The error is Nova's InvalidConfiguration: the service does not start.
// spec: nova-vtpm §3.2
[[nodiscard]] Status check_vtpm_support(const HostSpec& host,
                                        const HypervisorCapabilities& capabilities,
                                        const Accounts& accounts);

// True: add to the provider; false: remove from it; absent: leave as it is, for the traits of
// secret security are only ever added.
// spec: nova-vtpm §2.3
// spec: nova-vtpm §SCH-10
[[nodiscard]] std::map<std::string, bool> tpm_traits(const ReleaseProfile& profile,
                                                     const HostSpec& host,
                                                     const HypervisorCapabilities& capabilities);

} // namespace vtpmlab::cloud
