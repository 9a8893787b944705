#pragma once
// nova-scheduler: asks Placement for candidates, weighs them, claims one for each server, and names
// alternates for builds that fail.

#include "cloud/context.h"
#include "cloud/neighbours/placement.h"
#include "cloud/scheduler/resource_request.h"

#include <tl/expected.hpp>

#include <functional>
#include <string>
#include <unordered_map>
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
    struct Host {
        std::string name;
        std::string provider;
        // Its compute service is up and not disabled (nova's ComputeFilter).
        std::function<bool()> is_usable = [] { return true; };
    };
    // In the order in which equals are taken.
    Scheduler(Context& context, std::vector<Host> hosts);

    // One destination for each server, all made from the same request, or none at all; the error is
    // the text of the exception, for the servers' fault.
    struct Limits {
        std::string leave_out = {}; // the host a server that moves must not land on
        // An administrator's zone:host, "host: compute-2 node: None": no filter judges that host,
        // and Placement alone can refuse it.
        std::string forced_to = {};
    };
    [[nodiscard]] tl::expected<std::vector<Destination>, std::string>
    select(const std::vector<ServerRecord>& servers, const Limits& limits);
    [[nodiscard]] auto select(const std::vector<ServerRecord>& servers) {
        return select(servers, Limits{});
    }

    // Of one host, whatever the filters would say; what it takes is as much as the flavor asks for.
    [[nodiscard]] bool claim_on(const ServerRecord& server, const std::string& provider);
    // For an alternate whose turn has come.
    [[nodiscard]] bool claim(const ServerRecord& server, const Candidate& host);

private:
    Context& context_;
    Placement placement_;
    [[nodiscard]] const Host* find(const std::string& name) const;
    [[nodiscard]] tl::expected<std::vector<Candidate>, std::string>
    candidates(const ServerRecord& server, const Limits& limits);

    std::vector<Host> hosts_;
    // Indexes of hosts_: a request may have a thousand candidates.
    std::unordered_map<std::string, std::size_t> by_provider_;
    std::unordered_map<std::string, std::size_t> by_name_;
};

} // namespace vtpmlab::cloud
