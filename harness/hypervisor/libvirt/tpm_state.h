#pragma once
// What swtpm left on disk: one directory an instance below libvirt's swtpm directory, in it tpm1.2
// or tpm2 with the state blob (spec: nova-vtpm §4.5). Judged from a listing, for on an ordinary
// user's host only the host's own root may look into those directories.

#include "process/file_tree.h"

#include <vtpmlab/hypervisor.h>

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace vtpmlab {

// `tree` is the listing of `swtpm_directory`. Sorted by directory.
[[nodiscard]] std::vector<TpmStateInfo>
tpm_states_in(const std::vector<FileEntry>& tree, const std::filesystem::path& swtpm_directory,
              const std::function<std::string(uid_t)>& user_name);

// Does this state blob's header say that its data is encrypted? False for what is no blob at all.
[[nodiscard]] bool is_encrypted_blob(std::span<const unsigned char> head);

} // namespace vtpmlab
