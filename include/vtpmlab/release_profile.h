#pragma once
// How one Nova release differs from the next where a vTPM is concerned: a struct of named switches,
// chosen by the release's name. No code asks "is this release newer than"; it asks for a switch.
// spec: nova-vtpm §0.3

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab {

struct ReleaseProfile {
    std::string_view name = {};    // "gazpacho"
    std::string_view display = {}; // "33 Gazpacho (2026.1)"
    unsigned max_microversion = 1; // the minor of 2.N that the API advertises
    // Writing needs the role member, reading the role reader; before, belonging to the project was
    // enough ([oslo_policy] enforce_new_defaults).
    bool new_policy_defaults = false;
    // Model traits are reported, and required by the scheduler (§SCH-1).
    bool model_traits = false;
    // Support and versions come from libvirt's domain capabilities, not from binaries on the PATH
    // (§SCH-12).
    bool support_from_domain_capabilities = false;
    // The compute manager deletes the Barbican secret, after the record is DELETED and allocations
    // are gone; otherwise the driver does while it cleans up (§LIF-DEL-1, §LIF-DEL-10).
    bool manager_deletes_secret = false;
    // hw:tpm_secret_security is known: validated, filtered on, reported as traits, obeyed (§SCH-2).
    bool secret_security = false;
    // A Barbican refusal ends the build at once instead of going to the next host (§4.4).
    bool forbidden_secret_aborts_build = false;
    // Of the answer to an operation that is not supported for vTPM servers (§LIF-0b).
    unsigned blocked_operation_status = 409;
    // The TPM's state survives an undefine that is followed by a define, where libvirt can (§0.3).
    bool keeps_tpm_on_temporary_undefine = false;
    // The hosts' libvirt is 8.9.0 or newer, and can keep it.
    bool libvirt_keeps_tpm = true;
    // A server in mode host may be migrated live (§LIF-LM-1).
    bool live_migrates_mode_host = false;
    // Resize judges both flavors before it begins (§REQ-11, §LIF-RSZ-6).
    bool resize_checks_vtpm = false;
    // The role manager may migrate the servers of its project; before, only an administrator.
    bool manager_may_migrate = false;
};

// Read as a history: a switch, once on, stays on. The last point release of each series is meant;
// where an earlier one, or an older libvirt below it, differs (the flags K and M of the reference),
// it stands under the release as a variant.
inline constexpr auto release_profiles = [] {
    std::array<ReleaseProfile, 17> profiles;
    std::size_t count = 0;
    ReleaseProfile now;
    const auto release = [&](std::string_view name, std::string_view display, unsigned maximum) {
        now.name = name;
        now.display = display;
        now.max_microversion = maximum;
        profiles[count++] = now;
    };
    const auto variant = [&](std::string_view name, std::string_view display, auto change) {
        auto& one = profiles[count++] = now;
        one.name = name;
        one.display = display;
        change(one);
    };
    const auto without_fixes = [](ReleaseProfile& profile) { // K-, M-
        profile.manager_deletes_secret = false;
        profile.keeps_tpm_on_temporary_undefine = false;
    };
    const auto on_old_libvirt = [](ReleaseProfile& profile) { // K-, M+
        profile.libvirt_keeps_tpm = false;
    };
    release("victoria", "22 Victoria", 87);
    release("wallaby", "23 Wallaby", 88);
    now.blocked_operation_status = 400;
    release("xena", "24 Xena", 90);
    release("yoga", "25 Yoga", 90);
    release("zed", "26 Zed", 93);
    now.new_policy_defaults = true;
    release("antelope", "27 Antelope (2023.1)", 95);
    release("bobcat", "28 Bobcat (2023.2)", 95);
    release("caracal", "29 Caracal (2024.1)", 96);
    now.model_traits = true;
    now.support_from_domain_capabilities = true;
    release("dalmatian", "30 Dalmatian (2024.2)", 96);
    now.manager_deletes_secret = true;
    now.keeps_tpm_on_temporary_undefine = true;
    release("epoxy", "31 Epoxy (2025.1)", 100);
    variant("epoxy-31.2", "31.2 Epoxy (2025.1)", without_fixes);
    variant("epoxy-old-libvirt", "31 Epoxy (2025.1) on libvirt 8.0", on_old_libvirt);
    now.manager_may_migrate = true;
    release("flamingo", "32 Flamingo (2025.2)", 101);
    variant("flamingo-32.1", "32.1 Flamingo (2025.2)", without_fixes);
    variant("flamingo-old-libvirt", "32 Flamingo (2025.2) on libvirt 8.0", on_old_libvirt);
    now.secret_security = true;
    now.forbidden_secret_aborts_build = true;
    now.live_migrates_mode_host = true;
    now.resize_checks_vtpm = true;
    release("gazpacho", "33 Gazpacho (2026.1)", 101);
    variant("gazpacho-old-libvirt", "33 Gazpacho (2026.1) on libvirt 8.0", on_old_libvirt);
    return profiles;
}();

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
