#pragma once
// The key manager as a persona sees it. Payloads are only ever compared; they live in SecretValue
// and leave this process nowhere.

#include "client/session.h"
#include "runner/case_context.h"

#include <vtpmlab/result.h>
#include <vtpmlab/secret_value.h>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace vtpmlab::runner {

// Metadata of all secrets the persona may list, each with its "id" added.
[[nodiscard]] Result<nlohmann::json> list_secrets(client::Session& session, Deadline deadline);

// spec: nova-vtpm §SPN-1: the name that ties a secret to its server.
[[nodiscard]] std::string secret_name_for(const std::string& server_id);

struct ServerSecret {
    std::string id;
    SecretValue passphrase;
};
// The one of that server among `secrets`, as list_secrets gave them to this persona.
[[nodiscard]] Result<ServerSecret>
secret_of_server(client::Session& session, const std::string& persona, const std::string& server_id,
                 const nlohmann::json& secrets, Deadline deadline);

[[nodiscard]] Result<SecretValue> read_payload(client::Session& session, const std::string& id,
                                               Deadline deadline);

} // namespace vtpmlab::runner
