// The model's power, daemon and faults.

#include "hypervisor/model/model_errors.h"
#include "hypervisor/model/model_session.h"

namespace vtpmlab::model {

Status ModelHypervisor::check_on(const char* call) const {
    if (is_on_)
        return {};
    return fail(ErrorKind::lab, "libvirtd cannot be reached: the host is off",
                fmt::format("{} on {}", call, config_.hostname), "turn the host on first");
}

// Nobody is left to tell of it: no events.
Status ModelHypervisor::power_off() {
    const std::lock_guard lock(mutex_);
    is_on_ = false;
    forget_secrets();
    std::erase_if(domains_, [](const auto& entry) { return !entry.second.is_persistent; });
    for (auto& [uuid, domain] : domains_) {
        domain.state = DomainState::shut_off;
        domain.reason = "unknown";
        domain.tpm_memory = {};
        domain.tpm_answers = true;
    }
    return {};
}

Status ModelHypervisor::boot() {
    const std::lock_guard lock(mutex_);
    is_on_ = true;
    return {};
}

Status ModelHypervisor::restart_libvirtd() {
    const std::lock_guard lock(mutex_);
    VTPMLAB_CHECK(check_on("restarting libvirtd"));
    forget_secrets();
    return {};
}

Status ModelHypervisor::kill_qemu(const std::string& uuid) {
    Session session(*this);
    VTPMLAB_TRY(const Domain* domain, find_active(uuid, "killing QEMU"));
    static_cast<void>(domain);
    stop(session, uuid, "failed", "crashed");
    return {};
}

Status ModelHypervisor::kill_swtpm(const std::string& uuid) {
    const std::lock_guard lock(mutex_);
    VTPMLAB_TRY(Domain* const domain, find_active(uuid, "killing swtpm"));
    if (!domain->spec.tpm)
        return fail(ErrorKind::scenario, fmt::format("the domain {} has no swtpm to kill", uuid),
                    {}, "give its flavor or its image a TPM");
    domain->tpm_answers = false;
    return {};
}

Status ModelHypervisor::lose_secret_files() {
    const std::lock_guard lock(mutex_);
    for (auto& [uuid, secret] : secrets_)
        secret.has_file = false;
    return {};
}

Status ModelHypervisor::break_with(HostFault fault) {
    const std::lock_guard lock(mutex_);
    const bool needs_empty = fault == HostFault::swtpm_root_is_a_file ||
                             fault == HostFault::swtpm_root_is_absent ||
                             fault == HostFault::swtpm_disk_is_full;
    if (needs_empty && !faults_.contains(fault) && !tpm_states_.empty())
        return fail(ErrorKind::scenario,
                    fmt::format("{} has TPM state in its swtpm directory", config_.hostname), {},
                    "break it before the first server with a TPM comes");
    faults_.insert(fault);
    return {};
}

Status ModelHypervisor::mend(HostFault fault) {
    const std::lock_guard lock(mutex_);
    faults_.erase(fault);
    return {};
}

} // namespace vtpmlab::model
