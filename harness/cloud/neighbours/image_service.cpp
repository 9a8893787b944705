#include "cloud/neighbours/image_service.h"

#include "core/text.h"
#include "http/percent.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;

constexpr const char* service = "image";

std::string text(const json& object, const char* key) {
    const auto value = object.value(key, json());
    return value.is_string() ? value.get<std::string>() : std::string();
}

template <typename T>
T number(const json& object, const char* key) {
    const auto value = object.value(key, json());
    return value.is_number_unsigned() ? value.get<T>() : T{};
}

Error unexpected_answer(const std::string& call, const client::HttpResponse& answer) {
    Error error;
    error.message =
        fmt::format("glance answered {}: {}", answer.status, printable(answer.body, 200));
    error.where = call;
    return error;
}

Image image_of(const json& body, const json& base_fields) {
    Image image;
    image.copy.id = text(body, "id");
    image.copy.name = text(body, "name");
    image.copy.status = text(body, "status");
    image.copy.min_memory_mib = number<unsigned>(body, "min_ram");
    image.copy.min_disk_gib = number<unsigned>(body, "min_disk");
    image.size_bytes = number<std::uint64_t>(body, "size");
    image.md5 = text(body, "checksum");
    if (text(body, "os_hash_algo") == "sha512")
        image.sha512 = text(body, "os_hash_value");
    for (const auto& [key, value] : body.items())
        if (!base_fields.contains(key) && value.is_string())
            image.copy.properties.emplace(key, value.get<std::string>());
    // Fields of Glance's own schema that Nova reads as properties of the image.
    for (const char* key : {"kernel_id", "ramdisk_id"})
        if (const auto id = text(body, key); !id.empty())
            image.copy.properties.emplace(key, id);
    return image;
}

} // namespace

Result<std::optional<Image>> ImageService::show(const std::string& id) {
    // Anything else could climb out of the path, and is nobody's image.
    if (!is_uuid(id))
        return std::nullopt;
    const std::string path = "/v2/images/" + id;
    VTPMLAB_TRY(const auto answer, caller_.request(service, "GET", path));
    if (answer.status == 404)
        return std::nullopt;
    if (!answer.is_success())
        return fail(unexpected_answer("GET " + path, answer));
    VTPMLAB_TRY(const auto schema_answer, caller_.request(service, "GET", "/v2/schemas/image"));
    if (!schema_answer.is_success())
        return fail(unexpected_answer("GET /v2/schemas/image", schema_answer));
    VTPMLAB_TRY(const auto body, answer.json());
    VTPMLAB_TRY(const auto schema, schema_answer.json());
    if (!body.is_object() || !schema.is_object())
        return fail(unexpected_answer("GET " + path, answer));
    return image_of(body, schema.value("properties", json::object()));
}

Status ImageService::download(const Image& image, const std::filesystem::path& file) {
    client::RequestOptions options;
    options.headers["Accept"] = "application/octet-stream";
    options.download = client::Download{file, image.md5, image.sha512};
    options.deadline = std::chrono::minutes{5};
    const std::string path = "/v2/images/" + image.copy.id + "/file";
    VTPMLAB_TRY(const auto answer, caller_.request(service, "GET", path, options));
    if (!answer.is_success())
        return fail(unexpected_answer("GET " + path, answer));
    return {};
}

Result<std::string> ImageService::create(const std::string& name, const Properties& properties) {
    json body = {{"name", name},
                 {"disk_format", "raw"},
                 {"container_format", "bare"},
                 {"visibility", "private"}};
    for (const auto& [key, value] : properties)
        body[key] = value;
    client::RequestOptions options;
    options.body = client::Body::json(body);
    VTPMLAB_TRY(const auto answer, caller_.request(service, "POST", "/v2/images", options));
    if (!answer.is_success())
        return fail(unexpected_answer("POST /v2/images", answer));
    VTPMLAB_TRY(const auto made, answer.json());
    return text(made, "id");
}

Status ImageService::upload(const std::string& id, const std::filesystem::path& file) {
    client::RequestOptions options;
    options.body = file.empty() ? client::Body::bytes({}) : client::Body::from_file(file);
    const auto path = "/v2/images/" + id + "/file";
    VTPMLAB_TRY(const auto answer, caller_.request(service, "PUT", path, options));
    if (!answer.is_success())
        return fail(unexpected_answer("PUT " + path, answer));
    return {};
}

Status ImageService::remove(const std::string& id) {
    const auto path = "/v2/images/" + id;
    VTPMLAB_TRY(const auto answer, caller_.request(service, "DELETE", path));
    if (!answer.is_success() && answer.status != 404)
        return fail(unexpected_answer("DELETE " + path, answer));
    return {};
}

Result<std::vector<std::string>> ImageService::backups(const std::string& server_id,
                                                       const std::string& kind) {
    const auto path = fmt::format("/v2/images?image_type=backup&backup_type={}&instance_uuid={}"
                                  "&sort_key=created_at&sort_dir=desc",
                                  http::percent_encode(kind), server_id);
    VTPMLAB_TRY(const auto answer, caller_.request(service, "GET", path));
    VTPMLAB_TRY(const auto body, answer.json());
    if (!answer.is_success() || !body.is_object() || !body.contains("images"))
        return fail(unexpected_answer("GET " + path, answer));
    std::vector<std::string> ids;
    for (const auto& image : body["images"])
        if (image.value("instance_uuid", "") == server_id && image.value("backup_type", "") == kind)
            ids.push_back(text(image, "id"));
    return ids;
}

} // namespace vtpmlab::cloud
