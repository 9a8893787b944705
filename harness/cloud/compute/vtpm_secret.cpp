#include "cloud/compute/vtpm_secret.h"

#include "cloud/neighbours/key_manager.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>

#include <array>

namespace vtpmlab::cloud {
namespace {

using Kind = VtpmSecretError::Kind;
using Failure = tl::unexpected<VtpmSecretError>;

// 384 random bytes as base64: 512 characters.
// spec: nova-vtpm §SPN-1
SecretValue new_passphrase() {
    std::vector<unsigned char> bytes(384);
    fill_with_random(bytes);
    const SecretValue raw(std::move(bytes));
    return SecretValue(base64_encode(raw.bytes()));
}

Failure failure(const ReleaseProfile& profile, const KeyManagerError& error) {
    if (error.kind == KeyManagerError::Kind::not_found)
        return Failure({Kind::not_found, std::string(error.class_name()), error.message});
    if (error.is_forbidden() && profile.forbidden_secret_aborts_build)
        return Failure({Kind::forbidden, std::string(vtpm_secret_forbidden), error.message});
    return Failure({Kind::key_manager, std::string(error.class_name()), error.message});
}

Failure failure(const Error& error) {
    return Failure({Kind::hypervisor, "libvirtError", error.message});
}

} // namespace

// castellan's exceptions and libvirt's are not Nova's own.
Exception to_exception(const VtpmSecretError& error) {
    const bool is_novas = error.kind == Kind::forbidden || error.kind == Kind::configuration;
    return {error.class_name, error.message,
            is_novas ? Exception::Origin::nova : Exception::Origin::other};
}

VtpmSecret::VtpmSecret(Context& context, Requester& requester, ServerRecord& server)
    : VtpmSecret(context, requester, server, server.flavor) {}

VtpmSecret::VtpmSecret(Context& context, Requester& requester, ServerRecord& server,
                       const Flavor& flavor)
    : context_(context), requester_(requester), server_(server),
      mode_(context.profile.secret_security ? secret_security(flavor.request())
                                            : SecretSecurity::user) {}

std::string VtpmSecret::uuid() const {
    const auto found = server_.system_metadata.find(vtpm_secret_key);
    return found == server_.system_metadata.end() ? std::string() : found->second;
}

VtpmSecretResult<client::ServiceClient*> VtpmSecret::key_manager_caller() {
    if (mode_ != SecretSecurity::deployment)
        return &requester_.plain;
    if (!context_.has_service_user)
        return Failure({Kind::configuration, "InvalidConfiguration",
                        "Failed to load auth plugin or session from configuration. Ensure the "
                        "[service_user] section is correctly configured."});
    return &context_.nova;
}

VtpmSecretResult<SecretValue> VtpmSecret::create_or_fetch() {
    const auto caller = key_manager_caller();
    if (!caller)
        return Failure(caller.error());
    KeyManager barbican(**caller);

    // An existing one is never made anew (spec: nova-vtpm §SPN-2), also by a rescheduled build
    // (§SPN-5).
    if (const auto known = uuid(); !known.empty()) {
        auto value = barbican.get(known);
        if (value)
            return std::move(*value);
        if (value.error().kind == KeyManagerError::Kind::not_found)
            context_.log.warning("nova-compute",
                                 fmt::format("Despite being found in the metadata of instance {}, "
                                             "its vTPM secret {} is not in the key manager; the "
                                             "vTPM is likely unrecoverable",
                                             server_.id, known));
        return failure(context_.profile, value.error());
    }

    auto passphrase = new_passphrase();
    const auto made = barbican.store("vTPM secret for instance " + server_.id, passphrase);
    if (!made)
        return failure(context_.profile, made.error());
    // Saved at once, so that whoever deletes the server finds the secret.
    server_.system_metadata[std::string(vtpm_secret_key)] = *made;
    const auto saved = context_.store.change_server(server_.id, [&](ServerRecord& record) {
        record.system_metadata[std::string(vtpm_secret_key)] = *made;
    });
    if (!saved)
        return failure(saved.error());
    return passphrase;
}

VtpmSecretResult<void> VtpmSecret::ensure_exists() {
    const auto value = create_or_fetch();
    return value ? VtpmSecretResult<void>() : Failure(value.error());
}

VtpmSecretResult<bool> VtpmSecret::stands_on(Hypervisor& hypervisor) {
    const auto secrets = hypervisor.secrets();
    if (!secrets)
        return failure(secrets.error());
    for (const auto& secret : *secrets)
        if (secret.usage_name == server_.id)
            return true;
    return false;
}

VtpmSecretResult<void> VtpmSecret::provide(Hypervisor& hypervisor) {
    // Mode host looks in libvirt first and asks Barbican only when it must.
    if (mode_ == SecretSecurity::host && !uuid().empty()) {
        const auto stands = stands_on(hypervisor);
        if (!stands)
            return Failure(stands.error());
        if (*stands)
            return {};
    }
    const auto value = create_or_fetch();
    if (!value)
        return Failure(value.error());
    SecretSpec spec;
    spec.uuid = uuid();
    spec.usage_name = server_.id;
    spec.ephemeral = mode_ != SecretSecurity::host;
    spec.is_private = mode_ != SecretSecurity::host;
    if (const auto defined = hypervisor.define_secret(spec, *value); !defined)
        return failure(defined.error());
    return {};
}

void VtpmSecret::withdraw_after_launch(Hypervisor& hypervisor) {
    if (mode_ != SecretSecurity::host)
        remove_from_host(hypervisor);
}

void VtpmSecret::remove_from_host(Hypervisor& hypervisor) {
    const auto known = uuid();
    if (known.empty())
        return;
    if (const auto removed = hypervisor.undefine_secret(known); !removed)
        context_.log.warning("nova-compute",
                             "cannot undefine secret " + known + ": " + removed.error().message);
}

VtpmSecretResult<void> VtpmSecret::remove_from_key_manager() {
    const auto known = uuid();
    if (known.empty())
        return {};
    const auto caller = key_manager_caller();
    if (!caller)
        return Failure(caller.error());
    const auto removed = KeyManager(**caller).remove(known);
    if (!removed && removed.error().kind != KeyManagerError::Kind::not_found) {
        // VTPMSecretForbidden on deletion came after this release.
        return Failure({Kind::key_manager, std::string(removed.error().class_name()),
                        removed.error().message});
    }
    if (!removed)
        context_.log.warning(
            "nova-compute",
            fmt::format("vTPM secret {} of instance {} was already deleted", known, server_.id));
    server_.system_metadata.erase(std::string(vtpm_secret_key));
    const auto saved = context_.store.change_server(server_.id, [](ServerRecord& record) {
        record.system_metadata.erase(std::string(vtpm_secret_key));
    });
    return saved ? VtpmSecretResult<void>() : failure(saved.error());
}

} // namespace vtpmlab::cloud
