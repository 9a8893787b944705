#include "cloud/state/records.h"

#include <fmt/format.h>

namespace vtpmlab::cloud {

std::string ServerRecord::domain_name() const { return fmt::format("instance-{:08x}", number); }

bool Migration::is_under_way() const {
    return status == "queued" || status == "preparing" || status == "running" ||
           status == "post-migrating";
}

} // namespace vtpmlab::cloud
