#include "cloud/compute/startup_rules.h"

#include <vtpmlab/traits.h>

#include <fmt/format.h>

namespace vtpmlab::cloud {
namespace {

Status refuse_start(std::string message, std::string hint) {
    return fail(ErrorKind::product, std::move(message), "start of nova-compute", std::move(hint));
}

} // namespace

Status check_vtpm_support(const HostSpec& host, const HypervisorCapabilities& capabilities,
                          const Accounts& accounts) {
    if (!host.swtpm_enabled)
        return {};
    // spec: nova-vtpm §CFG-5
    if (host.virt_type != "kvm" && host.virt_type != "qemu")
        return refuse_start(
            fmt::format("vTPM support requires '[libvirt] virt_type' of 'qemu' or 'kvm'; found "
                        "'{}'.",
                        host.virt_type),
            "set virt_type of " + host.name + " to qemu or kvm, or swtpm_enabled to false");
    if (!capabilities.supports_emulated_tpm)
        return refuse_start("vTPM support is configured but it's not supported by libvirt.",
                            "install swtpm and swtpm-tools on " + host.name);
    if (accounts.has_user && !accounts.has_user(host.swtpm_user))
        return refuse_start(
            fmt::format("The user configured in '[libvirt] swtpm_user' does not exist on this "
                        "host; expected '{}'.",
                        host.swtpm_user),
            "make the user, or set swtpm_user to one there is");
    if (accounts.has_group && !accounts.has_group(host.swtpm_group))
        return refuse_start(
            fmt::format("The group configured in '[libvirt] swtpm_group' does not exist on this "
                        "host; expected '{}'.",
                        host.swtpm_group),
            "make the group, or set swtpm_group to one there is");
    return {};
}

std::map<std::string, bool> tpm_traits(const ReleaseProfile& profile, const HostSpec& host,
                                       const HypervisorCapabilities& capabilities) {
    std::map<std::string, bool> result;
    const auto set = [&](std::string_view trait, bool value) {
        result[std::string(trait)] = value;
    };
    for (auto version : {TpmVersion::v1_2, TpmVersion::v2_0})
        set(traits::of(version),
            host.swtpm_enabled &&
                (!profile.support_from_domain_capabilities || capabilities.tpm_versions.empty() ||
                 capabilities.tpm_versions.contains(version)));
    if (profile.model_traits)
        for (auto model : {TpmModel::tis, TpmModel::crb})
            set(traits::of(model), host.swtpm_enabled && capabilities.tpm_models.contains(model));
    if (profile.secret_security && host.swtpm_enabled)
        for (auto mode : host.supported_tpm_secret_security)
            set(traits::of(mode), true);
    return result;
}

} // namespace vtpmlab::cloud
