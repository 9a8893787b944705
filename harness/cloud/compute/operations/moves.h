#pragma once
// The steps of a cold migration or resize, in the order in which they happen and on the host where
// each does. Together they move server, TPM state and allocations; the migration's record says how
// far they came.
// spec: nova-vtpm §5.7

#include "cloud/compute/operation.h"

namespace vtpmlab::cloud {

// On the source. The server is the destination's when this is through.
[[nodiscard]] Operation resize_instance(const Migration& migration, Driver& destination);
// On the destination: VERIFY_RESIZE, or ERROR.
[[nodiscard]] Operation finish_resize(const Migration& migration);
// On the source.
[[nodiscard]] Operation confirm_resize(const Migration& migration);
// On the destination, then on the source.
[[nodiscard]] Operation revert_resize(const Migration& migration);
[[nodiscard]] Operation finish_revert_resize(const Migration& migration);

// In the migration's record; a record that is gone is nobody's.
void set_migration_status(Context& context, const std::string& uuid, const std::string& status);

} // namespace vtpmlab::cloud
