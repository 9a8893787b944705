#pragma once
// nova-scheduler: asks Placement for candidates, weighs them, claims one for each server, and names
// alternates for builds that fail.

#include "cloud/context.h"
#include "cloud/neighbours/placement.h"
#include "cloud/scheduler/resource_request.h"

#include <tl/expected.hpp>

#include <string>
#include <vector>

namespace vtpmlab::cloud {

// [scheduler] max_attempts: the first host and two alternates.
inline constexpr unsigned max_build_attempts = 3;

struct Destination {
    Candidate host; // already claimed
    std::vector<Candidate> alternates;
};

class Scheduler {
public:
    // Providers that are compute hosts of this cloud, in the order in which equals are taken.
    Scheduler(Context& context, std::vector<std::string> providers);

    // One destination for each server, all made from the same request, or none at all; the error is
    // the text of the exception, for the servers' fault.
    [[nodiscard]] tl::expected<std::vector<Destination>, std::string>
    select(const std::vector<ServerRecord>& servers);

    // For an alternate whose turn has come.
    [[nodiscard]] bool claim(const ServerRecord& server, const Candidate& host);

private:
    Context& context_;
    Placement placement_;
    std::vector<std::string> providers_;
};

} // namespace vtpmlab::cloud
