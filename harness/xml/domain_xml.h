#pragma once
// A server as a libvirt domain, and the TPM read back from a domain libvirt shows.

#include <vtpmlab/hypervisor.h>
#include <vtpmlab/result.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace vtpmlab::xml {

// What the host adds to the server's own values.
struct DomainPlatform {
    std::string accelerator = "tcg"; // "kvm" or "tcg"
    std::string machine = "pc";
};

// A BIOS machine without graphics or network: the first serial port is the console's file, the
// second a UNIX socket that QEMU makes. The <tpm> element is exactly Nova's: always an emulator,
// always encrypted, no persistent_state, no PCR banks (spec: nova-vtpm §4.3).
[[nodiscard]] std::string domain_xml(const DomainSpec& spec, const DomainPlatform& platform);

// `live`, as libvirt shows it for a migration, with the paths that are another host's: kernel and
// initrd, disk, console and probe. Everything else stays, for the guest's machine may not change.
// An error when `spec` is not of the same guest.
[[nodiscard]] Result<std::string> move_domain_xml(std::string_view live, const DomainSpec& spec);

// A raw file as the target of a disk's copy.
[[nodiscard]] std::string copied_disk_xml(const std::filesystem::path& file);

// The domain's <tpm>; nothing when it has none. An error when it is one no server here can have: no
// encryption, passthrough, more than one.
[[nodiscard]] Result<std::optional<DomainTpm>> parse_domain_tpm(std::string_view domain);

} // namespace vtpmlab::xml
