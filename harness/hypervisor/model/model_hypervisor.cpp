#include "hypervisor/model/model_hypervisor.h"

#include "hypervisor/model/model_errors.h"
#include "hypervisor/model/model_network.h"
#include "hypervisor/model/model_session.h"
#include "xml/domain_xml.h"

#include <vtpmlab/encoding.h>

#include <algorithm>

namespace vtpmlab::model {

ModelHypervisor::ModelHypervisor(ModelConfig config)
    : config_(std::move(config)), host_uuid_(random_uuid()), uri_("model:///" + host_uuid_),
      events_(EventHub::create()) {
    ModelNetwork::shared().join(*this);
}

ModelHypervisor::~ModelHypervisor() { ModelNetwork::shared().leave(*this); }

Result<HypervisorCapabilities> ModelHypervisor::capabilities() {
    const std::lock_guard lock(mutex_);
    VTPMLAB_CHECK(check_on("virConnectGetCapabilities"));
    HypervisorCapabilities capabilities;
    capabilities.hostname = config_.hostname;
    capabilities.host_uuid = host_uuid_;
    capabilities.libvirt_version = "model";
    capabilities.qemu_version = "model";
    capabilities.accelerator = "model";
    capabilities.machine = "pc";
    capabilities.supports_emulated_tpm = config_.supports_emulated_tpm;
    if (config_.supports_emulated_tpm) {
        capabilities.tpm_models = config_.tpm_models;
        capabilities.tpm_versions = config_.tpm_versions;
    }
    capabilities.may_keep_tpm_on_undefine = config_.may_keep_tpm_on_undefine;
    return capabilities;
}

Status ModelHypervisor::check_tpm(const TpmDevice& device) const {
    if (device.version == TpmVersion::v1_2 && device.model == TpmModel::crb)
        return refuse(config_unsupported,
                      "unsupported configuration: Unsupported interface 'tpm-crb' for TPM 1.2",
                      "virDomainDefineXML", config_.hostname);
    if (!config_.supports_emulated_tpm || !config_.tpm_models.contains(device.model))
        return refuse(config_unsupported,
                      fmt::format("unsupported configuration: The QEMU executable "
                                  "/usr/bin/qemu-system-x86_64 does not support TPM model {}",
                                  to_string(device.model)),
                      "virDomainDefineXML", config_.hostname);
    return {};
}

Status ModelHypervisor::define(const DomainSpec& spec) {
    const std::lock_guard lock(mutex_);
    VTPMLAB_CHECK(check_on("virDomainDefineXML"));
    if (spec.tpm)
        VTPMLAB_CHECK(check_tpm(spec.tpm->device));
    for (const auto& [uuid, domain] : domains_)
        if (uuid != spec.uuid && domain.spec.name == spec.name)
            return refuse(operation_failed,
                          fmt::format("operation failed: domain '{}' already exists with uuid {}",
                                      spec.name, uuid),
                          "virDomainDefineXML", config_.hostname);
    Domain& domain = domains_[spec.uuid];
    domain.spec = spec;
    domain.is_persistent = true;
    return {};
}

Result<ModelHypervisor::Domain*> ModelHypervisor::find_active(const std::string& uuid,
                                                              const char* call) {
    VTPMLAB_CHECK(check_on(call));
    const auto found = domains_.find(uuid);
    if (found == domains_.end())
        return no_domain(uuid, call, config_.hostname);
    if (found->second.state != DomainState::running && found->second.state != DomainState::paused)
        return refuse(operation_invalid, "Requested operation is not valid: domain is not running",
                      call, config_.hostname);
    return &found->second;
}

Result<const ModelHypervisor::Secret*> ModelHypervisor::secret_of(const DomainTpm& tpm,
                                                                  const char* call) const {
    const auto secret = secrets_.find(tpm.secret_uuid);
    if (secret == secrets_.end())
        return refuse(
            no_secret,
            fmt::format("Secret not found: no secret with matching uuid '{}'", tpm.secret_uuid),
            call, config_.hostname);
    return &secret->second;
}

// swtpm_setup at the first start, then swtpm with the key.
// spec: nova-vtpm §4.5
Status ModelHypervisor::open_tpm(const Domain& domain) {
    if (!domain.spec.tpm)
        return {};
    constexpr const char* call = "virDomainCreate";
    const auto& tpm = *domain.spec.tpm;
    VTPMLAB_TRY(const Secret* const secret, secret_of(tpm, call));
    if (!config_.tpm_versions.contains(tpm.device.version))
        return refuse(config_unsupported,
                      fmt::format("unsupported configuration: TPM version '{}' is not supported",
                                  to_string(tpm.device.version)),
                      call, config_.hostname);
    if (!config_.has_swtpm)
        return refuse(config_unsupported,
                      "unsupported configuration: Unable to find 'swtpm' binary in $PATH", call,
                      config_.hostname);
    const auto state = tpm_states_.find(domain.spec.uuid);
    if (state == tpm_states_.end() || state->second.tpm.version != tpm.device.version) {
        if (faults_.contains(HostFault::swtpm_setup_fails) ||
            faults_.contains(HostFault::swtpm_root_is_a_file) ||
            faults_.contains(HostFault::swtpm_disk_is_full))
            return refuse(internal_error,
                          fmt::format("internal error: Could not run '/usr/bin/swtpm_setup'. "
                                      "exitstatus: 1; Check error log "
                                      "'/var/log/swtpm/libvirt/qemu/{}-swtpm.log' for details.",
                                      domain.spec.name),
                          call, config_.hostname);
        tpm_states_.insert_or_assign(
            domain.spec.uuid,
            TpmState{make_tpm(tpm.device.version, secret->value), config_.swtpm_user});
        return {};
    }
    // libvirt gives it to its own user at each start, whoever moved it in.
    state->second.owner = config_.swtpm_user;
    if (!opens_with(state->second.tpm, secret->value))
        return refuse(internal_error,
                      "internal error: qemu unexpectedly closed the monitor: tpm-emulator: TPM "
                      "result for CMD_INIT: 0x101 operation failed",
                      call, config_.hostname);
    return {};
}

Status ModelHypervisor::start(const std::string& uuid) {
    Session session(*this);
    constexpr const char* call = "virDomainCreate";
    VTPMLAB_CHECK(check_on(call));
    const auto found = domains_.find(uuid);
    if (found == domains_.end())
        return no_domain(uuid, call, config_.hostname);
    Domain& domain = found->second;
    if (domain.state == DomainState::running || domain.state == DomainState::paused)
        return refuse(operation_invalid,
                      "Requested operation is not valid: domain is already running", call,
                      config_.hostname);
    VTPMLAB_CHECK(open_tpm(domain));
    const bool restores = domain.managed_save.has_value();
    domain.tpm_memory = restores ? *domain.managed_save : VolatileTpm{};
    domain.managed_save.reset();
    domain.tpm_answers = true;
    domain.state = DomainState::running;
    domain.reason = restores ? "restored" : "booted";
    if (domain.spec.tpm && !restores)
        ++tpm_states_.at(uuid).tpm.boots;
    session.happened(uuid, DomainEvent::Kind::started, domain.reason);
    return {};
}

// The end of a running domain; one that is not persistent goes, with its TPM.
void ModelHypervisor::stop(Session& session, const std::string& uuid, const std::string& detail,
                           const std::string& reason) {
    const auto found = domains_.find(uuid);
    Domain& domain = found->second;
    domain.state = DomainState::shut_off;
    domain.reason = reason;
    domain.tpm_memory = {};
    domain.tpm_answers = true;
    session.happened(uuid, DomainEvent::Kind::stopped, detail);
    if (!domain.is_persistent) {
        domains_.erase(found);
        tpm_states_.erase(uuid);
    }
}

Status ModelHypervisor::shutdown(const std::string& uuid) {
    Session session(*this);
    VTPMLAB_TRY(const Domain* const domain, find_active(uuid, "virDomainShutdown"));
    if (domain->state == DomainState::running && config_.guests_obey_acpi)
        stop(session, uuid, "shutdown", "shutdown");
    return {};
}

Status ModelHypervisor::suspend(const std::string& uuid) {
    Session session(*this);
    VTPMLAB_TRY(Domain* const domain, find_active(uuid, "virDomainSuspend"));
    if (domain->state == DomainState::paused)
        return {};
    domain->state = DomainState::paused;
    domain->reason = "user";
    session.happened(uuid, DomainEvent::Kind::suspended, "paused");
    return {};
}

Status ModelHypervisor::resume(const std::string& uuid) {
    Session session(*this);
    VTPMLAB_TRY(Domain* const domain, find_active(uuid, "virDomainResume"));
    if (domain->state == DomainState::running)
        return {};
    domain->state = DomainState::running;
    domain->reason = "unpaused";
    session.happened(uuid, DomainEvent::Kind::resumed, "unpaused");
    return {};
}

Status ModelHypervisor::managed_save(const std::string& uuid) {
    Session session(*this);
    VTPMLAB_TRY(Domain* const domain, find_active(uuid, "virDomainManagedSave"));
    if (!domain->is_persistent)
        return refuse(operation_invalid,
                      "Requested operation is not valid: cannot do managed save for transient "
                      "domain",
                      "virDomainManagedSave", config_.hostname);
    domain->managed_save = domain->tpm_memory;
    stop(session, uuid, "saved", "saved");
    return {};
}

Status ModelHypervisor::destroy(const std::string& uuid) {
    Session session(*this);
    VTPMLAB_CHECK(check_on("virDomainDestroy"));
    const auto found = domains_.find(uuid);
    if (found == domains_.end() || found->second.state == DomainState::shut_off)
        return {};
    stop(session, uuid, "destroyed", "destroyed");
    return {};
}

Status ModelHypervisor::undefine(const std::string& uuid, KeepTpm keep) {
    const std::lock_guard lock(mutex_);
    VTPMLAB_CHECK(check_on("virDomainUndefineFlags"));
    const auto found = domains_.find(uuid);
    // Without a domain the state stays (spec: nova-vtpm §LIF-DEL-12).
    if (found == domains_.end())
        return {};
    found->second.managed_save.reset();
    if (found->second.state != DomainState::shut_off) {
        found->second.is_persistent = false;
        return {};
    }
    domains_.erase(found);
    if (keep == KeepTpm::no || !config_.may_keep_tpm_on_undefine)
        tpm_states_.erase(uuid);
    return {};
}

DomainInfo ModelHypervisor::info_of(const std::string& uuid, const Domain& domain) const {
    DomainInfo info;
    info.uuid = uuid;
    info.name = domain.spec.name;
    info.state = domain.state;
    info.reason = domain.reason;
    info.is_persistent = domain.is_persistent;
    info.has_managed_save = domain.managed_save.has_value();
    return info;
}

Result<DomainInfo> ModelHypervisor::info(const std::string& uuid) {
    const std::lock_guard lock(mutex_);
    VTPMLAB_CHECK(check_on("virDomainGetState"));
    const auto found = domains_.find(uuid);
    if (found == domains_.end())
        return no_domain(uuid, "virDomainGetState", config_.hostname);
    return info_of(uuid, found->second);
}

Result<DomainState> ModelHypervisor::state(const std::string& uuid) {
    VTPMLAB_TRY(const DomainInfo found, info(uuid));
    return found.state;
}

Result<std::vector<DomainInfo>> ModelHypervisor::domains() {
    const std::lock_guard lock(mutex_);
    VTPMLAB_CHECK(check_on("virConnectListAllDomains"));
    std::vector<DomainInfo> all;
    for (const auto& [uuid, domain] : domains_)
        all.push_back(info_of(uuid, domain));
    return all;
}

Result<std::string> ModelHypervisor::domain_xml(const std::string& uuid) {
    const std::lock_guard lock(mutex_);
    VTPMLAB_CHECK(check_on("virDomainGetXMLDesc"));
    const auto found = domains_.find(uuid);
    if (found == domains_.end())
        return no_domain(uuid, "virDomainGetXMLDesc", config_.hostname);
    return xml::domain_xml(found->second.spec, {"tcg", "pc"});
}

Result<std::unique_ptr<EventSubscription>>
ModelHypervisor::subscribe(std::function<void(const DomainEvent&)> on_event) {
    return events_->subscribe(std::move(on_event));
}

} // namespace vtpmlab::model
