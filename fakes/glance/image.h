#pragma once
// An image as Glance knows it, without its data; its two forms as JSON; and setting a field by its
// name, as bodies of requests do. Values only: who may do what is in policy.h.

#include <vtpmlab/clock.h>

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::fakes::glance {

struct Image {
    std::string id;
    std::string owner; // a project
    std::string status = "queued";
    std::string visibility = "shared";
    std::optional<std::string> name;
    std::optional<std::string> container_format;
    std::optional<std::string> disk_format;
    std::int64_t min_disk = 0; // GB
    std::int64_t min_ram = 0;  // MB
    bool is_protected = false;
    bool is_hidden = false;
    // Of the data; there is none yet where these are missing. Staged data waits for its import, and
    // of it only the size shows.
    bool is_staged = false;
    std::optional<std::int64_t> size;
    std::optional<std::int64_t> virtual_size;
    std::optional<std::string> md5;
    std::optional<std::string> sha512;
    std::vector<std::string> tags; // no duplicates
    std::map<std::string, std::string> properties;
    Clock::Time created_at{};
    Clock::Time updated_at{};

    [[nodiscard]] bool has_data() const { return sha512 && !is_staged; }
    void drop_data(); // back to what it was before an upload
};

// As answers show it: properties flat beside the fields.
[[nodiscard]] nlohmann::json described(const Image& image);

// As the database keeps it.
[[nodiscard]] std::string document_of(const Image& image);
[[nodiscard]] Image image_from(const std::string& document);

enum class Field {
    settable,
    read_only, // a client may not write it
    reserved,  // not to be used at all
    property,
};
[[nodiscard]] Field field_named(std::string_view name);

// Sets a settable field or a property. The value fits the schema.
void set_field(Image& image, const std::string& name, const nlohmann::json& value);

} // namespace vtpmlab::fakes::glance
