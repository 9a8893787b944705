#pragma once
// Bodies checked as Barbican does it: by JSON Schema, in the words of Python's validator, because
// its clients show those words to people. Only the keywords Barbican's schemas use.

#include "http/message.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace vtpmlab::fakes::barbican {

class BodySchema {
public:
    // The text is ours; the order of its members decides which of two errors is told.
    BodySchema(std::string_view name, std::string_view text);

    // The request's JSON (json_body); 400 "Provided object does not match schema 'NAME': …" with
    // the most general error if it does not.
    [[nodiscard]] http::Outcome<nlohmann::json> body_of(const http::Request& request) const;
    [[nodiscard]] http::Outcome<void> check(const nlohmann::json& body) const;

private:
    std::string name_;
    nlohmann::ordered_json schema_;
};

// That refusal, for what a schema cannot say. `property` "" is Python's None.
[[nodiscard]] tl::unexpected<http::Fault> no_match(std::string_view schema, std::string_view reason,
                                                   std::string_view property);

// The body of a request that must be an application/json (415) and JSON (400), its texts trimmed at
// both ends as Barbican trims them.
[[nodiscard]] http::Outcome<nlohmann::json> json_body(const http::Request& request);

[[nodiscard]] std::string trimmed(std::string_view text);
[[nodiscard]] std::string lowered(std::string_view text); // ASCII

} // namespace vtpmlab::fakes::barbican
