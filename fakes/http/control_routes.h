#pragma once
// /__control of one service: faults, journal, snapshots, clock. The table is in fakes/README.md.

#include "http/control.h"
#include "http/fault_plan.h"
#include "http/journal.h"
#include "http/server.h"

#include <atomic>
#include <string>
#include <vector>

namespace vtpmlab::http {

struct ControlParts {
    std::string service;
    const Control& control;
    StateKeeper state;
    Journal* journal; // null: there is none
    FaultPlan* faults;
    const std::atomic<bool>* stopping; // ends a long wait
};

[[nodiscard]] std::vector<Route> control_routes(ControlParts parts);

} // namespace vtpmlab::http
