#pragma once
// A Hypervisor whose every call is watched, and written down with its time. A call that fails after
// one of them has hung fails with that: what libvirt says once its host is off says nothing.

#include "hypervisor/libvirt/call_log.h"
#include "hypervisor/libvirt/call_watch.h"

#include <vtpmlab/hypervisor.h>

#include <functional>
#include <memory>
#include <string>

namespace vtpmlab {

// What a hung call on `host` means to people; kind lab.
[[nodiscard]] Error hung_call_error(const HungCall& hung, const std::string& host);

class WatchedHypervisor final : public Hypervisor {
public:
    // Both outlive this.
    WatchedHypervisor(Hypervisor& inner, CallWatch& watch, std::string host,
                      std::filesystem::path call_log)
        : inner_(inner), watch_(watch), host_(std::move(host)), log_(std::move(call_log)) {}

    [[nodiscard]] Result<HypervisorCapabilities> capabilities() override;
    [[nodiscard]] std::string uri() const override { return inner_.uri(); }
    [[nodiscard]] Status define_secret(const SecretSpec& spec, const SecretValue& value) override;
    [[nodiscard]] Status undefine_secret(const std::string& uuid) override;
    [[nodiscard]] Result<std::vector<SecretSpec>> secrets() override;
    [[nodiscard]] Result<SecretValue> secret_value(const std::string& uuid) override;
    [[nodiscard]] Status define(const DomainSpec& spec) override;
    [[nodiscard]] Status start(const std::string& uuid) override;
    [[nodiscard]] Status shutdown(const std::string& uuid) override;
    [[nodiscard]] Status suspend(const std::string& uuid) override;
    [[nodiscard]] Status resume(const std::string& uuid) override;
    [[nodiscard]] Status managed_save(const std::string& uuid) override;
    [[nodiscard]] Status destroy(const std::string& uuid) override;
    [[nodiscard]] Status undefine(const std::string& uuid, KeepTpm keep) override;
    [[nodiscard]] Status migrate(const std::string& uuid, const Migration& migration) override;
    [[nodiscard]] Status abort_job(const std::string& uuid) override;
    [[nodiscard]] Status copy_disk(const std::string& uuid,
                                   const std::filesystem::path& to) override;
    [[nodiscard]] Result<DomainInfo> info(const std::string& uuid) override;
    [[nodiscard]] Result<DomainState> state(const std::string& uuid) override;
    [[nodiscard]] Result<std::vector<DomainInfo>> domains() override;
    [[nodiscard]] Result<std::string> domain_xml(const std::string& uuid) override;
    [[nodiscard]] Result<std::unique_ptr<EventSubscription>>
    subscribe(std::function<void(const DomainEvent&)> on_event) override;
    [[nodiscard]] Result<std::vector<TpmStateInfo>> tpm_states() override;

private:
    template <typename Work>
    [[nodiscard]] auto watched(std::string what, Work work, std::chrono::milliseconds more = {})
        -> decltype(work());

    Hypervisor& inner_;
    CallWatch& watch_;
    std::string host_;
    CallLog log_;
};

} // namespace vtpmlab
