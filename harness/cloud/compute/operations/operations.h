#pragma once
// The operations of nova-compute by name. Each sets the states the reference gives; none answers a
// client: the API has, before they begin.
// spec: nova-vtpm §5

#include "cloud/compute/operation.h"

namespace vtpmlab::cloud {

[[nodiscard]] Operation stop_instance();
[[nodiscard]] Operation start_instance();
enum class RebootType { soft, hard };
[[nodiscard]] Operation reboot_instance(RebootType type);

} // namespace vtpmlab::cloud
