#include "hypervisor/libvirt/libvirt_hypervisor.h"

#include "hypervisor/libvirt/domain_states.h"
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

vir::Driver driver_of(const LibvirtHypervisorConfig& config) {
    return config.is_session ? vir::Driver::session : vir::Driver::system;
}

} // namespace

LibvirtHypervisor::LibvirtHypervisor(LibvirtHypervisorConfig config)
    : config_(std::move(config)), events_(EventHub::create()) {}

Status LibvirtHypervisor::connect() {
    const std::lock_guard lock(mutex_);
    VTPMLAB_CHECK(reconnect());
    return {};
}

bool LibvirtHypervisor::is_connected() {
    const std::lock_guard lock(mutex_);
    return connection_ && connection_->is_alive();
}

Result<std::shared_ptr<const vir::Connection>> LibvirtHypervisor::connection() {
    const std::lock_guard lock(mutex_);
    if (connection_ && connection_->is_alive())
        return connection_;
    return reconnect();
}

Result<std::shared_ptr<const vir::Connection>> LibvirtHypervisor::reconnect() {
    connection_.reset();
    VTPMLAB_TRY(auto opened,
                vir::Connection::open(config_.socket, driver_of(config_), config_.host));
    VTPMLAB_CHECK(opened.watch_domains(
        [events = events_](const DomainEvent& event) { events->tell(event); }));
    connection_ = std::make_shared<const vir::Connection>(std::move(opened));
    return connection_;
}

std::string LibvirtHypervisor::uri() const {
    return vir::Connection::uri_of(config_.socket, driver_of(config_));
}

tl::unexpected<Error> LibvirtHypervisor::failed(const char* call) const {
    return fail(vir::last_error(call, config_.host));
}

Result<HypervisorCapabilities> LibvirtHypervisor::capabilities() {
    VTPMLAB_TRY(const auto daemon, connection());
    VTPMLAB_TRY(const auto host_text, daemon->capabilities());
    VTPMLAB_TRY(const auto host_uuid, xml::parse_host_uuid(host_text));
    VTPMLAB_TRY(
        const auto domain_text,
        daemon->domain_capabilities(machine_type, config_.accelerator == "kvm" ? "kvm" : "qemu"));
    VTPMLAB_TRY(const auto domain, xml::parse_domain_capabilities(domain_text));
    VTPMLAB_TRY(const auto libvirt, daemon->libvirt_version());
    VTPMLAB_TRY(const auto qemu, daemon->qemu_version());
    HypervisorCapabilities capabilities;
    VTPMLAB_TRY(capabilities.hostname, daemon->hostname());
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
    VTPMLAB_TRY(const auto daemon, connection());
    return daemon->define_secret(xml::secret_xml(spec), value);
}

Status LibvirtHypervisor::undefine_secret(const std::string& uuid) {
    VTPMLAB_TRY(const auto daemon, connection());
    VTPMLAB_TRY(const auto secret, daemon->find_secret(uuid));
    if (secret && virSecretUndefine(secret->get()) < 0 && vir::last_code() != VIR_ERR_NO_SECRET)
        return failed("virSecretUndefine");
    return {};
}

Result<std::vector<SecretSpec>> LibvirtHypervisor::secrets() {
    VTPMLAB_TRY(const auto daemon, connection());
    VTPMLAB_TRY(const auto texts, daemon->secrets());
    std::vector<SecretSpec> secrets;
    for (const auto& text : texts) {
        VTPMLAB_TRY(auto secret, xml::parse_secret(text));
        secrets.push_back(std::move(secret));
    }
    return secrets;
}

Result<SecretValue> LibvirtHypervisor::secret_value(const std::string& uuid) {
    VTPMLAB_TRY(const auto daemon, connection());
    return daemon->secret_value(uuid);
}

Status LibvirtHypervisor::define(const DomainSpec& spec) {
    VTPMLAB_TRY(const auto daemon, connection());
    const xml::DomainPlatform platform{config_.accelerator, machine_type};
    VTPMLAB_TRY(const auto domain, daemon->define_domain(xml::domain_xml(spec, platform)));
    return {};
}

Result<std::optional<LibvirtHypervisor::Found>> LibvirtHypervisor::find(const std::string& uuid) {
    VTPMLAB_TRY(auto daemon, connection());
    VTPMLAB_TRY(auto domain, daemon->find_domain(uuid));
    if (!domain)
        return std::optional<Found>();
    return std::optional<Found>(Found{std::move(daemon), std::move(*domain)});
}

