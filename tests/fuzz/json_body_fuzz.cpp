// A request body: parsed, checked against a schema, masked for the journal, written again. The one
// promise checked: nothing that was a secret is in what the journal gets.

#include "http/json.h"
#include "http/masking.h"
#include "http/schema.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace vtpmlab::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Schema schema(R"({"type": "object", "required": ["name"], "properties": {
        "name": {"type": "string", "maxLength": 20, "pattern": "^[A-Z0-9_]+$"},
        "list": {"type": "array", "items": {"type": "integer", "minimum": 1}, "uniqueItems": true}},
        "additionalProperties": {"type": "string"}})");
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto value = parse_json(text);
    const std::string masked = masked_body(text, "application/json");
    if (!value) {
        // What cannot be read is only counted.
        if (!masked.empty() && masked.front() != '<')
            std::abort();
        return 0;
    }
    (void)schema.violation(*value);
    (void)dump_json(*value);
    if (value->is_object() && value->contains("payload") && (*value)["payload"].is_string() &&
        masked.front() != '<') {
        const auto kept = parse_json(masked);
        if (!kept || (*kept)["payload"] != "***")
            std::abort();
    }
    return 0;
}
