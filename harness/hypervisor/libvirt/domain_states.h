#pragma once
// libvirt's numbers for what a domain is in, why, and what happened to it, as the project's values.

#include <vtpmlab/hypervisor.h>

#include <libvirt/libvirt.h>

#include <optional>
#include <string>
#include <string_view>

namespace vtpmlab::vir {

[[nodiscard]] DomainState state_of(int state);
// VIR_DOMAIN_<STATE>_<REASON> in small letters; "unknown" for one newer than this program.
[[nodiscard]] std::string_view reason_of(int state, int reason);
// Nothing for a kind nobody here asks about: defined, undefined, …
[[nodiscard]] std::optional<DomainEvent> event_of(std::string uuid, int kind, int detail);

// Nothing when libvirt refuses to tell; its last error says why.
[[nodiscard]] std::optional<DomainInfo> info_of(virDomainPtr domain);

} // namespace vtpmlab::vir
