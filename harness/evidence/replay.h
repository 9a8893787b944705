#pragma once
// Does the firmware's event log account for the PCRs? The log is measured again, in every bank, and
// where the outcome differs the event that explains the difference is looked for.

#include "evidence/event_log.h"

#include <vtpmlab/evidence.h>

#include <map>
#include <string>
#include <vector>

namespace vtpmlab {

// What the events make of the PCRs they name, in one bank.
[[nodiscard]] std::map<unsigned, Bytes> replay(const EventLog& log, const std::string& algorithm);

// The firmware's PCRs (0 to 7) and every other the log names, in this bank. The bank must be one
// of the log's.
[[nodiscard]] std::vector<PcrMismatch> compare(const EventLog& log, const PcrBank& bank);

} // namespace vtpmlab
