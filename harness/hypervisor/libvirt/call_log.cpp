#include "hypervisor/libvirt/call_log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <fstream>

namespace vtpmlab {

void CallLog::add(std::chrono::system_clock::time_point begun, std::chrono::milliseconds took,
                  std::string_view what, bool is_refused) {
    const auto since_epoch =
        std::chrono::duration_cast<std::chrono::milliseconds>(begun.time_since_epoch());
    const std::time_t seconds = std::chrono::system_clock::to_time_t(begun);
    const std::lock_guard lock(mutex_);
    std::ofstream(file_, std::ios::app) << fmt::format(
        "{:%Y-%m-%dT%H:%M:%S}.{:03}Z {} ms {}{}\n", fmt::gmtime(seconds),
        since_epoch.count() % 1000, took.count(), what, is_refused ? ", refused" : "");
}

} // namespace vtpmlab
