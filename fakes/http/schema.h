#pragma once
// JSON Schema (draft 4 to 7, through valijson) of a request body: compiled once in a process,
// however many clouds it runs, and used from many threads.

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace vtpmlab::http {

struct SchemaViolation {
    std::string pointer; // "/server/name": what is wrong, as a JSON pointer
    std::string message; // why, in the validator's words
};

class Schema {
public:
    // The text is ours, part of the program: a mistake in it is fatal.
    explicit Schema(std::string_view text);

    [[nodiscard]] std::optional<SchemaViolation> violation(const nlohmann::json& value) const;

private:
    struct Compiled;
    std::shared_ptr<const Compiled> compiled_;
};

} // namespace vtpmlab::http
