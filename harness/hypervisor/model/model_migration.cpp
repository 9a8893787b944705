// Live migration and disk copies between model hosts: at once, and whole or not at all.

#include "core/files.h"
#include "hypervisor/model/model_errors.h"
#include "hypervisor/model/model_network.h"
#include "hypervisor/model/model_session.h"

namespace vtpmlab::model {
namespace {

Status copy_over(const std::filesystem::path& from, const std::filesystem::path& to) {
    std::error_code code;
    std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing, code);
    if (code)
        return fail(ErrorKind::lab, "cannot copy the disk: " + code.message(), to.string());
    return {};
}

} // namespace

ModelNetwork& ModelNetwork::shared() {
    static ModelNetwork network;
    return network;
}

void ModelNetwork::join(ModelHypervisor& host) {
    const std::lock_guard lock(mutex_);
    hosts_[host.uri()] = &host;
}

void ModelNetwork::leave(ModelHypervisor& host) {
    const std::lock_guard lock(mutex_);
    hosts_.erase(host.uri());
}

// spec: nova-vtpm §LIF-LM-8
Status ModelHypervisor::migrate(const std::string& uuid, const Migration& migration) {
    constexpr const char* call = "virDomainMigrateToURI3";
    return ModelNetwork::shared().with(migration.destination, [&](ModelHypervisor* to) -> Status {
        if (to == this)
            return refuse(internal_error,
                          "internal error: Attempt to migrate guest to the same host " + host_uuid_,
                          call, config_.hostname);
        std::unique_lock here(mutex_, std::defer_lock);
        std::unique_lock<std::mutex> there;
        if (to == nullptr) {
            here.lock();
        } else {
            there = std::unique_lock(to->mutex_, std::defer_lock);
            std::lock(here, there);
        }
        Session source(*this, std::move(here));
        VTPMLAB_TRY(Domain* const domain, find_active(uuid, call));
        if (to == nullptr || !to->is_on_)
            return refuse(system_error,
                          fmt::format("Failed to connect socket to '{}': Connection refused",
                                      migration.destination),
                          call, config_.hostname);
        Session destination(*to, std::move(there));
        if (const auto found = to->domains_.find(uuid);
            found != to->domains_.end() && found->second.state != DomainState::shut_off)
            return refuse(operation_invalid,
                          fmt::format("Requested operation is not valid: domain '{}' is already "
                                      "active",
                                      domain->spec.name),
                          call, config_.hostname);
        std::optional<TpmState> tpm;
        if (domain->spec.tpm) {
            VTPMLAB_CHECK(to->check_tpm(domain->spec.tpm->device));
            VTPMLAB_TRY(const Secret* const secret, to->secret_of(*domain->spec.tpm, call));
            const TpmState& state = tpm_states_.at(uuid);
            if (!domain->tpm_answers)
                return refuse(operation_failed, "operation failed: model: the swtpm is dead", call,
                              config_.hostname);
            if (!opens_with(state.tpm, secret->value))
                return refuse(internal_error,
                              "internal error: qemu unexpectedly closed the monitor: "
                              "tpm-emulator: Setting the stateblob (type 1) failed with a TPM "
                              "error 0x21 decryption error",
                              call, config_.hostname);
            if (to->faults_.contains(HostFault::swtpm_disk_is_full))
                return refuse(internal_error,
                              "internal error: qemu unexpectedly closed the monitor: "
                              "tpm-emulator: Setting the stateblob (type 1) failed with a TPM "
                              "error 0x9 operation failed",
                              call, config_.hostname);
            tpm = TpmState{state.tpm, to->config_.swtpm_user};
        }

        if (migration.copies_disk && domain->spec.disk && migration.domain.disk)
            VTPMLAB_CHECK(copy_over(*domain->spec.disk, *migration.domain.disk));

        Domain arrived;
        arrived.spec = migration.domain;
        arrived.state = domain->state;
        arrived.reason = domain->state == DomainState::running ? "migrated" : domain->reason;
        arrived.tpm_memory = domain->tpm_memory;
        to->domains_.insert_or_assign(uuid, std::move(arrived));
        destination.happened(uuid, DomainEvent::Kind::started, "migrated");
        destination.happened(uuid, DomainEvent::Kind::resumed, "migrated");
        if (tpm)
            to->tpm_states_.insert_or_assign(uuid, std::move(*tpm));
        domains_.erase(uuid);
        tpm_states_.erase(uuid);
        source.happened(uuid, DomainEvent::Kind::suspended, "migrated");
        source.happened(uuid, DomainEvent::Kind::stopped, "migrated");
        return {};
    });
}

Status ModelHypervisor::abort_job(const std::string& uuid) {
    const std::lock_guard lock(mutex_);
    VTPMLAB_CHECK(check_on("virDomainAbortJob"));
    if (!domains_.contains(uuid))
        return no_domain(uuid, "virDomainAbortJob", config_.hostname);
    return {};
}

Status ModelHypervisor::copy_disk(const std::string& uuid, const std::filesystem::path& to) {
    const std::lock_guard lock(mutex_);
    constexpr const char* call = "virDomainBlockCopy";
    VTPMLAB_TRY(const Domain* const domain, find_active(uuid, call));
    if (domain->is_persistent)
        return refuse(operation_invalid,
                      "Requested operation is not valid: domain is not transient", call,
                      config_.hostname);
    if (!domain->spec.disk)
        return refuse("VIR_ERR_INVALID_ARG, 8", "invalid argument: disk 'vda' not found in domain",
                      call, config_.hostname);
    VTPMLAB_CHECK(make_directories(to.parent_path()));
    std::error_code code;
    std::filesystem::copy_file(*domain->spec.disk, to,
                               std::filesystem::copy_options::overwrite_existing, code);
    if (code)
        return refuse(system_error, "cannot copy the disk: " + code.message(), call,
                      config_.hostname);
    return {};
}

std::optional<ModelHypervisor::GuestTpm> ModelHypervisor::guest_tpm(const std::string& uuid) {
    const std::lock_guard lock(mutex_);
    if (!tpm_answers(uuid))
        return std::nullopt;
    return GuestTpm{tpm_states_.at(uuid).tpm, domains_.at(uuid).tpm_memory};
}

bool ModelHypervisor::write_guest_tpm(const std::string& uuid,
                                      const std::map<std::string, std::string>& nv,
                                      const VolatileTpm& memory) {
    const std::lock_guard lock(mutex_);
    if (!tpm_answers(uuid))
        return false;
    tpm_states_.at(uuid).tpm.nv = nv;
    domains_.at(uuid).tpm_memory = memory;
    return true;
}

Result<std::optional<std::filesystem::path>> ModelHypervisor::guest_disk(const std::string& uuid) {
    const std::lock_guard lock(mutex_);
    VTPMLAB_TRY(const Domain* const domain, find_active(uuid, "a look at the disk"));
    return domain->spec.disk;
}

Status ModelHypervisor::reboot_guest(const std::string& uuid) {
    const std::lock_guard lock(mutex_);
    VTPMLAB_TRY(Domain* const domain, find_active(uuid, "a reboot in the guest"));
    domain->tpm_memory = {};
    if (domain->spec.tpm)
        ++tpm_states_.at(uuid).tpm.boots;
    return {};
}

bool ModelHypervisor::tpm_answers(const std::string& uuid) const {
    const auto found = domains_.find(uuid);
    return is_on_ && found != domains_.end() && found->second.state == DomainState::running &&
           found->second.spec.tpm && found->second.tpm_answers && tpm_states_.contains(uuid);
}

} // namespace vtpmlab::model
