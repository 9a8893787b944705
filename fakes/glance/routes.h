#pragma once
// The table of Glance's routes.

#include "glance/data_files.h"
#include "glance/metadef_store.h"
#include "glance/store.h"
#include "http/server.h"

#include <vector>

namespace vtpmlab::fakes::glance {

// What every handler speaks of.
using http::Body;
using http::Outcome;
using http::refuse;
using http::Request;
using http::Response;
using nlohmann::json;

struct Limits {
    std::uint64_t image_size;   // bytes of one image
    std::uint64_t user_storage; // bytes of all images of a project; 0: no limit
};

struct Parts {
    Store& store;
    MetadefStore& metadefs;
    DataFiles& files;
    const Clock& clock;
    Limits limits;
};

[[nodiscard]] std::vector<http::Route> discovery_routes(Parts parts); // versions, schemas, info
[[nodiscard]] std::vector<http::Route> image_routes(Parts parts);     // create, show, patch, delete
[[nodiscard]] std::vector<http::Route> list_routes(Parts parts);
[[nodiscard]] std::vector<http::Route> data_routes(Parts parts);    // up and down
[[nodiscard]] std::vector<http::Route> import_routes(Parts parts);  // stage, import, tasks
[[nodiscard]] std::vector<http::Route> sharing_routes(Parts parts); // members, tags, actions
[[nodiscard]] std::vector<http::Route> metadef_routes(Parts parts); // namespaces and what they hold

// 300 with every version, as for "/": what an unknown version gets as well.
[[nodiscard]] http::Response version_choices(const http::Request& request);

[[nodiscard]] std::shared_ptr<const http::Dialect> dialect();

// For Fault::code: the message stands as detail under the status's own explanation.
inline constexpr std::string_view as_detail = "detail";
// 204 and the like, as WebOb answers where a controller says nothing.
[[nodiscard]] http::Response nothing();

// `limit` of a list's query, and a link to one of its pages.
[[nodiscard]] http::Outcome<std::size_t> limit_of(const http::Query& query);
[[nodiscard]] std::string page_link(const std::string& path, const http::Query& query,
                                    const std::string* marker);

[[nodiscard]] tl::unexpected<http::Fault> unsupported_media_type(const http::Request& request);

} // namespace vtpmlab::fakes::glance
