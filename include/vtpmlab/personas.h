#pragma once
// Who there is in a fresh cloud: one user for each part a scenario needs somebody to play, and the
// services' own. spec: nova-vtpm §0.4

#include <array>
#include <span>
#include <string_view>

namespace vtpmlab {

enum class PlayedBy { steps, services }; // a step may be done by it, or only its service uses it

struct PersonaRow {
    std::string_view name; // also the user's
    std::string_view project;
    std::span<const std::string_view> roles; // with those they imply: admin, member, reader
    PlayedBy played_by = PlayedBy::steps;
};

namespace persona_roles {
inline constexpr std::array<std::string_view, 3> admin = {"admin", "member", "reader"};
inline constexpr std::array<std::string_view, 3> owner = {"member", "creator", "reader"};
inline constexpr std::array<std::string_view, 2> member = {"member", "reader"};
inline constexpr std::array<std::string_view, 3> manager = {"manager", "member", "reader"};
inline constexpr std::array<std::string_view, 1> reader = {"reader"};
inline constexpr std::array<std::string_view, 1> creator = {"creator"};
inline constexpr std::array<std::string_view, 1> audit = {"audit"};
inline constexpr std::array<std::string_view, 1> service_only = {"service"};
inline constexpr std::array<std::string_view, 4> service = {"admin", "member", "reader", "service"};
} // namespace persona_roles

inline constexpr std::array<PersonaRow, 15> persona_table = {{
    {"admin", "admin", persona_roles::admin},
    {"owner", "demo", persona_roles::owner},
    {"peer", "demo", persona_roles::owner}, // another user of the owner's project
    {"other", "other", persona_roles::owner},
    {"member", "demo", persona_roles::member},   // may not create secrets under the legacy policy
    {"manager", "demo", persona_roles::manager}, // may migrate the project's servers, later on
    {"reader", "demo", persona_roles::reader},
    {"creator", "demo", persona_roles::creator},
    {"audit", "demo", persona_roles::audit},
    {"nova", "service", persona_roles::service},
    {"barbican", "service", persona_roles::service},
    // A service without the roles Barbican asks for.
    {"service-only", "service", persona_roles::service_only},
    {"placement", "service", persona_roles::service, PlayedBy::services},
    {"glance", "service", persona_roles::service, PlayedBy::services},
    {"neutron", "service", persona_roles::service, PlayedBy::services},
}};

} // namespace vtpmlab
