#pragma once
// The one function that turns an Error into what a person reads.

#include <vtpmlab/error.h>

#include <string>

namespace vtpmlab {

// Ends with a newline. For an error in a scenario:
//
//     scenarios/x.yaml:12:9: unknown key 'tpm_modle'
//        12 |         tpm_modle: tpm-crb
//           |         ^
//       hint: did you mean 'tpm_model'?
//
// and for one of the lab:
//
//     error: libvirtd did not answer within 20 s
//       where: virConnectOpen on compute-1
//       cause: …
//       hint: …
[[nodiscard]] std::string error_text(const Error& error);

} // namespace vtpmlab
