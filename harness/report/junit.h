#pragma once
// A run as JUnit XML, in the dialect the common CI readers agree on: testsuites / testsuite (one a
// scenario file) / testcase with classname, name and time in seconds, failure for the product,
// error for the lab, skipped with its reason. Always well-formed, whatever a guest or a service
// said: characters XML forbids become \xNN.

#include "report/result.h"

#include <string>

namespace vtpmlab::report {

[[nodiscard]] std::string junit_xml(const RunSummary& summary);

} // namespace vtpmlab::report
