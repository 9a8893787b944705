#pragma once
// The witness's mark in the server's disk (vtpmlab/witness_block.h), past every cache: pages the
// kernel keeps travel with a guest's memory, and would hide what its disk has become.

#include "probe/look.h"
#include "probe/tpm.h"

namespace vtpmlab::probe {

// Nothing without a disk.
[[nodiscard]] Look<Bytes> read_disk_mark(const Machine& machine);
// Refused where the image did not leave a block to the witness.
[[nodiscard]] Status write_disk_mark(const Machine& machine, const Bytes& mark);

} // namespace vtpmlab::probe
