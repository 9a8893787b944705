#pragma once
// Placement as Nova's report client uses it: the provider of a compute host with inventories and
// traits, candidates for a request, claims. Always as the service user, at the microversions Nova
// names for each call.

#include "client/session.h"

#include <vtpmlab/result.h>

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace vtpmlab::cloud {

using Resources = std::map<std::string, unsigned>; // resource class → amount

struct Inventory {
    unsigned total = 0;
    unsigned reserved = 0;
    double allocation_ratio = 1.0;
};

struct Candidate {
    std::string provider;
    Resources resources;
    // What is free there, by Placement's summary; decides between candidates.
    Resources free;
};

struct Claim {
    std::string consumer; // the server's id
    std::string provider;
    Resources resources;
    std::string project_id;
    std::string user_id;
};

class Placement {
public:
    explicit Placement(client::Session& nova) : nova_(nova) {}

    // Makes the provider, or finds it; its UUID is the compute node's.
    [[nodiscard]] Status ensure_provider(const std::string& uuid, const std::string& name);
    [[nodiscard]] Status set_inventories(const std::string& uuid,
                                         const std::map<std::string, Inventory>& inventories);
    [[nodiscard]] Result<std::set<std::string>> traits(const std::string& uuid);
    // Traits Placement does not know are asked for, and a standard one is refused (§SCH-8).
    [[nodiscard]] Status set_traits(const std::string& uuid, const std::set<std::string>& traits);

    // `query` as in ResourceRequest::query(). Nothing when Placement answers anything but 200: a
    // trait it does not know is a 400, and Nova takes that for "no candidate".
    // spec: nova-vtpm §SCH-4
    // spec: nova-vtpm §SCH-5
    [[nodiscard]] Result<std::vector<Candidate>> candidates(const std::string& query);

    // False when the resources are gone, or Placement went on saying concurrent_update.
    [[nodiscard]] Result<bool> claim(const Claim& claim);
    // In one request: what `from` holds is held by `to` afterwards, whatever that one held before.
    // The server's to its migration when a move begins, and back when it is undone.
    [[nodiscard]] Status move_allocations(const std::string& from, const std::string& to);
    // No allocations is not an error.
    [[nodiscard]] Status remove_allocations(const std::string& consumer);

private:
    [[nodiscard]] Result<client::HttpResponse> call(const std::string& method,
                                                    const std::string& path,
                                                    const std::string& version,
                                                    std::optional<client::Body> body = {});
    [[nodiscard]] Result<int> generation(const std::string& uuid);

    client::Session& nova_;
};

} // namespace vtpmlab::cloud
