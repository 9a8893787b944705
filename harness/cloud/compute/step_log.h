#pragma once
// The steps of one operation on one server as lines of the compute log, each with the time since
// the step before it:
//
//     … INFO nova-compute compute-1: instance 6f1c…: domain started after 2713 ms

#include "cloud/compute/service_life.h"
#include "cloud/context.h"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>

namespace vtpmlab::cloud {

class StepLog {
public:
    StepLog(Log& log, const std::string& host, const std::string& server_id, ServiceLife& life)
        : log_(log), life_(life), about_(fmt::format("{}: instance {}", host, server_id)) {}

    // A name of compute_step; never with a secret's value in it. The service may be killed here,
    // and then this does not return (service_life.h).
    void done(std::string_view what) {
        const auto now = Clock::now();
        const auto taken =
            std::chrono::duration_cast<std::chrono::milliseconds>(now - std::exchange(last_, now));
        log_.info("nova-compute", fmt::format("{}: {} after {} ms", about_, what, taken.count()));
        life_.reached(what);
    }

private:
    using Clock = std::chrono::steady_clock; // the cloud's own may be moved by a test
    Log& log_;
    ServiceLife& life_;
    std::string about_;
    Clock::time_point last_ = Clock::now();
};

} // namespace vtpmlab::cloud
