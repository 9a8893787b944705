#pragma once
// POST /servers: from the body to records, with every check Nova makes before it answers 202. What
// it does not check is as important: a bad vTPM request of the flavor's is accepted.
// spec: nova-vtpm §REQ-5
// spec: nova-vtpm §REQ-8

#include "cloud/context.h"
#include "cloud/neighbours/image_service.h"
#include "http/message.h"

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace vtpmlab::cloud {

// The schema of the body at the newest microversion; older ones are looser where it matters.
[[nodiscard]] const char* server_create_schema();

struct CreateOrder {
    std::vector<ServerRecord> servers; // without number
    bool wants_reservation = false;
};

// Reads flavor and image, the image with the user's token.
[[nodiscard]] http::Outcome<CreateOrder> read_create_order(Context& cloud,
                                                           const http::Request& request,
                                                           const nlohmann::json& body,
                                                           ImageService& images);

// The text of Nova's complaint about an image property whose value is not in its enumeration.
[[nodiscard]] std::optional<std::string> image_metadata_violation(const ImageCopy& image);

} // namespace vtpmlab::cloud
