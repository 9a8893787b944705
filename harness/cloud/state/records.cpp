#include "cloud/state/records.h"

#include <fmt/format.h>

namespace vtpmlab::cloud {

std::string ServerRecord::domain_name() const { return fmt::format("instance-{:08x}", number); }

} // namespace vtpmlab::cloud
