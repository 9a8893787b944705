#pragma once
// What the handlers of Keystone's tables share.

#include "http/message.h"
#include "keystone/store.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace vtpmlab::fakes::keystone {

// 403 in Keystone's words; `action` without "identity:".
[[nodiscard]] tl::unexpected<http::Fault> forbidden(std::string_view action);
// 404 "Could not find user: X."
[[nodiscard]] tl::unexpected<http::Fault> could_not_find(std::string_view what,
                                                         std::string_view id);
// 400 "Expecting to find X in Y. …"
[[nodiscard]] tl::unexpected<http::Fault> expecting(std::string_view what, std::string_view place);

[[nodiscard]] http::Outcome<void> need_admin(const http::Request& request,
                                             const std::string& action);
// Admins, and readers of the whole system.
[[nodiscard]] http::Outcome<void> need_reader(const http::Request& request,
                                              const std::string& action);

// The object under `key` of the body.
[[nodiscard]] http::Outcome<nlohmann::json> submitted(const http::Request& request,
                                                      const char* key);

// {"KEY": […], "links": {self, previous, next}}
[[nodiscard]] http::Response listed(const http::Request& request, const char* key,
                                    nlohmann::json items);
// The same with its own address: …/v3/PLURAL/ID.
[[nodiscard]] nlohmann::json with_link(nlohmann::json body, std::string_view plural,
                                       const http::Request& request);

// `?name=x&enabled=true`: a field that is there must be equal; unknown fields filter nothing out.
[[nodiscard]] bool passes(const nlohmann::json& body, const http::Query& filters);

} // namespace vtpmlab::fakes::keystone
