#pragma once
// Does a TPM's state on disk open with a passphrase? The one to ask is swtpm: it alone knows what
// it takes for a right key.

#include <vtpmlab/result.h>
#include <vtpmlab/secret_value.h>
#include <vtpmlab/tpm.h>

#include <filesystem>

namespace vtpmlab {

// Starts a swtpm on a copy of `state`, an instance's directory with tpm1.2 or tpm2 in it, with the
// key libvirt derives from the passphrase. False when swtpm cannot decrypt the state; anything else
// that keeps it from answering is an error of kind lab.
// The copy stands in a directory of its own below `scratch` while swtpm reads it; swtpm ends with
// this program, however that ends.
[[nodiscard]] Result<bool> swtpm_opens(const std::filesystem::path& state, TpmVersion version,
                                       const SecretValue& passphrase,
                                       const std::filesystem::path& scratch);

} // namespace vtpmlab
