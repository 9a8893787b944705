#include "hypervisor/libvirt/libvirt_hypervisor.h"

#include "hypervisor/libvirt/vir_error.h"
#include "xml/domain_capabilities.h"
#include "xml/domain_xml.h"
#include "xml/host_capabilities.h"
#include "xml/secret_xml.h"

#include <fmt/format.h>
#include <libvirt/virterror.h>

#include <utility>

namespace vtpmlab {
namespace {

// The machine every server gets (Nova's default on x86).
constexpr const char* machine_type = "pc";
constexpr unsigned long first_version_that_keeps_tpm = 8'009'000;

std::string version_text(unsigned long version) {
    return fmt::format("{}.{}.{}", version / 1'000'000, version / 1'000 % 1'000, version % 1'000);
}

DomainState state_of(int state) {
    switch (state) {
    case VIR_DOMAIN_RUNNING:
    case VIR_DOMAIN_BLOCKED:
        return DomainState::running;
    case VIR_DOMAIN_PAUSED:
    case VIR_DOMAIN_PMSUSPENDED:
        return DomainState::paused;
    case VIR_DOMAIN_SHUTOFF:
        return DomainState::shut_off;
    case VIR_DOMAIN_CRASHED:
        return DomainState::crashed;
    default:
        return DomainState::other;
    }
}

} // namespace

Result<std::unique_ptr<LibvirtHypervisor>>
LibvirtHypervisor::connect(LibvirtHypervisorConfig config) {
    VTPMLAB_TRY(auto connection, vir::Connection::open(config.socket,
                                                       config.is_session ? vir::Driver::session
                                                                         : vir::Driver::system,
                                                       config.host));
    return std::unique_ptr<LibvirtHypervisor>(
        new LibvirtHypervisor(std::move(config), std::move(connection)));
}

Result<HypervisorCapabilities> LibvirtHypervisor::capabilities() {
    VTPMLAB_TRY(const auto host_text, connection_.capabilities());
    VTPMLAB_TRY(const auto host_uuid, xml::parse_host_uuid(host_text));
    VTPMLAB_TRY(const auto domain_text,
                connection_.domain_capabilities(machine_type,
                                                config_.accelerator == "kvm" ? "kvm" : "qemu"));
    VTPMLAB_TRY(const auto domain, xml::parse_domain_capabilities(domain_text));
    VTPMLAB_TRY(const auto libvirt, connection_.libvirt_version());
    VTPMLAB_TRY(const auto qemu, connection_.qemu_version());
    HypervisorCapabilities capabilities;
    VTPMLAB_TRY(capabilities.hostname, connection_.hostname());
    capabilities.host_uuid = host_uuid;
    capabilities.libvirt_version = version_text(libvirt);
    capabilities.qemu_version = version_text(qemu);
    capabilities.accelerator = config_.accelerator;
    capabilities.machine = domain.machine;
    capabilities.supports_emulated_tpm = domain.supports_emulated_tpm;
    capabilities.tpm_models = domain.tpm_models;
    capabilities.tpm_versions = domain.tpm_versions;
    capabilities.may_keep_tpm_on_undefine = libvirt >= first_version_that_keeps_tpm;
    return capabilities;
}

Status LibvirtHypervisor::define_secret(const SecretSpec& spec, const SecretValue& value) {
    return connection_.define_secret(xml::secret_xml(spec), value);
}

Status LibvirtHypervisor::undefine_secret(const std::string& uuid) {
    VTPMLAB_TRY(const auto secret, connection_.find_secret(uuid));
    if (secret && virSecretUndefine(secret->get()) < 0 && vir::last_code() != VIR_ERR_NO_SECRET)
        return fail(vir::last_error("virSecretUndefine", config_.host));
    return {};
}

Result<std::vector<SecretSpec>> LibvirtHypervisor::secrets() {
    VTPMLAB_TRY(const auto texts, connection_.secrets());
    std::vector<SecretSpec> secrets;
    for (const auto& text : texts) {
        VTPMLAB_TRY(auto secret, xml::parse_secret(text));
        secrets.push_back(std::move(secret));
    }
    return secrets;
}

Status LibvirtHypervisor::define(const DomainSpec& spec) {
    const xml::DomainPlatform platform{config_.accelerator, machine_type};
    VTPMLAB_TRY(const auto domain, connection_.define_domain(xml::domain_xml(spec, platform)));
    return {};
}

Result<vir::DomainHandle> LibvirtHypervisor::domain(const std::string& uuid, const char* call) {
    VTPMLAB_TRY(auto domain, connection_.find_domain(uuid));
    if (!domain)
        return fail(ErrorKind::product, fmt::format("there is no domain {}", uuid),
                    fmt::format("{} on {}", call, config_.host));
    return std::move(*domain);
}

Status LibvirtHypervisor::start(const std::string& uuid) {
    VTPMLAB_TRY(const auto found, domain(uuid, "virDomainCreate"));
    if (virDomainCreate(found.get()) < 0)
        return fail(vir::last_error("virDomainCreate", config_.host));
    return {};
}

Status LibvirtHypervisor::destroy(const std::string& uuid) {
    VTPMLAB_TRY(const auto found, connection_.find_domain(uuid));
    if (!found || virDomainDestroy(found->get()) == 0)
        return {};
    const int code = vir::last_code();
    // Not running, or gone since it was looked up: what was asked for is so.
    if (code == VIR_ERR_OPERATION_INVALID || code == VIR_ERR_NO_DOMAIN)
        return {};
    return fail(vir::last_error("virDomainDestroy", config_.host));
}

Status LibvirtHypervisor::undefine(const std::string& uuid, KeepTpm keep) {
    VTPMLAB_TRY(const auto found, connection_.find_domain(uuid));
    if (!found)
        return {};
    unsigned flags = VIR_DOMAIN_UNDEFINE_MANAGED_SAVE;
#ifdef LIBVIR_CHECK_VERSION
#if LIBVIR_CHECK_VERSION(8, 9, 0)
    if (keep == KeepTpm::yes)
        flags |= VIR_DOMAIN_UNDEFINE_KEEP_TPM;
#endif
#endif
    static_cast<void>(keep); // without the flag libvirt wipes the TPM: nova-vtpm §0.3, K-
    if (virDomainUndefineFlags(found->get(), flags) < 0 && vir::last_code() != VIR_ERR_NO_DOMAIN)
        return fail(vir::last_error("virDomainUndefineFlags", config_.host));
    return {};
}

Result<DomainState> LibvirtHypervisor::state(const std::string& uuid) {
    VTPMLAB_TRY(const auto found, domain(uuid, "virDomainGetState"));
    int state = VIR_DOMAIN_NOSTATE;
    if (virDomainGetState(found.get(), &state, nullptr, 0) < 0)
        return fail(vir::last_error("virDomainGetState", config_.host));
    return state_of(state);
}

Result<std::vector<DomainInfo>> LibvirtHypervisor::domains() {
    VTPMLAB_TRY(const auto handles, connection_.domains());
    std::vector<DomainInfo> domains;
    for (const auto& handle : handles) {
        char uuid[VIR_UUID_STRING_BUFLEN] = {};
        int state = VIR_DOMAIN_NOSTATE;
        if (virDomainGetUUIDString(handle.get(), uuid) < 0 ||
            virDomainGetState(handle.get(), &state, nullptr, 0) < 0) {
            if (vir::last_code() == VIR_ERR_NO_DOMAIN)
                continue; // undefined since it was listed
            return fail(vir::last_error("virDomainGetState", config_.host));
        }
        domains.push_back({uuid, virDomainGetName(handle.get()), state_of(state)});
    }
    return domains;
}

Result<std::string> LibvirtHypervisor::domain_xml(const std::string& uuid) {
    VTPMLAB_TRY(const auto found, domain(uuid, "virDomainGetXMLDesc"));
    const vir::CString text(virDomainGetXMLDesc(found.get(), 0));
    if (!text)
        return fail(vir::last_error("virDomainGetXMLDesc", config_.host));
    return std::string(text.get());
}

Result<std::vector<TpmStateInfo>> LibvirtHypervisor::tpm_states() { return config_.tpm_states(); }

} // namespace vtpmlab
