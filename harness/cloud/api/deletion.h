#pragma once
// How a server's deletion begins, by DELETE or forceDelete.

#include "cloud/api/api.h"
#include "cloud/conductor/conductor.h"

namespace vtpmlab::cloud {

// Marks the server and sends the deletion on its way; a second request while the first still works
// changes nothing. Where deletions are soft, a server that never ran is not
// kept all the same, nor one that is on its way to another host: half of it would be kept. 404 when
// it is gone, 409 when the state rule of that name says so. spec: nova-vtpm §LIF-DEL-6
[[nodiscard]] http::Outcome<void> begin_deletion(Api& api, const http::Request& request,
                                                 const ServerRecord& server,
                                                 std::string_view state_rule,
                                                 Conductor::Removal removal);

} // namespace vtpmlab::cloud
