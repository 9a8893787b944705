#pragma once
// Waiting for servers, shared by the verbs and the clean-up after a case.

#include "client/session.h"
#include "runner/api.h"
#include "runner/case_context.h"

#include <vtpmlab/result.h>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace vtpmlab::runner {

// The newest microversion both sides speak.
inline constexpr const char* newest_compute = "compute latest";

[[nodiscard]] Result<Answer> show_server(client::Session& session, const std::string& id,
                                         const std::string& microversion, Deadline deadline);

// Every server of a list, on as many pages as it has; `path` has a query already.
[[nodiscard]] Result<std::vector<nlohmann::json>>
list_servers(client::Session& session, const std::string& path, Deadline deadline);

// Until the API no longer knows it. A server in ERROR that stays is told with its fault.
[[nodiscard]] Status wait_until_deleted(CaseContext& context, client::Session& session,
                                        const std::string& id, Deadline deadline);

// "ACTIVE", or "ERROR: No valid host was found" for a server of an answer.
[[nodiscard]] std::string status_text(const nlohmann::json& server);

// Deletes what the steps left, each server as the persona that made it.
[[nodiscard]] Status delete_all_servers(CaseContext& context, Deadline deadline);

// Waits until no store holds anything, for deletion goes on behind the API's back; the error names
// each thing that stays. `stores`: of these alone; empty: of all.
[[nodiscard]] Status expect_nothing_left(CaseContext& context, Deadline deadline,
                                         const std::vector<std::string>& stores = {});

} // namespace vtpmlab::runner
