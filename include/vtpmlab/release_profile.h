#pragma once
// How one Nova release differs from the next where a vTPM is concerned: a struct of named switches,
// chosen by the release's name. No code asks "is this release newer than"; it asks for a switch.
// spec: nova-vtpm §0.3

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab {

struct ReleaseProfile {
    std::string_view name;     // "gazpacho"
    std::string_view display;  // "33.0 Gazpacho (2026.1)"
    unsigned max_microversion; // the minor of 2.N that the API advertises
    // Model traits are reported, and required by the scheduler (§SCH-1).
    bool model_traits;
    // hw:tpm_secret_security is known: validated, filtered on, reported as traits, obeyed (§SCH-2).
    bool secret_security;
    // A Barbican refusal ends the build at once instead of going to the next host (§4.4).
    bool forbidden_secret_aborts_build;
    // Support and versions come from libvirt's domain capabilities, not from binaries on the PATH
    // (§SCH-12).
    bool support_from_domain_capabilities;
    // The compute manager deletes the Barbican secret, after the record is DELETED and allocations
    // are gone; otherwise the driver does while it cleans up (§LIF-DEL-1, §LIF-DEL-10).
    bool manager_deletes_secret;
};

// The last point release of each series is meant (M+ where the series has it).
inline constexpr std::array release_profiles = {
    ReleaseProfile{"victoria", "22 Victoria", 87, false, false, false, false, false},
    ReleaseProfile{"wallaby", "23 Wallaby", 88, false, false, false, false, false},
    ReleaseProfile{"xena", "24 Xena", 90, false, false, false, false, false},
    ReleaseProfile{"yoga", "25 Yoga", 90, false, false, false, false, false},
    ReleaseProfile{"zed", "26 Zed", 93, false, false, false, false, false},
    ReleaseProfile{"antelope", "27 Antelope (2023.1)", 95, false, false, false, false, false},
    ReleaseProfile{"bobcat", "28 Bobcat (2023.2)", 95, false, false, false, false, false},
    ReleaseProfile{"caracal", "29 Caracal (2024.1)", 96, false, false, false, false, false},
    ReleaseProfile{"dalmatian", "30 Dalmatian (2024.2)", 96, true, false, false, true, false},
    ReleaseProfile{"epoxy", "31 Epoxy (2025.1)", 100, true, false, false, true, true},
    ReleaseProfile{"flamingo", "32 Flamingo (2025.2)", 101, true, false, false, true, true},
    ReleaseProfile{"gazpacho", "33 Gazpacho (2026.1)", 101, true, true, true, true, true},
};

[[nodiscard]] constexpr const ReleaseProfile* find_release(std::string_view name) {
    for (const auto& profile : release_profiles)
        if (profile.name == name)
            return &profile;
    return nullptr;
}

[[nodiscard]] inline std::vector<std::string> release_names() {
    std::vector<std::string> names;
    for (const auto& profile : release_profiles)
        names.emplace_back(profile.name);
    return names;
}

} // namespace vtpmlab
