#pragma once
// The Hypervisor that is real: one host's libvirt daemon, with QEMU and swtpm behind it.

#include "core/event_hub.h"
#include "hypervisor/libvirt/connection.h"

#include <vtpmlab/hypervisor.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace vtpmlab {

struct LibvirtHypervisorConfig {
    std::filesystem::path socket;    // of the daemon, under 108 bytes
    bool is_session = false;         // an ordinary user's own daemon
    std::string host;                // for messages
    std::string accelerator = "tcg"; // what guests can use here
    // Looks into the host's swtpm directories; the host gives it, for it knows who may.
    std::function<Result<std::vector<TpmStateInfo>>()> tpm_states;
};

class LibvirtHypervisor final : public Hypervisor {
public:
    // Nothing is connected yet; each call connects when it has to.
    explicit LibvirtHypervisor(LibvirtHypervisorConfig config);

    // To the daemon that is there now; events come from here on.
    [[nodiscard]] Status connect();
    // False from the moment the daemon it was connected to is known to be gone.
    [[nodiscard]] bool is_connected();

    [[nodiscard]] Result<HypervisorCapabilities> capabilities() override;
    [[nodiscard]] std::string uri() const override;
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
    // A domain, and the connection it needs as long as it is used.
    struct Found {
        std::shared_ptr<const vir::Connection> connection;
        vir::DomainHandle domain;

        [[nodiscard]] virDomainPtr get() const { return domain.get(); }
    };
    // Connects when the last connection is dead.
    [[nodiscard]] Result<std::shared_ptr<const vir::Connection>> connection();
    [[nodiscard]] Result<std::shared_ptr<const vir::Connection>> reconnect();
    [[nodiscard]] Result<std::optional<Found>> find(const std::string& uuid);
    // An error when there is none.
    [[nodiscard]] Result<Found> domain(const std::string& uuid, const char* call);
    [[nodiscard]] tl::unexpected<Error> failed(const char* call) const;

    const LibvirtHypervisorConfig config_;
    const std::shared_ptr<EventHub> events_;
    std::mutex mutex_;
    std::shared_ptr<const vir::Connection> connection_;
};

} // namespace vtpmlab
