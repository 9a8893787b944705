#include "cloud/instance_fault.h"

#include <utility>

namespace vtpmlab::cloud {
namespace {

constexpr std::size_t message_limit = 255;

// Never in the middle of a UTF-8 character.
std::string cut(std::string text) {
    if (text.size() <= message_limit)
        return text;
    std::size_t end = message_limit;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
        --end;
    text.resize(end);
    return text;
}

} // namespace

void set_error(ServerRecord& server, std::string message, std::string details, Clock::Time now) {
    server.vm_state = VmState::error;
    server.task_state = TaskState::none;
    server.updated_at = now;
    server.fault = InstanceFault{500, cut(std::move(message)), std::move(details), now};
}

void record_fault(ServerRecord& server, const Exception& exception, Clock::Time now) {
    server.fault = InstanceFault{500, cut(exception.shown()), exception.message, now};
    server.updated_at = now;
}

} // namespace vtpmlab::cloud
