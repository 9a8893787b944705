#pragma once
// How a server comes to ERROR: state, task and the fault its owner reads.

#include "cloud/exception.h"
#include "cloud/state/records.h"

#include <string>

namespace vtpmlab::cloud {

// The message is cut at 255 bytes, Nova's column; code 500 as for every asynchronous failure.
// spec: nova-vtpm §REQ-8
void set_error(ServerRecord& server, std::string message, std::string details, Clock::Time now);

// The fault alone; the API shows it only while the server is in ERROR.
void record_fault(ServerRecord& server, const Exception& exception, Clock::Time now);

} // namespace vtpmlab::cloud
