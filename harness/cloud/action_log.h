#pragma once
// What was asked of a server, and how each step of it went: Nova's instance actions and events.

#include "cloud/context.h"
#include "cloud/exception.h"

#include <string>

namespace vtpmlab::cloud {

// Before the API answers 202. `action` in Nova's word: "stop", "live-migration".
void begin_action(Context& context, const Requester& requester, const ServerRecord& server,
                  const std::string& action);

// One step, from construction to finish(). A step that nobody finishes shows as one that never
// ended, as after the death of a service.
class EventScope {
public:
    EventScope(Context& context, const Requester& requester, std::string server_id,
               std::string event, std::string host = {});
    void finish();
    void finish(const Exception& exception);

private:
    void close(std::optional<std::string> error);

    Context& context_;
    std::string server_id_;
    std::string request_id_;
    std::string event_;
    std::string host_;
};

} // namespace vtpmlab::cloud
