#include "hypervisor/model/model_hypervisor.h"

#include "xml/domain_xml.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>

namespace vtpmlab::model {
namespace {

// libvirt's names and numbers (virterror.h); the texts before them are what the real one says.
constexpr std::string_view internal_error = "VIR_ERR_INTERNAL_ERROR, 1";
constexpr std::string_view operation_failed = "VIR_ERR_OPERATION_FAILED, 9";
constexpr std::string_view operation_invalid = "VIR_ERR_OPERATION_INVALID, 55";
constexpr std::string_view no_secret = "VIR_ERR_NO_SECRET, 66";
constexpr std::string_view config_unsupported = "VIR_ERR_CONFIG_UNSUPPORTED, 67";

tl::unexpected<Error> refuse(std::string_view code, const std::string& text,
                             const std::string& call, const std::string& host) {
    return fail(ErrorKind::product, fmt::format("{} ({})", text, code),
                fmt::format("{} on {}", call, host));
}

tl::unexpected<Error> no_domain(const std::string& uuid, const std::string& call,
                                const std::string& host) {
    return fail(ErrorKind::product, fmt::format("there is no domain {}", uuid),
                fmt::format("{} on {}", call, host));
}

} // namespace

ModelHypervisor::ModelHypervisor(ModelConfig config)
    : config_(std::move(config)), host_uuid_(random_uuid()) {}

ModelHypervisor::~ModelHypervisor() = default;

Result<HypervisorCapabilities> ModelHypervisor::capabilities() {
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

// spec: nova-vtpm §4.3
Status ModelHypervisor::define_secret(const SecretSpec& spec, const SecretValue& value) {
    const std::lock_guard lock(mutex_);
    for (const auto& [uuid, secret] : secrets_)
        if (uuid != spec.uuid && secret.spec.usage_name == spec.usage_name)
            return refuse(internal_error,
                          fmt::format("internal error: a secret with UUID {} already defined for "
                                      "use with {}",
                                      uuid, spec.usage_name),
                          "virSecretDefineXML", config_.hostname);
    if (const auto found = secrets_.find(spec.uuid); found != secrets_.end()) {
        if (found->second.spec.usage_name != spec.usage_name)
            return refuse(internal_error,
                          fmt::format("internal error: a secret with UUID {} is already defined "
                                      "for use with {}",
                                      spec.uuid, found->second.spec.usage_name),
                          "virSecretDefineXML", config_.hostname);
        if (found->second.spec.is_private && !spec.is_private)
            return refuse(internal_error,
                          "internal error: cannot change private flag on existing secret",
                          "virSecretDefineXML", config_.hostname);
    }
    secrets_.insert_or_assign(spec.uuid, Secret{spec, value.clone()});
    return {};
}

Status ModelHypervisor::undefine_secret(const std::string& uuid) {
    const std::lock_guard lock(mutex_);
    secrets_.erase(uuid);
    return {};
}

Result<std::vector<SecretSpec>> ModelHypervisor::secrets() {
    const std::lock_guard lock(mutex_);
    std::vector<SecretSpec> specs;
    for (const auto& [uuid, secret] : secrets_)
        specs.push_back(secret.spec);
    return specs;
}

Status ModelHypervisor::check_tpm(const TpmDevice& device) const {
    if (device.version == TpmVersion::v1_2 && device.model == TpmModel::crb)
        return refuse(config_unsupported,
                      "unsupported configuration: Unsupported interface 'tpm-crb' for TPM 1.2",
                      "virDomainDefineXML", config_.hostname);
    if (!config_.supports_emulated_tpm || !config_.tpm_models.contains(device.model))
        return refuse(config_unsupported,
                      fmt::format("unsupported configuration: The QEMU executable does not support "
                                  "TPM model {}",
                                  to_string(device.model)),
                      "virDomainDefineXML", config_.hostname);
    return {};
}

Status ModelHypervisor::define(const DomainSpec& spec) {
    const std::lock_guard lock(mutex_);
    if (spec.tpm)
        VTPMLAB_CHECK(check_tpm(spec.tpm->device));
    for (const auto& [uuid, domain] : domains_)
        if (uuid != spec.uuid && domain.spec.name == spec.name)
            return refuse(operation_failed,
                          fmt::format("operation failed: domain '{}' already exists with uuid {}",
                                      spec.name, uuid),
                          "virDomainDefineXML", config_.hostname);
    domains_[spec.uuid].spec = spec;
    return {};
}

// swtpm_setup at the first start, then swtpm with the key.
// spec: nova-vtpm §4.5
Status ModelHypervisor::open_tpm(const Domain& domain) {
    if (!domain.spec.tpm)
        return {};
    const auto& tpm = *domain.spec.tpm;
    const auto secret = secrets_.find(tpm.secret_uuid);
    if (secret == secrets_.end())
        return refuse(
            no_secret,
            fmt::format("Secret not found: no secret with matching uuid '{}'", tpm.secret_uuid),
            "virDomainCreate", config_.hostname);
    if (!config_.tpm_versions.contains(tpm.device.version))
        return refuse(config_unsupported,
                      fmt::format("unsupported configuration: TPM version '{}' is not supported",
                                  to_string(tpm.device.version)),
                      "virDomainCreate", config_.hostname);
    const auto state = tpm_states_.find(domain.spec.uuid);
    if (state == tpm_states_.end() || state->second.version != tpm.device.version) {
        tpm_states_.insert_or_assign(
            domain.spec.uuid,
            TpmState{tpm.device.version, secret->second.value.clone(), random_uuid()});
        return {};
    }
    if (!(state->second.passphrase == secret->second.value))
        return refuse(internal_error,
                      "internal error: qemu unexpectedly closed the monitor: tpm-emulator: TPM "
                      "result for CMD_INIT: 0x101 operation failed",
                      "virDomainCreate", config_.hostname);
    return {};
}

Status ModelHypervisor::start(const std::string& uuid) {
    const std::lock_guard lock(mutex_);
    const auto found = domains_.find(uuid);
    if (found == domains_.end())
        return no_domain(uuid, "virDomainCreate", config_.hostname);
    if (found->second.state == DomainState::running)
        return refuse(operation_invalid,
                      "Requested operation is not valid: domain is already running",
                      "virDomainCreate", config_.hostname);
    VTPMLAB_CHECK(open_tpm(found->second));
    found->second.state = DomainState::running;
    return {};
}

Status ModelHypervisor::destroy(const std::string& uuid) {
    const std::lock_guard lock(mutex_);
    if (const auto found = domains_.find(uuid); found != domains_.end())
        found->second.state = DomainState::shut_off;
    return {};
}

Status ModelHypervisor::undefine(const std::string& uuid, KeepTpm keep) {
    const std::lock_guard lock(mutex_);
    // libvirt takes the state away with the domain; without a domain it stays (spec: nova-vtpm
    // §LIF-DEL-12).
    const bool was_defined = domains_.erase(uuid) > 0;
    const bool keeps = keep == KeepTpm::yes && config_.may_keep_tpm_on_undefine;
    if (was_defined && !keeps)
        tpm_states_.erase(uuid);
    return {};
}

Result<DomainState> ModelHypervisor::state(const std::string& uuid) {
    const std::lock_guard lock(mutex_);
    const auto found = domains_.find(uuid);
    if (found == domains_.end())
        return no_domain(uuid, "virDomainGetState", config_.hostname);
    return found->second.state;
}

Result<std::vector<DomainInfo>> ModelHypervisor::domains() {
    const std::lock_guard lock(mutex_);
    std::vector<DomainInfo> all;
    for (const auto& [uuid, domain] : domains_)
        all.push_back({uuid, domain.spec.name, domain.state});
    return all;
}

Result<std::string> ModelHypervisor::domain_xml(const std::string& uuid) {
    const std::lock_guard lock(mutex_);
    const auto found = domains_.find(uuid);
    if (found == domains_.end())
        return no_domain(uuid, "virDomainGetXMLDesc", config_.hostname);
    return xml::domain_xml(found->second.spec, {"tcg", "pc"});
}

std::filesystem::path ModelHypervisor::state_directory(const std::string& uuid) const {
    return std::filesystem::path("model") / config_.hostname / "swtpm" / uuid;
}

Result<std::vector<TpmStateInfo>> ModelHypervisor::tpm_states() {
    const std::lock_guard lock(mutex_);
    std::vector<TpmStateInfo> all;
    for (const auto& [uuid, state] : tpm_states_) {
        TpmStateInfo info;
        info.directory = state_directory(uuid);
        info.owner = config_.swtpm_user;
        info.mode = 0700;
        info.version = state.version;
        info.is_encrypted = true;
        // Measured: what the real swtpm writes for a fresh TPM.
        info.size_bytes = state.version == TpmVersion::v1_2 ? 3836 : 6236;
        all.push_back(std::move(info));
    }
    return all;
}

} // namespace vtpmlab::model
