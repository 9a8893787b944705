#include "hypervisor/libvirt/domain_states.h"

#include <array>
#include <span>

namespace vtpmlab::vir {
namespace {

using namespace std::string_view_literals;

// By libvirt's numbers, which never change once given out.
constexpr std::array running_reasons{
    "unknown"sv,       "booted"sv,   "migrated"sv,           "restored"sv,
    "from snapshot"sv, "unpaused"sv, "migration canceled"sv, "save canceled"sv,
    "wakeup"sv,        "crashed"sv,  "postcopy"sv,           "postcopy failed"sv};
constexpr std::array paused_reasons{
    "unknown"sv, "user"sv,        "migration"sv,     "save"sv,           "dump"sv,
    "ioerror"sv, "watchdog"sv,    "from snapshot"sv, "shutting down"sv,  "snapshot"sv,
    "crashed"sv, "starting up"sv, "postcopy"sv,      "postcopy failed"sv};
constexpr std::array shut_off_reasons{"unknown"sv, "shutdown"sv,      "destroyed"sv,
                                      "crashed"sv, "migrated"sv,      "saved"sv,
                                      "failed"sv,  "from snapshot"sv, "daemon"sv};

constexpr std::array started_details{"booted"sv, "migrated"sv, "restored"sv, "from snapshot"sv,
                                     "wakeup"sv};
constexpr std::array suspended_details{"paused"sv,    "migrated"sv, "ioerror"sv,
                                       "watchdog"sv,  "restored"sv, "from snapshot"sv,
                                       "api error"sv, "postcopy"sv, "postcopy failed"sv};
constexpr std::array resumed_details{"unpaused"sv, "migrated"sv, "from snapshot"sv, "postcopy"sv,
                                     "postcopy failed"sv};
constexpr std::array stopped_details{"shutdown"sv, "destroyed"sv, "crashed"sv,      "migrated"sv,
                                     "saved"sv,    "failed"sv,    "from snapshot"sv};

std::string_view at(std::span<const std::string_view> names, int number) {
    return number >= 0 && static_cast<std::size_t>(number) < names.size()
               ? names[static_cast<std::size_t>(number)]
               : "unknown"sv;
}

} // namespace

DomainState state_of(int state) {
    switch (state) {
    case VIR_DOMAIN_RUNNING:
    case VIR_DOMAIN_BLOCKED:
        return DomainState::running;
    case VIR_DOMAIN_PAUSED:
    case VIR_DOMAIN_PMSUSPENDED:
        return DomainState::paused;
    case VIR_DOMAIN_SHUTOFF:
        return DomainState::shut_off;
    case VIR_DOMAIN_CRASHED:
        return DomainState::crashed;
    default:
        return DomainState::other;
    }
}

std::string_view reason_of(int state, int reason) {
    switch (state) {
    case VIR_DOMAIN_RUNNING:
        return at(running_reasons, reason);
    case VIR_DOMAIN_PAUSED:
        return at(paused_reasons, reason);
    case VIR_DOMAIN_SHUTOFF:
        return at(shut_off_reasons, reason);
    default:
        return "unknown";
    }
}

std::optional<DomainEvent> event_of(std::string uuid, int kind, int detail) {
    using Kind = DomainEvent::Kind;
    const auto event = [&](Kind what, std::span<const std::string_view> details) {
        return DomainEvent{std::move(uuid), what, std::string(at(details, detail))};
    };
    switch (kind) {
    case VIR_DOMAIN_EVENT_STARTED:
        return event(Kind::started, started_details);
    case VIR_DOMAIN_EVENT_SUSPENDED:
        return event(Kind::suspended, suspended_details);
    case VIR_DOMAIN_EVENT_RESUMED:
        return event(Kind::resumed, resumed_details);
    case VIR_DOMAIN_EVENT_STOPPED:
        return event(Kind::stopped, stopped_details);
    default:
        return std::nullopt;
    }
}

std::optional<DomainInfo> info_of(virDomainPtr domain) {
    char uuid[VIR_UUID_STRING_BUFLEN] = {};
    int state = VIR_DOMAIN_NOSTATE;
    int reason = 0;
    if (virDomainGetUUIDString(domain, uuid) < 0 ||
        virDomainGetState(domain, &state, &reason, 0) < 0)
        return std::nullopt;
    const int is_persistent = virDomainIsPersistent(domain);
    if (is_persistent < 0)
        return std::nullopt;
    // Refused for a domain that is not persistent, which has none.
    const int has_save = is_persistent == 1 ? virDomainHasManagedSaveImage(domain, 0) : 0;
    if (has_save < 0)
        return std::nullopt;
    DomainInfo info;
    info.uuid = uuid;
    info.name = virDomainGetName(domain);
    info.state = state_of(state);
    info.reason = reason_of(state, reason);
    info.is_persistent = is_persistent == 1;
    info.has_managed_save = has_save == 1;
    return info;
}

} // namespace vtpmlab::vir
