#pragma once
// What each witness of a report testifies, on its own. The one place that knows what a driver's
// name, an ACPI table or a register means.
//
// spec: nova-vtpm §4.6

#include <vtpmlab/evidence.h>

#include <vector>

namespace vtpmlab {

[[nodiscard]] std::vector<Testimony> hear_witnesses(const GuestReport& report);

} // namespace vtpmlab
