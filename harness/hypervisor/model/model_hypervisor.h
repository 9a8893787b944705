#pragma once
// A hypervisor in memory: refuses what libvirt refuses, keeps secrets and TPM state as values, and
// starts a guest in microseconds. There is no guest in it: nothing it says is evidence.

#include <vtpmlab/hypervisor.h>

#include <map>
#include <mutex>
#include <string>

namespace vtpmlab::model {

struct ModelConfig {
    std::string hostname = "compute-1";
    std::string swtpm_user = "tss";
    bool supports_emulated_tpm = true;
    std::set<TpmModel> tpm_models = {TpmModel::tis, TpmModel::crb};
    std::set<TpmVersion> tpm_versions = {TpmVersion::v1_2, TpmVersion::v2_0};
    bool may_keep_tpm_on_undefine = true;
};

class ModelHypervisor final : public Hypervisor {
public:
    explicit ModelHypervisor(ModelConfig config);
    ~ModelHypervisor() override;

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
    struct Secret {
        SecretSpec spec;
        SecretValue value;
    };
    struct Domain {
        DomainSpec spec;
        DomainState state = DomainState::shut_off;
    };
    // What swtpm would have written: for which version, under which passphrase, which TPM.
    struct TpmState {
        TpmVersion version;
        SecretValue passphrase;
        std::string identity;
    };

    [[nodiscard]] Status check_tpm(const TpmDevice& device) const;
    [[nodiscard]] Status open_tpm(const Domain& domain);
    [[nodiscard]] std::filesystem::path state_directory(const std::string& uuid) const;

    const ModelConfig config_;
    const std::string host_uuid_;
    std::mutex mutex_;
    std::map<std::string, Secret> secrets_; // by UUID, as the two below
    std::map<std::string, Domain> domains_;
    std::map<std::string, TpmState> tpm_states_;
};

} // namespace vtpmlab::model
