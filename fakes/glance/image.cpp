#include "glance/image.h"

#include "http/json.h"
#include "http/timestamp.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace vtpmlab::fakes::glance {

using nlohmann::json;

namespace {

// Properties with this prefix are the service's own.
constexpr std::string_view own_prefix = "os_glance_";

template <typename T>
json or_null(const std::optional<T>& value) {
    return value ? json(*value) : json(nullptr);
}

template <typename T>
std::optional<T> optional_at(const json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? std::nullopt
                                                     : std::optional(found->get<T>());
}

std::optional<std::string> text_or_nothing(const json& value) {
    return value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
}

Clock::Time time_of(const json& ticks) {
    return Clock::Time(std::chrono::microseconds(ticks.get<std::int64_t>()));
}

} // namespace

void Image::drop_data() {
    size.reset();
    virtual_size.reset();
    md5.reset();
    sha512.reset();
    is_staged = false;
}

json described(const Image& image) {
    const std::string self = "/v2/images/" + image.id;
    json body = image.properties;
    body.update({{"id", image.id},
                 {"name", or_null(image.name)},
                 {"status", image.status},
                 {"visibility", image.visibility},
                 {"owner", image.owner},
                 {"container_format", or_null(image.container_format)},
                 {"disk_format", or_null(image.disk_format)},
                 {"min_disk", image.min_disk},
                 {"min_ram", image.min_ram},
                 {"protected", image.is_protected},
                 {"os_hidden", image.is_hidden},
                 {"size", or_null(image.size)},
                 {"virtual_size", nullptr},
                 {"checksum", nullptr},
                 {"os_hash_algo", nullptr},
                 {"os_hash_value", nullptr},
                 {"tags", image.tags},
                 {"created_at", http::timestamp(image.created_at)},
                 {"updated_at", http::timestamp(image.updated_at)},
                 {"self", self},
                 {"file", self + "/file"},
                 {"schema", "/v2/schemas/image"}});
    if (image.has_data())
        body.update({{"virtual_size", or_null(image.virtual_size)},
                     {"checksum", or_null(image.md5)},
                     {"os_hash_algo", "sha512"},
                     {"os_hash_value", *image.sha512}});
    if (image.status == "active")
        body["stores"] = "fast";
    return body;
}

std::string document_of(const Image& image) {
    return http::dump_json({{"id", image.id},
                            {"owner", image.owner},
                            {"status", image.status},
                            {"visibility", image.visibility},
                            {"name", or_null(image.name)},
                            {"container_format", or_null(image.container_format)},
                            {"disk_format", or_null(image.disk_format)},
                            {"min_disk", image.min_disk},
                            {"min_ram", image.min_ram},
                            {"protected", image.is_protected},
                            {"hidden", image.is_hidden},
                            {"size", or_null(image.size)},
                            {"virtual_size", or_null(image.virtual_size)},
                            {"md5", or_null(image.md5)},
                            {"sha512", or_null(image.sha512)},
                            {"staged", image.is_staged},
                            {"tags", image.tags},
                            {"properties", image.properties},
                            {"created_at", image.created_at.time_since_epoch().count()},
                            {"updated_at", image.updated_at.time_since_epoch().count()}});
}

Image image_from(const std::string& document) {
    const json body = json::parse(document);
    Image image;
    image.id = body.at("id").get<std::string>();
    image.owner = body.at("owner").get<std::string>();
    image.status = body.at("status").get<std::string>();
    image.visibility = body.at("visibility").get<std::string>();
    image.name = optional_at<std::string>(body, "name");
    image.container_format = optional_at<std::string>(body, "container_format");
    image.disk_format = optional_at<std::string>(body, "disk_format");
    image.min_disk = body.at("min_disk").get<std::int64_t>();
    image.min_ram = body.at("min_ram").get<std::int64_t>();
    image.is_protected = body.at("protected").get<bool>();
    image.is_hidden = body.at("hidden").get<bool>();
    image.size = optional_at<std::int64_t>(body, "size");
    image.virtual_size = optional_at<std::int64_t>(body, "virtual_size");
    image.md5 = optional_at<std::string>(body, "md5");
    image.sha512 = optional_at<std::string>(body, "sha512");
    image.is_staged = body.value("staged", false); // documents of before have none
    image.tags = body.at("tags").get<std::vector<std::string>>();
    image.properties = body.at("properties").get<std::map<std::string, std::string>>();
    image.created_at = time_of(body.at("created_at"));
    image.updated_at = time_of(body.at("updated_at"));
    return image;
}

Field field_named(std::string_view name) {
    const auto is_one_of = [name](std::initializer_list<std::string_view> names) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    if (is_one_of({"name", "container_format", "disk_format", "min_disk", "min_ram", "visibility",
                   "protected", "os_hidden", "owner", "tags"}))
        return Field::settable;
    if (is_one_of({"id", "created_at", "updated_at", "status", "checksum", "size", "virtual_size",
                   "direct_url", "self", "file", "schema", "stores", "os_hash_algo",
                   "os_hash_value"}))
        return Field::read_only;
    if (is_one_of({"location", "locations", "deleted", "deleted_at"}) ||
        name.substr(0, own_prefix.size()) == own_prefix)
        return Field::reserved;
    return Field::property;
}

void set_field(Image& image, const std::string& name, const json& value) {
    if (name == "name")
        image.name = text_or_nothing(value);
    else if (name == "container_format")
        image.container_format = text_or_nothing(value);
    else if (name == "disk_format")
        image.disk_format = text_or_nothing(value);
    else if (name == "min_disk")
        image.min_disk = value.get<std::int64_t>();
    else if (name == "min_ram")
        image.min_ram = value.get<std::int64_t>();
    else if (name == "visibility")
        image.visibility = value.get<std::string>();
    else if (name == "protected")
        image.is_protected = value.get<bool>();
    else if (name == "os_hidden")
        image.is_hidden = value.get<bool>();
    else if (name == "owner")
        image.owner = text_or_nothing(value).value_or(std::string());
    else if (name == "tags") {
        image.tags.clear();
        for (const auto& tag : value)
            if (std::find(image.tags.begin(), image.tags.end(), tag) == image.tags.end())
                image.tags.push_back(tag.get<std::string>());
    } else {
        image.properties[name] = value.get<std::string>();
    }
}

} // namespace vtpmlab::fakes::glance
