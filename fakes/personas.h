#pragma once
// Who there is in a fresh cloud: one user for each part a scenario needs somebody to play.
// spec: nova-vtpm §0.4

#include <span>
#include <string_view>

namespace vtpmlab::fakes {

struct PersonaRow {
    std::string_view name; // also the user's
    std::string_view project;
    std::span<const std::string_view> roles; // with those they imply: admin, member, reader
};

[[nodiscard]] std::span<const PersonaRow> persona_table();

} // namespace vtpmlab::fakes
