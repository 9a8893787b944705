#pragma once
// What libvirt says a domain on this host can have, as far as a TPM is concerned.

#include <vtpmlab/result.h>
#include <vtpmlab/tpm.h>

#include <set>
#include <string>
#include <string_view>

namespace vtpmlab::xml {

// spec: nova-vtpm §SCH-9
struct DomainCapabilities {
    std::string machine;                // canonical: "pc-i440fx-7.2"
    bool supports_emulated_tpm = false; // supported='yes' and emulator among the back ends
    std::set<TpmModel> tpm_models;      // those Nova knows; libvirt may list more (tpm-spapr)
    std::set<TpmVersion> tpm_versions;  // empty where libvirt (< 8.6) does not say
};

[[nodiscard]] Result<DomainCapabilities> parse_domain_capabilities(std::string_view text);

} // namespace vtpmlab::xml
