#include "hypervisor/model/model_errors.h"
#include "hypervisor/model/model_hypervisor.h"

namespace vtpmlab::model {

// spec: nova-vtpm §4.3
Status ModelHypervisor::define_secret(const SecretSpec& spec, const SecretValue& value) {
    const std::lock_guard lock(mutex_);
    constexpr const char* call = "virSecretDefineXML";
    VTPMLAB_CHECK(check_on(call));
    for (const auto& [uuid, secret] : secrets_)
        if (uuid != spec.uuid && secret.spec.usage_name == spec.usage_name)
            return refuse(internal_error,
                          fmt::format("internal error: a secret with UUID {} already defined for "
                                      "use with {}",
                                      uuid, spec.usage_name),
                          call, config_.hostname);
    if (const auto found = secrets_.find(spec.uuid); found != secrets_.end()) {
        if (found->second.spec.usage_name != spec.usage_name)
            return refuse(internal_error,
                          fmt::format("internal error: a secret with UUID {} is already defined "
                                      "for use with {}",
                                      spec.uuid, found->second.spec.usage_name),
                          call, config_.hostname);
        if (found->second.spec.is_private && !spec.is_private)
            return refuse(internal_error,
                          "internal error: cannot change private flag on existing secret", call,
                          config_.hostname);
    }
    secrets_.insert_or_assign(spec.uuid, Secret{spec, value.clone(), !spec.ephemeral});
    return {};
}

Status ModelHypervisor::undefine_secret(const std::string& uuid) {
    const std::lock_guard lock(mutex_);
    VTPMLAB_CHECK(check_on("virSecretUndefine"));
    secrets_.erase(uuid);
    return {};
}

Result<std::vector<SecretSpec>> ModelHypervisor::secrets() {
    const std::lock_guard lock(mutex_);
    VTPMLAB_CHECK(check_on("virConnectListAllSecrets"));
    std::vector<SecretSpec> specs;
    for (const auto& [uuid, secret] : secrets_)
        specs.push_back(secret.spec);
    return specs;
}

Result<SecretValue> ModelHypervisor::secret_value(const std::string& uuid) {
    const std::lock_guard lock(mutex_);
    constexpr const char* call = "virSecretGetValue";
    VTPMLAB_CHECK(check_on(call));
    const auto found = secrets_.find(uuid);
    if (found == secrets_.end())
        return refuse(no_secret,
                      fmt::format("Secret not found: no secret with matching uuid '{}'", uuid),
                      call, config_.hostname);
    if (found->second.spec.is_private)
        return refuse(invalid_secret, "Invalid secret: secret is private", call, config_.hostname);
    return found->second.value.clone();
}

// What the daemon forgets when it ends, however it ends.
void ModelHypervisor::forget_secrets() {
    std::erase_if(secrets_, [](const auto& entry) { return !entry.second.has_file; });
}

} // namespace vtpmlab::model
