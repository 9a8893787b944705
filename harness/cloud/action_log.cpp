#include "cloud/action_log.h"

namespace vtpmlab::cloud {
namespace {

void complain(Context& context, const Status& status) {
    if (!status)
        context.log.warning("nova", status.error().message);
}

} // namespace

void begin_action(Context& context, const Requester& requester, const ServerRecord& server,
                  const std::string& action) {
    InstanceAction record;
    record.server_id = server.id;
    record.server_project_id = server.project_id;
    record.request_id = requester.request_id;
    record.action = action;
    record.user_id = requester.user_id;
    record.project_id = requester.project_id;
    record.started_at = record.updated_at = context.clock->now();
    complain(context, context.store.add_action(record));
}

EventScope::EventScope(Context& context, const Requester& requester, std::string server_id,
                       std::string event, std::string host)
    : context_(context), server_id_(std::move(server_id)), request_id_(requester.request_id),
      event_(std::move(event)), host_(std::move(host)) {
    complain(context_,
             context_.store.change_action(server_id_, request_id_, [&](InstanceAction& action) {
                 action.updated_at = context_.clock->now();
                 action.events.push_back({event_, host_, action.updated_at, {}, {}});
             }));
}

void EventScope::finish() { close(std::nullopt); }
void EventScope::finish(const Exception& exception) { close(exception.shown()); }

void EventScope::close(std::optional<std::string> error) {
    complain(context_,
             context_.store.change_action(server_id_, request_id_, [&](InstanceAction& action) {
                 action.updated_at = context_.clock->now();
                 if (error)
                     action.has_failed = true;
                 for (auto event = action.events.rbegin(); event != action.events.rend(); ++event)
                     if (event->name == event_ && event->host == host_) {
                         event->finished_at = action.updated_at;
                         event->error = error;
                         return;
                     }
             }));
}

} // namespace vtpmlab::cloud
