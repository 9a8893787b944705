#pragma once
// The vTPM's passphrase: made once for a server, kept in Barbican, handed to libvirt for as long as
// a start takes (or for good, mode host). Who asks Barbican depends on the mode.
// spec: nova-vtpm §4.1
// spec: nova-vtpm §4.2

#include "cloud/context.h"
#include "cloud/exception.h"

#include <vtpmlab/hypervisor.h>
#include <vtpmlab/tpm.h>

#include <tl/expected.hpp>

#include <string>

namespace vtpmlab::cloud {

struct VtpmSecretError {
    enum class Kind {
        forbidden,     // VTPMSecretForbidden, where the release has it
        not_found,     // ManagedObjectNotFoundError
        key_manager,   // KeyManagerError
        configuration, // InvalidConfiguration: mode deployment without [service_user]
        hypervisor,    // libvirt refused
    };
    Kind kind;
    std::string class_name; // as a fault shows it
    std::string message;
};

template <typename T>
using VtpmSecretResult = tl::expected<T, VtpmSecretError>;

inline constexpr std::string_view vtpm_secret_forbidden = "VTPMSecretForbidden";

[[nodiscard]] Exception to_exception(const VtpmSecretError& error);

} // namespace vtpmlab::cloud

namespace vtpmlab {
// So that VTPMLAB_TRY and VTPMLAB_CHECK work for VtpmSecretResult<T> as well.
[[nodiscard]] inline tl::unexpected<cloud::VtpmSecretError> fail(cloud::VtpmSecretError error) {
    return tl::unexpected<cloud::VtpmSecretError>(std::move(error));
}
} // namespace vtpmlab

namespace vtpmlab::cloud {

class VtpmSecret {
public:
    // All must outlive this; `server` is the record at hand and gets the UUID.
    VtpmSecret(Context& context, Requester& requester, ServerRecord& server);
    // In the mode of that flavor: a server between two flavors has a choice.
    VtpmSecret(Context& context, Requester& requester, ServerRecord& server, const Flavor& flavor);

    // Makes the secret in Barbican, or finds it, and defines it in the host's libvirt.
    [[nodiscard]] VtpmSecretResult<void> provide(Hypervisor& hypervisor);
    // Only in Barbican; releases without secret security define it when the guest is made.
    [[nodiscard]] VtpmSecretResult<void> ensure_exists();
    // After the guest's launch, whichever way it went. Mode host keeps the secret.
    void withdraw_after_launch(Hypervisor& hypervisor);
    // Whatever the mode.
    void remove_from_host(Hypervisor& hypervisor);
    // Gone already is fine; the server's record forgets it.
    // spec: nova-vtpm §SPN-4
    [[nodiscard]] VtpmSecretResult<void> remove_from_key_manager();

    [[nodiscard]] std::string uuid() const;

private:
    [[nodiscard]] VtpmSecretResult<client::ServiceClient*> key_manager_caller();
    [[nodiscard]] VtpmSecretResult<SecretValue> create_or_fetch();
    [[nodiscard]] VtpmSecretResult<bool> stands_on(Hypervisor& hypervisor);

    Context& context_;
    Requester& requester_;
    ServerRecord& server_;
    SecretSecurity mode_;
};

} // namespace vtpmlab::cloud
