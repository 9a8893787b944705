#pragma once
// A host in memory: refuses what libvirt refuses, keeps secrets and TPM state as values, and starts
// a guest in microseconds. There is no guest in it: nothing it says is evidence. Its moves between
// hosts do use files, for the cloud copies those itself.

#include "core/event_hub.h"
#include "hypervisor/model/simulated_tpm.h"

#include <vtpmlab/host_machine.h>
#include <vtpmlab/hypervisor.h>
#include <vtpmlab/instance_files.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace vtpmlab::model {

struct ModelConfig {
    std::string hostname = "compute-1";
    std::string swtpm_user = "tss";
    bool supports_emulated_tpm = true;
    bool has_swtpm = true; // false: only swtpm_setup is installed
    std::set<TpmModel> tpm_models = {TpmModel::tis, TpmModel::crb};
    std::set<TpmVersion> tpm_versions = {TpmVersion::v1_2, TpmVersion::v2_0};
    bool may_keep_tpm_on_undefine = true;
    bool guests_obey_acpi = true; // shutdown() stops them
};

class ModelHypervisor final : public Hypervisor, public InstanceFiles, public HostMachine {
public:
    explicit ModelHypervisor(ModelConfig config);
    ~ModelHypervisor() override;

    [[nodiscard]] Result<HypervisorCapabilities> capabilities() override;
    [[nodiscard]] std::string uri() const override { return uri_; }

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
    [[nodiscard]] Result<bool> opens_tpm_state(const std::string& uuid,
                                               const SecretValue& passphrase) override;

    // InstanceFiles
    [[nodiscard]] Result<bool> save_tpm_state(const std::string& uuid,
                                              const std::filesystem::path& into) override;
    [[nodiscard]] Status restore_tpm_state(const std::filesystem::path& saved,
                                           const std::string& user,
                                           const std::string& group) override;
    [[nodiscard]] Status receive(const std::filesystem::path& from,
                                 const std::filesystem::path& to) override;

    // HostMachine
    [[nodiscard]] Status power_off() override;
    [[nodiscard]] Status boot() override;
    [[nodiscard]] Status restart_libvirtd() override;
    [[nodiscard]] Status kill_qemu(const std::string& uuid) override;
    [[nodiscard]] Status kill_swtpm(const std::string& uuid) override;
    [[nodiscard]] Status lose_secret_files() override;
    [[nodiscard]] Status break_with(HostFault fault) override;
    [[nodiscard]] Status mend(HostFault fault) override;

    // What a guest would see and do: nothing when it does not run or has no TPM that answers.
    struct GuestTpm {
        SimulatedTpm tpm;
        VolatileTpm memory;
    };
    [[nodiscard]] std::optional<GuestTpm> guest_tpm(const std::string& uuid);
    // Kept as the TPM would keep it. False when there is none that answers.
    [[nodiscard]] bool write_guest_tpm(const std::string& uuid,
                                       const std::map<std::string, std::string>& nv,
                                       const VolatileTpm& memory);

    // The file a guest that runs has for its disk.
    [[nodiscard]] Result<std::optional<std::filesystem::path>> guest_disk(const std::string& uuid);

    // From inside, unseen by everybody outside: no event, the same domain.
    [[nodiscard]] Status reboot_guest(const std::string& uuid);

private:
    struct Secret {
        SecretSpec spec;
        SecretValue value;
        bool has_file = true; // of a secret that is not ephemeral
    };
    struct Domain {
        DomainSpec spec;
        DomainState state = DomainState::shut_off;
        std::string reason = "unknown";
        bool is_persistent = true;
        bool tpm_answers = true; // its swtpm was not killed
        VolatileTpm tpm_memory;
        std::optional<VolatileTpm> managed_save;
    };
    struct TpmState {
        SimulatedTpm tpm;
        std::string owner;
    };
    class Session;

    [[nodiscard]] Status check_on(const char* call) const;
    [[nodiscard]] Result<Domain*> find_active(const std::string& uuid, const char* call);
    [[nodiscard]] Status check_tpm(const TpmDevice& device) const;
    [[nodiscard]] Result<const Secret*> secret_of(const DomainTpm& tpm, const char* call) const;
    [[nodiscard]] Status open_tpm(const Domain& domain);
    void stop(Session& session, const std::string& uuid, const std::string& detail,
              const std::string& reason);
    void forget_secrets();
    [[nodiscard]] bool tpm_answers(const std::string& uuid) const;
    [[nodiscard]] DomainInfo info_of(const std::string& uuid, const Domain& domain) const;
    [[nodiscard]] std::filesystem::path state_directory(const std::string& uuid) const;

    const ModelConfig config_;
    const std::string host_uuid_;
    const std::string uri_;
    const std::shared_ptr<EventHub> events_;
    std::mutex mutex_;
    bool is_on_ = true;
    std::set<HostFault> faults_;
    std::map<std::string, Secret> secrets_; // by UUID, as the two below
    std::map<std::string, Domain> domains_;
    std::map<std::string, TpmState> tpm_states_;
};

} // namespace vtpmlab::model
