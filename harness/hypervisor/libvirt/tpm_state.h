#pragma once
// What swtpm left on disk: one directory an instance below libvirt's swtpm directory, in it tpm1.2
// or tpm2 with the state blob (spec: nova-vtpm §4.5). Read only; must run as somebody who may enter
// those directories, which on an ordinary user's host is only the host's own root.

#include <vtpmlab/hypervisor.h>
#include <vtpmlab/result.h>

#include <filesystem>
#include <span>
#include <vector>

namespace vtpmlab {

// Sorted by directory. No such directory is no state.
[[nodiscard]] Result<std::vector<TpmStateInfo>>
read_tpm_states(const std::filesystem::path& swtpm_directory);

// Does this state blob's header say that its data is encrypted? False for what is no blob at all.
[[nodiscard]] bool is_encrypted_blob(std::span<const unsigned char> head);

} // namespace vtpmlab
