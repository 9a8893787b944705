#include "personas.h"

#include <array>

namespace vtpmlab::fakes {
namespace {

constexpr std::array<std::string_view, 3> admin_roles = {"admin", "member", "reader"};
constexpr std::array<std::string_view, 3> owner_roles = {"member", "creator", "reader"};
constexpr std::array<std::string_view, 2> member_roles = {"member", "reader"};
constexpr std::array<std::string_view, 1> reader_role = {"reader"};
constexpr std::array<std::string_view, 1> creator_role = {"creator"};
constexpr std::array<std::string_view, 1> audit_role = {"audit"};
constexpr std::array<std::string_view, 1> service_role = {"service"};
constexpr std::array<std::string_view, 4> service_roles = {"admin", "member", "reader", "service"};

constexpr std::array<PersonaRow, 14> personas = {{
    {"admin", "admin", admin_roles},
    {"owner", "demo", owner_roles},
    {"peer", "demo", owner_roles}, // another user of the owner's project
    {"other", "other", owner_roles},
    {"member", "demo", member_roles}, // may not create secrets under the legacy policy
    {"reader", "demo", reader_role},
    {"creator", "demo", creator_role},
    {"audit", "demo", audit_role},
    {"service-only", "service", service_role}, // a service without the roles Barbican asks for
    {"nova", "service", service_roles},
    {"placement", "service", service_roles},
    {"barbican", "service", service_roles},
    {"glance", "service", service_roles},
    {"neutron", "service", service_roles},
}};

} // namespace

std::span<const PersonaRow> persona_table() { return personas; }

} // namespace vtpmlab::fakes
