#pragma once
// The servers of a cloud another vtpmlab holds up, as its administrator sees them over HTTP.

#include "cli/running_clouds.h"

#include <vtpmlab/result.h>

#include <string>
#include <vector>

namespace vtpmlab::cli {

struct CloudServer {
    std::string id, name, status;
    std::string host; // empty on none
};

[[nodiscard]] Result<std::vector<CloudServer>> servers_of(const CloudRecord& cloud);

} // namespace vtpmlab::cli
