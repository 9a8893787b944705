#include "glance/patch.h"

#include "glance/published_schemas.h"
#include "glance/routes.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::fakes::glance {

namespace {

std::optional<Operation::Kind> kind_named(const std::string& name) {
    if (name == "add")
        return Operation::Kind::add;
    if (name == "replace")
        return Operation::Kind::replace;
    if (name == "remove")
        return Operation::Kind::remove;
    return std::nullopt;
}

// The name of the operation and where it points, in either form.
Outcome<std::pair<std::string, std::string>> head_of(const json& operation, PatchForm form) {
    if (form == PatchForm::v2_0) {
        for (const char* name : {"add", "replace", "remove"})
            if (operation.contains(name) && operation[name].is_string())
                return std::pair(std::string(name), operation[name].get<std::string>());
        return refuse(400, "Operation objects must contain exactly one member named \"add\", "
                           "\"remove\", or \"replace\".");
    }
    const auto has = [&operation](const char* name) {
        return operation.contains(name) && operation[name].is_string();
    };
    if (!has("op"))
        return refuse(400, "Unable to find `op` in JSON Schema change. It must be one of the "
                           "following: add, remove, replace.");
    if (!has("path"))
        return refuse(400, "Unable to find 'path' in JSON Schema change");
    return std::pair(operation["op"].get<std::string>(), operation["path"].get<std::string>());
}

Outcome<std::string> field_of(const std::string& pointer) {
    if (pointer.empty() || pointer.front() != '/')
        return refuse(400, fmt::format("Pointer `{}` does not start with \"/\".", pointer));
    if (pointer.find("//") != std::string::npos)
        return refuse(400, fmt::format("Pointer `{}` contains adjacent \"/\".", pointer));
    if (pointer.size() > 1 && pointer.back() == '/')
        return refuse(400, fmt::format("Pointer `{}` end with \"/\".", pointer));
    std::string field;
    for (std::size_t i = 1; i < pointer.size(); ++i) {
        if (pointer[i] == '/')
            return refuse(400,
                          fmt::format("Invalid JSON pointer for this resource: '{}'", pointer));
        if (pointer[i] != '~') {
            field += pointer[i];
            continue;
        }
        const char escape = ++i < pointer.size() ? pointer[i] : '\0';
        if (escape != '0' && escape != '1')
            return refuse(400, fmt::format("Pointer `{}` contains \"~\" not part of a recognized "
                                           "escape sequence.",
                                           pointer));
        field += escape == '0' ? '~' : '/';
    }
    return field;
}

bool is_of_locations(std::string_view pointer) {
    constexpr std::string_view locations = "/locations";
    return pointer == locations || pointer.substr(0, locations.size() + 1) == "/locations/";
}

// Locations are never shown here (show_multiple_locations), so nobody may change them.
tl::unexpected<http::Fault> refused_location(Operation::Kind kind, const std::string& pointer,
                                             const json& entry) {
    if (kind == Operation::Kind::replace) {
        if (entry.contains("value") && entry["value"].is_array() && entry["value"].empty())
            return refuse(403, "Cannot set locations to empty list.", std::string(as_detail));
        return refuse(403, "It's not allowed to update locations if locations are invisible.");
    }
    if (pointer.find('/', 1) == std::string::npos)
        return refuse(400, fmt::format("Invalid JSON pointer for this resource: '{}'", pointer));
    return refuse(403, kind == Operation::Kind::add
                           ? "It's not allowed to add locations if locations are invisible."
                           : "You are not authorized to complete delete_image_location action.");
}

Outcome<void> check_writable(const std::string& field) {
    switch (field_named(field)) {
    case Field::read_only:
        return refuse(403, fmt::format("Attribute '{}' is read-only.", field));
    case Field::reserved:
        return refuse(403, fmt::format("Attribute '{}' is reserved.", field));
    default:
        return {};
    }
}

} // namespace

Outcome<std::vector<Operation>> parse_patch(const json& body, PatchForm form) {
    if (!body.is_array())
        return refuse(400, "Request body must be a JSON array of operation objects.");
    std::vector<Operation> operations;
    for (const auto& entry : body) {
        if (!entry.is_object())
            return refuse(400, "Operations must be JSON objects.");
        VTPMLAB_TRY(const auto head, head_of(entry, form));
        const auto kind = kind_named(head.first);
        if (!kind)
            return refuse(400, fmt::format("Invalid operation: `{}`. It must be one of the "
                                           "following: add, remove, replace.",
                                           head.first));
        Operation operation;
        operation.kind = *kind;
        if (is_of_locations(head.second))
            return refused_location(*kind, head.second, entry);
        VTPMLAB_TRY(operation.field, field_of(head.second));
        VTPMLAB_CHECK(check_writable(operation.field));
        if (*kind != Operation::Kind::remove) {
            if (!entry.contains("value"))
                return refuse(400, fmt::format("Operation \"{}\" requires a member named "
                                               "\"value\".",
                                               head.first));
            VTPMLAB_CHECK(check_schema({{operation.field, entry["value"]}}));
            operation.value = entry["value"].dump();
        }
        operations.push_back(std::move(operation));
    }
    return operations;
}

Outcome<void> apply(const Operation& operation, Image& image) {
    const std::string& field = operation.field;
    const bool is_property = field_named(field) == Field::property;
    const auto missing = [&field] {
        return refuse(409, fmt::format("Property {} does not exist.", field),
                      std::string(as_detail));
    };
    if (operation.kind == Operation::Kind::remove) {
        if (!is_property)
            return refuse(403, fmt::format("Property {} may not be removed.", field),
                          std::string(as_detail));
        if (image.properties.erase(field) == 0)
            return missing();
        return {};
    }
    if (operation.kind == Operation::Kind::replace && is_property &&
        !image.properties.contains(field))
        return missing();
    if ((field == "container_format" || field == "disk_format") && image.status != "queued")
        return refuse(403,
                      fmt::format("Attribute {} can be only replaced for a queued image.", field));
    set_field(image, field, json::parse(operation.value));
    return {};
}

} // namespace vtpmlab::fakes::glance
