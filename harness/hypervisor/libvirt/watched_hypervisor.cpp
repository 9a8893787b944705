#include "hypervisor/libvirt/watched_hypervisor.h"

#include <fmt/format.h>

#include <utility>

namespace vtpmlab {

Error hung_call_error(const HungCall& hung, const std::string& host) {
    Error error;
    error.message =
        fmt::format("libvirt on {} did not finish the {} within {:g} s, so the host was "
                    "powered off",
                    host, hung.call, static_cast<double>(hung.patience.count()) / 1000);
    error.hint = fmt::format("among the artefacts, {0}/libvirt/libvirtd.log and the logs of QEMU "
                             "and swtpm below {0} show how far it came",
                             host);
    return error;
}

template <typename Work>
auto WatchedHypervisor::watched(std::string what, Work work, std::chrono::milliseconds more)
    -> decltype(work()) {
    const auto begun = std::chrono::system_clock::now();
    const auto call = watch_.begin(what, more);
    auto result = work();
    log_.add(begun,
             std::chrono::duration_cast<std::chrono::milliseconds>(
                 std::chrono::system_clock::now() - begun),
             what, !result);
    if (!result)
        if (const auto hung = watch_.hung())
            return fail(hung_call_error(*hung, host_));
    return result;
}

Result<HypervisorCapabilities> WatchedHypervisor::capabilities() {
    return watched("question for its capabilities", [&] { return inner_.capabilities(); });
}
Status WatchedHypervisor::define_secret(const SecretSpec& spec, const SecretValue& value) {
    return watched("definition of secret " + spec.uuid,
                   [&] { return inner_.define_secret(spec, value); });
}
Status WatchedHypervisor::undefine_secret(const std::string& uuid) {
    return watched("removal of secret " + uuid, [&] { return inner_.undefine_secret(uuid); });
}
Result<std::vector<SecretSpec>> WatchedHypervisor::secrets() {
    return watched("list of secrets", [&] { return inner_.secrets(); });
}
Status WatchedHypervisor::define(const DomainSpec& spec) {
    return watched("definition of domain " + spec.uuid, [&] { return inner_.define(spec); });
}
Status WatchedHypervisor::start(const std::string& uuid) {
    return watched("start of domain " + uuid, [&] { return inner_.start(uuid); });
}
Status WatchedHypervisor::destroy(const std::string& uuid) {
    return watched("destruction of domain " + uuid, [&] { return inner_.destroy(uuid); });
}
Status WatchedHypervisor::undefine(const std::string& uuid, KeepTpm keep) {
    return watched("removal of domain " + uuid, [&] { return inner_.undefine(uuid, keep); });
}
Result<DomainState> WatchedHypervisor::state(const std::string& uuid) {
    return watched("question for the state of domain " + uuid, [&] { return inner_.state(uuid); });
}
Result<std::vector<DomainInfo>> WatchedHypervisor::domains() {
    return watched("list of domains", [&] { return inner_.domains(); });
}
Result<std::string> WatchedHypervisor::domain_xml(const std::string& uuid) {
    return watched("question for the XML of domain " + uuid,
                   [&] { return inner_.domain_xml(uuid); });
}
Result<SecretValue> WatchedHypervisor::secret_value(const std::string& uuid) {
    return watched("question for the value of secret " + uuid,
                   [&] { return inner_.secret_value(uuid); });
}
Status WatchedHypervisor::shutdown(const std::string& uuid) {
    return watched("shutdown of domain " + uuid, [&] { return inner_.shutdown(uuid); });
}
Status WatchedHypervisor::suspend(const std::string& uuid) {
    return watched("suspension of domain " + uuid, [&] { return inner_.suspend(uuid); });
}
Status WatchedHypervisor::resume(const std::string& uuid) {
    return watched("resumption of domain " + uuid, [&] { return inner_.resume(uuid); });
}
Status WatchedHypervisor::managed_save(const std::string& uuid) {
    return watched("managed save of domain " + uuid, [&] { return inner_.managed_save(uuid); });
}
Status WatchedHypervisor::migrate(const std::string& uuid, const Migration& migration) {
    return watched(
        "migration of domain " + uuid, [&] { return inner_.migrate(uuid, migration); },
        migration.completion_timeout);
}
Status WatchedHypervisor::abort_job(const std::string& uuid) {
    return watched("abortion of the job of domain " + uuid, [&] { return inner_.abort_job(uuid); });
}
Status WatchedHypervisor::copy_disk(const std::string& uuid, const std::filesystem::path& to) {
    return watched("copy of the disk of domain " + uuid,
                   [&] { return inner_.copy_disk(uuid, to); });
}
Result<DomainInfo> WatchedHypervisor::info(const std::string& uuid) {
    return watched("question for domain " + uuid, [&] { return inner_.info(uuid); });
}
Result<std::unique_ptr<EventSubscription>>
WatchedHypervisor::subscribe(std::function<void(const DomainEvent&)> on_event) {
    return watched("subscription to events", [&] { return inner_.subscribe(std::move(on_event)); });
}
Result<std::vector<TpmStateInfo>> WatchedHypervisor::tpm_states() {
    return watched("list of TPM states", [&] { return inner_.tpm_states(); });
}

} // namespace vtpmlab
