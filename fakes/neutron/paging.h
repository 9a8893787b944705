#pragma once
// Pages of Neutron's lists, as its own api_common and query hook make them. All lists are empty
// here, so a page is its links, and a marker is never found.

#include "http/message.h"

#include <nlohmann/json_fwd.hpp>

namespace vtpmlab::fakes::neutron {

// What a list says of a marker it does not know. Most take no notice.
struct MarkerMissing {
    const char* type = nullptr;    // "NetworkNotFound"
    const char* message = nullptr; // "Network {} could not be found."
};

// The links of an empty page: null where the client asked for no pages. 400 on a limit that is no
// number, 404 on a marker that the list has to know.
[[nodiscard]] http::Outcome<nlohmann::json> page_links(const http::Request& request,
                                                       const MarkerMissing& missing);

} // namespace vtpmlab::fakes::neutron