Result<LibvirtHypervisor::Found> LibvirtHypervisor::domain(const std::string& uuid,
                                                           const char* call) {
    VTPMLAB_TRY(auto found, find(uuid));
    if (!found)
        return fail(ErrorKind::product, fmt::format("there is no domain {}", uuid),
                    fmt::format("{} on {}", call, config_.host));
    return std::move(*found);
}

Status LibvirtHypervisor::start(const std::string& uuid) {
    VTPMLAB_TRY(const auto found, domain(uuid, "virDomainCreate"));
    if (virDomainCreate(found.get()) < 0)
        return failed("virDomainCreate");
    return {};
}

Status LibvirtHypervisor::shutdown(const std::string& uuid) {
    VTPMLAB_TRY(const auto found, domain(uuid, "virDomainShutdown"));
    if (virDomainShutdown(found.get()) < 0)
        return failed("virDomainShutdown");
    return {};
}

Status LibvirtHypervisor::suspend(const std::string& uuid) {
    VTPMLAB_TRY(const auto found, domain(uuid, "virDomainSuspend"));
    if (virDomainSuspend(found.get()) < 0)
        return failed("virDomainSuspend");
    return {};
}

Status LibvirtHypervisor::resume(const std::string& uuid) {
    VTPMLAB_TRY(const auto found, domain(uuid, "virDomainResume"));
    if (virDomainResume(found.get()) < 0)
        return failed("virDomainResume");
    return {};
}

Status LibvirtHypervisor::managed_save(const std::string& uuid) {
    VTPMLAB_TRY(const auto found, domain(uuid, "virDomainManagedSave"));
    if (virDomainManagedSave(found.get(), 0) < 0)
        return failed("virDomainManagedSave");
    return {};
}

Status LibvirtHypervisor::destroy(const std::string& uuid) {
    VTPMLAB_TRY(const auto found, find(uuid));
    if (!found || virDomainDestroy(found->get()) == 0)
        return {};
    const int code = vir::last_code();
    // Not running, or gone since it was looked up: what was asked for is so.
    if (code == VIR_ERR_OPERATION_INVALID || code == VIR_ERR_NO_DOMAIN)
        return {};
    return failed("virDomainDestroy");
}

Status LibvirtHypervisor::undefine(const std::string& uuid, KeepTpm keep) {
    VTPMLAB_TRY(const auto found, find(uuid));
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
        return failed("virDomainUndefineFlags");
    return {};
}

Result<DomainInfo> LibvirtHypervisor::info(const std::string& uuid) {
    VTPMLAB_TRY(const auto found, domain(uuid, "virDomainGetState"));
    auto info = vir::info_of(found.get());
    if (!info)
        return failed("virDomainGetState");
    return std::move(*info);
}

Result<DomainState> LibvirtHypervisor::state(const std::string& uuid) {
    VTPMLAB_TRY(const DomainInfo found, info(uuid));
    return found.state;
}

Result<std::vector<DomainInfo>> LibvirtHypervisor::domains() {
    VTPMLAB_TRY(const auto daemon, connection());
    VTPMLAB_TRY(const auto handles, daemon->domains());
    std::vector<DomainInfo> domains;
    for (const auto& handle : handles) {
        auto info = vir::info_of(handle.get());
        if (info)
            domains.push_back(std::move(*info));
        else if (vir::last_code() != VIR_ERR_NO_DOMAIN) // undefined since it was listed
            return failed("virDomainGetState");
    }
    return domains;
}

Result<std::string> LibvirtHypervisor::domain_xml(const std::string& uuid) {
    VTPMLAB_TRY(const auto found, domain(uuid, "virDomainGetXMLDesc"));
    const vir::CString text(virDomainGetXMLDesc(found.get(), 0));
    if (!text)
        return failed("virDomainGetXMLDesc");
    return std::string(text.get());
}

Result<std::unique_ptr<EventSubscription>>
LibvirtHypervisor::subscribe(std::function<void(const DomainEvent&)> on_event) {
    auto subscription = events_->subscribe(std::move(on_event));
    VTPMLAB_CHECK(connection()); // without one no event would come
    return subscription;
}

Result<std::vector<TpmStateInfo>> LibvirtHypervisor::tpm_states() { return config_.tpm_states(); }

} // namespace vtpmlab
