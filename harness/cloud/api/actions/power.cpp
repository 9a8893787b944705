// os-stop, os-start, reboot, pause, unpause, suspend, resume

#include "cloud/api/server_action.h"
#include "cloud/compute/operations/operations.h"

#include <algorithm>

namespace vtpmlab::cloud {
namespace {

using Answer = http::Outcome<http::Response>;

Answer reboot(const ActionCall& call) {
    auto type = call.body.at("type").get<std::string>();
    std::transform(type.begin(), type.end(), type.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return type == "HARD" ? cast(call, "reboot HARD", "reboot", reboot_instance(RebootType::hard))
                          : cast(call, "reboot", "reboot", reboot_instance(RebootType::soft));
}

} // namespace

std::vector<ServerAction> power_actions() {
    const auto plain = [](std::string name, std::string_view rule, std::string action,
                          Operation operation) {
        return ServerAction{name, bare_schema(name), rule, Need::project_member,
                            [action, operation](const ActionCall& call) {
                                return cast(call, action, action, operation);
                            }};
    };
    return {
        plain("os-stop", "os_compute_api:servers:stop", "stop", stop_instance()),
        plain("os-start", "os_compute_api:servers:start", "start", start_instance()),
        plain("pause", "os_compute_api:os-pause-server:pause", "pause", pause_instance()),
        plain("unpause", "os_compute_api:os-pause-server:unpause", "unpause", unpause_instance()),
        plain("suspend", "os_compute_api:os-suspend-server:suspend", "suspend", suspend_instance()),
        plain("resume", "os_compute_api:os-suspend-server:resume", "resume", resume_instance()),
        {"reboot", body_schema("reboot", R"({
            "type": "object", "required": ["type"], "additionalProperties": false,
            "properties": {"type": {"type": "string",
                "enum": ["HARD", "Hard", "hard", "SOFT", "Soft", "soft"]}}})"),
         "os_compute_api:servers:reboot", Need::project_member, reboot},
    };
}

} // namespace vtpmlab::cloud
