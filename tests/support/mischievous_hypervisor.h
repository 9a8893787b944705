#pragma once
// A hypervisor that works like the one behind it until it is told to fail at a named call.

#include "hypervisor/model/model_hypervisor.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>

namespace vtpmlab::test {

class MischievousHypervisor final : public Hypervisor, public InstanceFiles {
public:
    explicit MischievousHypervisor(model::ModelConfig config) : model_(std::move(config)) {}

    // Every call of that name fails from now on, until forgive(); or only the first ones.
    static constexpr int always = -1;
    void fail_at(const std::string& call, const std::string& text, int times = always) {
        const std::lock_guard lock(mutex_);
        failures_[call] = {text, times};
    }
    void forgive() {
        const std::lock_guard lock(mutex_);
        failures_.clear();
    }
    // start() does not return before release().
    void hold_starts() {
        const std::lock_guard lock(mutex_);
        is_holding_ = true;
    }
    // migrate() does not return before release(), or abort_job(), which makes it fail.
    void hold_migrations() {
        const std::lock_guard lock(mutex_);
        is_holding_migrations_ = true;
    }
    void release() {
        {
            const std::lock_guard lock(mutex_);
            is_holding_ = is_holding_migrations_ = false;
        }
        changed_.notify_all();
    }
    // Until a start() is being held; false when none is within the deadline.
    [[nodiscard]] bool wait_for_held_start(std::chrono::milliseconds deadline) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, deadline, [this] { return held_ > 0; });
    }
    [[nodiscard]] int count(const std::string& call) {
        const std::lock_guard lock(mutex_);
        return counts_[call];
    }

    Result<HypervisorCapabilities> capabilities() override { return model_.capabilities(); }
    std::string uri() const override { return model_.uri(); }
    Status define_secret(const SecretSpec& spec, const SecretValue& value) override {
        {
            const std::lock_guard lock(mutex_);
            defined_secrets_[spec.usage_name] = spec;
            values_[spec.usage_name] = std::string(value.reveal());
        }
        VTPMLAB_CHECK(meddle("define_secret"));
        return model_.define_secret(spec, value);
    }
    Status undefine_secret(const std::string& uuid) override {
        VTPMLAB_CHECK(meddle("undefine_secret"));
        return model_.undefine_secret(uuid);
    }
    Result<std::vector<SecretSpec>> secrets() override { return model_.secrets(); }
    Result<SecretValue> secret_value(const std::string& uuid) override {
        VTPMLAB_CHECK(meddle("secret_value"));
        return model_.secret_value(uuid);
    }
    Status define(const DomainSpec& spec) override {
        VTPMLAB_CHECK(meddle("define"));
        return model_.define(spec);
    }
    Status start(const std::string& uuid) override {
        {
            std::unique_lock lock(mutex_);
            if (is_holding_) {
                ++held_;
                changed_.notify_all();
                changed_.wait(lock, [this] { return !is_holding_; });
                --held_;
            }
        }
        VTPMLAB_CHECK(meddle("start"));
        return model_.start(uuid);
    }
    Status destroy(const std::string& uuid) override {
        VTPMLAB_CHECK(meddle("destroy"));
        return model_.destroy(uuid);
    }
    Status undefine(const std::string& uuid, KeepTpm keep) override {
        VTPMLAB_CHECK(meddle("undefine"));
        return model_.undefine(uuid, keep);
    }
    Status shutdown(const std::string& uuid) override {
        VTPMLAB_CHECK(meddle("shutdown"));
        return model_.shutdown(uuid);
    }
    Status suspend(const std::string& uuid) override {
        VTPMLAB_CHECK(meddle("suspend"));
        return model_.suspend(uuid);
    }
    Status resume(const std::string& uuid) override {
        VTPMLAB_CHECK(meddle("resume"));
        return model_.resume(uuid);
    }
    Status managed_save(const std::string& uuid) override {
        VTPMLAB_CHECK(meddle("managed_save"));
        return model_.managed_save(uuid);
    }
    Status migrate(const std::string& uuid, const Migration& migration) override {
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return !is_holding_migrations_ || is_aborted_; });
            if (is_aborted_)
                return fail(ErrorKind::product,
                            "operation aborted: migration job: canceled by client");
        }
        VTPMLAB_CHECK(meddle("migrate"));
        return model_.migrate(uuid, migration);
    }
    Status abort_job(const std::string& uuid) override {
        VTPMLAB_CHECK(meddle("abort_job"));
        VTPMLAB_CHECK(model_.abort_job(uuid));
        {
            const std::lock_guard lock(mutex_);
            is_aborted_ = is_holding_migrations_;
        }
        changed_.notify_all();
        return {};
    }
    Status copy_disk(const std::string& uuid, const std::filesystem::path& to) override {
        VTPMLAB_CHECK(meddle("copy_disk"));
        return model_.copy_disk(uuid, to);
    }
    Result<DomainInfo> info(const std::string& uuid) override { return model_.info(uuid); }
    Result<std::unique_ptr<EventSubscription>>
    subscribe(std::function<void(const DomainEvent&)> on_event) override {
        return model_.subscribe(std::move(on_event));
    }
    Result<bool> save_tpm_state(const std::string& uuid,
                                const std::filesystem::path& into) override {
        VTPMLAB_CHECK(meddle("save_tpm_state"));
        return model_.save_tpm_state(uuid, into);
    }
    Status restore_tpm_state(const std::filesystem::path& saved, const std::string& user,
                             const std::string& group) override {
        VTPMLAB_CHECK(meddle("restore_tpm_state"));
        return model_.restore_tpm_state(saved, user, group);
    }
    Status receive(const std::filesystem::path& from, const std::filesystem::path& to) override {
        VTPMLAB_CHECK(meddle("receive"));
        return model_.receive(from, to);
    }
    // Its power, its daemon and its faults.
    [[nodiscard]] HostMachine& machine() { return model_; }

    // Of the guest that runs here; empty without one, or without a TPM.
    [[nodiscard]] std::string tpm_identity(const std::string& uuid) {
        const auto found = model_.guest_tpm(uuid);
        return found ? found->tpm.identity : std::string();
    }

    Result<DomainState> state(const std::string& uuid) override { return model_.state(uuid); }
    Result<std::vector<DomainInfo>> domains() override { return model_.domains(); }
    Result<std::string> domain_xml(const std::string& uuid) override {
        return model_.domain_xml(uuid);
    }
    Result<std::vector<TpmStateInfo>> tpm_states() override { return model_.tpm_states(); }

    // What the last define_secret for that server said, also after it was undefined.
    [[nodiscard]] SecretSpec secret_of(const std::string& usage_name) {
        const std::lock_guard lock(mutex_);
        return defined_secrets_[usage_name];
    }
    [[nodiscard]] std::string passphrase_of(const std::string& usage_name) {
        const std::lock_guard lock(mutex_);
        return values_[usage_name];
    }

private:
    Status meddle(const std::string& call) {
        const std::lock_guard lock(mutex_);
        ++counts_[call];
        const auto found = failures_.find(call);
        if (found == failures_.end() || found->second.times == 0)
            return {};
        if (found->second.times != always)
            --found->second.times;
        return fail(ErrorKind::product, found->second.text);
    }

    model::ModelHypervisor model_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_holding_ = false;
    bool is_holding_migrations_ = false;
    bool is_aborted_ = false;
    int held_ = 0;
    struct Failure {
        std::string text;
        int times;
    };
    std::map<std::string, Failure> failures_;
    std::map<std::string, int> counts_;
    std::map<std::string, SecretSpec> defined_secrets_;
    std::map<std::string, std::string> values_;
};

} // namespace vtpmlab::test
