#pragma once
// What libvirt knows about QEMU (2 s to find out), as files it believes as long as the programs
// are the same: kept from host to host and from run to run, and made to say less for a host that is
// to lack a TPM model.
//
// libvirtd itself sees whether what it knew still holds (QEMU's and its own time stamps, its
// version, the kernel); so a stale file costs a probe and nothing else.

#include <vtpmlab/result.h>
#include <vtpmlab/tpm.h>

#include <filesystem>
#include <set>

namespace vtpmlab {

// From `kept` to where a daemon looks, what is not there yet. Nothing when `kept` is empty. An
// error only costs time, so there is none; the same holds for keep_capabilities.
void load_capabilities(const std::filesystem::path& kept, const std::filesystem::path& known);
void keep_capabilities(const std::filesystem::path& known, const std::filesystem::path& kept);

// Every line that names another TPM model than these goes. True when there was one: the daemon has
// to read its files anew.
[[nodiscard]] Result<bool> leave_only_tpm_models(const std::filesystem::path& known,
                                                 const std::set<TpmModel>& models);

} // namespace vtpmlab
