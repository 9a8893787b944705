#pragma once
// What libvirt says when a call fails. Its last error is one for each thread and the next call
// overwrites it, so it is taken in the same expression as the call:
//
//     if (virDomainCreate(domain.get()) < 0)
//         return fail(last_error("virDomainCreate", host));

#include <vtpmlab/error.h>

#include <string>
#include <string_view>

namespace vtpmlab::vir {

// libvirt's text and code as the message ("… (VIR_ERR_NO_SECRET, 66)"), call and host as the place.
// Kind lab when the daemon could not be reached, product when it refused.
[[nodiscard]] Error last_error(std::string_view call, std::string_view host);

// The code of this thread's last error.
[[nodiscard]] int last_code();

// libvirt prints every error to standard error by itself; from here on it does not. Safe to call
// more than once.
void silence_standard_error();

} // namespace vtpmlab::vir
