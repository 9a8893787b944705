#pragma once
// A move whose server is deleted under it. The deletion works on the server's own host and gives
// back what the server itself holds; what the move has on the other host, and holds itself, Nova
// finds later, in its periodic _cleanup_incomplete_migrations and
// _cleanup_running_deleted_instances. Here it goes at once.

#include "cloud/compute/compute_service.h"

#include <vector>

namespace vtpmlab::cloud {

// After a part of the move has failed with that; does nothing unless a deletion was the reason.
// `server` as it was when the move began.
void yield_to_deletion(Context& context, const std::vector<ComputeService*>& computes,
                       const ServerRecord& server, const Migration& migration,
                       const Exception& exception);

} // namespace vtpmlab::cloud
