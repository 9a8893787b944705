#include "glance/schema_check.h"

#include "http/json_schema.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <map>
#include <mutex>
#include <string>

namespace vtpmlab::fakes::glance {

namespace {

struct Named {
    std::string name;
    http::JsonSchema schema;
};

// Each is made when it is first asked for, and stays.
const Named& made(std::string_view schema_text) {
    static std::mutex mutex;
    static std::map<std::string_view, Named> schemas;
    const std::lock_guard lock(mutex);
    auto found = schemas.find(schema_text);
    if (found == schemas.end()) {
        auto document = http::OrderedJson::parse(schema_text);
        const std::string name = document.value("name", "");
        found =
            schemas.emplace(schema_text, Named{name, http::JsonSchema(std::move(document))}).first;
    }
    return found->second;
}

} // namespace

http::Outcome<void> check_document(std::string_view schema_text,
                                   const http::OrderedJson& document) {
    const auto& [name, schema] = made(schema_text);
    if (const auto complaint = schema.complaint(document))
        return http::refuse(400, fmt::format("Provided object does not match schema '{}': {}", name,
                                             complaint->text));
    return {};
}

} // namespace vtpmlab::fakes::glance
