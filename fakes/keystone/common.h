#pragma once
// What the handlers of Keystone's tables share.

#include "http/server.h"
#include "keystone/store.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace vtpmlab::fakes::keystone {

// What every handler speaks of.
using http::Body;
using http::Outcome;
using http::refuse;
using http::Request;
using http::Response;
using nlohmann::json;

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

// The body, an empty one as an empty object. Refuses what is no JSON, no object, or not called
// JSON, as the real one does before it looks at anything else.
[[nodiscard]] http::Outcome<nlohmann::ordered_json> object_body(const http::Request& request);
// What stands under `key` of it, or `absent`, if the schema of that name takes it.
[[nodiscard]] http::Outcome<nlohmann::json> submitted(const nlohmann::ordered_json& body,
                                                      const char* key, const std::string& schema,
                                                      const nlohmann::json& absent);

// {"KEY": […], "links": {self, previous, next}}
[[nodiscard]] http::Response listed(const http::Request& request, const char* key,
                                    nlohmann::json items);
// The same with its own address: …/v3/PLURAL/ID.
[[nodiscard]] nlohmann::json with_link(nlohmann::json body, std::string_view plural,
                                       const http::Request& request);

// `?name=x&enabled=true`: a field that is there must be equal; unknown fields filter nothing out.
[[nodiscard]] bool passes(const nlohmann::json& body, const http::Query& filters);
// `?tags=a,b` all of them, `tags-any` one of them; `not-tags`, `not-tags-any` the others.
[[nodiscard]] bool has_tags(const nlohmann::json& body, const http::Query& filters);

} // namespace vtpmlab::fakes::keystone
