#pragma once
// The Hypervisor that is real: one host's libvirt daemon, with QEMU and swtpm behind it.

#include "hypervisor/libvirt/connection.h"

#include <vtpmlab/hypervisor.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

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
    [[nodiscard]] static Result<std::unique_ptr<LibvirtHypervisor>>
    connect(LibvirtHypervisorConfig config);

    [[nodiscard]] Result<HypervisorCapabilities> capabilities() override;
    [[nodiscard]] Status define_secret(const SecretSpec& spec, const SecretValue& value) override;
    [[nodiscard]] Status undefine_secret(const std::string& uuid) override;
    [[nodiscard]] Result<std::vector<SecretSpec>> secrets() override;
    [[nodiscard]] Status define(const DomainSpec& spec) override;
    [[nodiscard]] Status start(const std::string& uuid) override;
    [[nodiscard]] Status destroy(const std::string& uuid) override;
    [[nodiscard]] Status undefine(const std::string& uuid, KeepTpm keep) override;
    [[nodiscard]] Result<DomainState> state(const std::string& uuid) override;
    [[nodiscard]] Result<std::vector<DomainInfo>> domains() override;
    [[nodiscard]] Result<std::string> domain_xml(const std::string& uuid) override;
    [[nodiscard]] Result<std::vector<TpmStateInfo>> tpm_states() override;

private:
    LibvirtHypervisor(LibvirtHypervisorConfig config, vir::Connection connection)
        : config_(std::move(config)), connection_(std::move(connection)) {}
    // An error when there is none.
    [[nodiscard]] Result<vir::DomainHandle> domain(const std::string& uuid, const char* call);

    LibvirtHypervisorConfig config_;
    vir::Connection connection_;
};

} // namespace vtpmlab
