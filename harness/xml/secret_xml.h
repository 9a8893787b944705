#pragma once
// A libvirt secret as Nova writes it, and as libvirt lists it. The value never stands in XML.

#include <vtpmlab/hypervisor.h>
#include <vtpmlab/result.h>

#include <string>
#include <string_view>

namespace vtpmlab::xml {

// spec: nova-vtpm §4.3: ephemeral, private, uuid, usage type vtpm with the instance's UUID as name,
// no description.
[[nodiscard]] std::string secret_xml(const SecretSpec& spec);
[[nodiscard]] Result<SecretSpec> parse_secret(std::string_view text);

} // namespace vtpmlab::xml
