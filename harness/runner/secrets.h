#pragma once
// The key manager as a persona sees it. Payloads are only ever compared; they live in SecretValue
// and leave this process nowhere.

#include "client/session.h"
#include "runner/case_context.h"

#include <vtpmlab/result.h>
#include <vtpmlab/secret_value.h>

#include <nlohmann/json.hpp>

#include <optional>
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

// Whatever the key manager answers; a payload when it gave one.
struct PayloadAnswer {
    int status = 0;
    std::string message; // the refusal's text
    std::optional<SecretValue> payload;
};
[[nodiscard]] Result<PayloadAnswer> ask_payload(client::ServiceClient& session,
                                                const std::string& id, Deadline deadline);
// The same, where anything but a payload is an error.
[[nodiscard]] Result<SecretValue> read_payload(client::Session& session, const std::string& id,
                                               Deadline deadline);

} // namespace vtpmlab::runner
