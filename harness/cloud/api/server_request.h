#pragma once
// POST /servers: from the body to records, with every check Nova makes before it answers 202. What
// it does not check is as important: a bad vTPM request of the flavor's is accepted.
// spec: nova-vtpm §REQ-5
// spec: nova-vtpm §REQ-8

#include "cloud/api/api.h"
#include "cloud/neighbours/image_service.h"
#include "http/message.h"

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace vtpmlab::cloud {

struct CreateOrder {
    std::vector<ServerRecord> servers; // without number
    std::string forced_to;             // see Conductor::build
    bool wants_reservation = false;
};

// Reads flavor and image, the image with the user's token.
[[nodiscard]] http::Outcome<CreateOrder> read_create_order(Api& api, const http::Request& request,
                                                           const nlohmann::json& body,
                                                           ImageService& images);

// The flavor of that name or URL, if the caller may use it.
[[nodiscard]] http::Outcome<Flavor> requested_flavor(Context& cloud, const http::Request& request,
                                                     const nlohmann::json& reference);
// A pair of the caller's; 400 when there is none of that name.
[[nodiscard]] http::Outcome<void> check_key_name(Context& cloud, const http::Request& request,
                                                 const std::string& name);
// What `user_data` and `rescue`'s like must be: base64.
[[nodiscard]] http::Outcome<void> check_user_data(const nlohmann::json& server);
// "True", "on", "1", true: Nova's booleans are many.
[[nodiscard]] bool is_true(const nlohmann::json& value);

// The text of Nova's complaint about an image property whose value is not in its enumeration.
[[nodiscard]] std::optional<std::string> image_metadata_violation(const ImageCopy& image);

} // namespace vtpmlab::cloud
