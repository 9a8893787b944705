// image-create, image-show, image-set.

#include "runner/api.h"
#include "runner/case_context.h"
#include "runner/micro_image.h"
#include "runner/verb.h"

#include <algorithm>
#include <array>

namespace vtpmlab::runner {
namespace {

using nlohmann::json;

// What Glance keeps beside the base fields of its schema is a property.
json properties_of(const json& image) {
    static const std::array<std::string_view, 24> base = {
        "id",           "name",       "status",       "visibility",
        "owner",        "protected",  "tags",         "container_format",
        "disk_format",  "min_disk",   "min_ram",      "size",
        "virtual_size", "checksum",   "os_hash_algo", "os_hash_value",
        "os_hidden",    "created_at", "updated_at",   "file",
        "schema",       "self",       "locations",    "direct_url"};
    json properties = json::object();
    for (const auto& [key, value] : image.items())
        if (std::find(base.begin(), base.end(), key) == base.end())
            properties[key] = value;
    return properties;
}

json image_answer(const Answer& answer) {
    json result = result_of(answer);
    if (!answer.is_success())
        return result;
    result["id"] = answer.body.at("id");
    result["name"] = answer.body.value("name", json());
    result["properties"] = properties_of(answer.body);
    return result;
}

VerbResult image_create(CaseContext& context, const StepCall& step) {
    const json& args = step.args.value;
    ImageRequest request;
    request.name = args.at("name").get<std::string>();
    request.persona = step.step.by;
    request.properties = args.value("properties", json::object());
    VTPMLAB_TRY(const auto answer, upload_micro_image({context.depth(), context.guest_directory()},
                                                      context.micro_boot_images[request.persona],
                                                      step.caller, request, step.deadline));
    if (context.depth() == Depth::model)
        step.notes.push_back("model: placeholder bytes in place of kernel and ramdisk");
    return image_answer(answer);
}

std::string path_of_image(const json& args) {
    return "/v2/images/" + percent_encoded(args.at("image").get<std::string>());
}

Result<Answer> show_image(const StepCall& step) {
    ApiCall show;
    show.service = "image";
    show.path = path_of_image(step.args.value);
    return call(step.caller, show, step.deadline);
}

VerbResult image_show(CaseContext&, const StepCall& step) {
    VTPMLAB_TRY(const auto answer, show_image(step));
    return image_answer(answer);
}

VerbResult image_set(CaseContext&, const StepCall& step) {
    const json& args = step.args.value;
    VTPMLAB_TRY(const auto before, show_image(step));
    if (!before.is_success())
        return result_of(before);
    json patch = json::array();
    for (const auto& [key, value] : args.value("properties", json::object()).items())
        patch.push_back({{"op", before.body.contains(key) ? "replace" : "add"},
                         {"path", "/" + key},
                         {"value", value}});
    for (const auto& key : args.value("remove", json::array()))
        patch.push_back({{"op", "remove"}, {"path", "/" + key.get<std::string>()}});
    ApiCall change;
    change.service = "image";
    change.method = "PATCH";
    change.path = path_of_image(args);
    change.body = client::Body::bytes(patch.dump(), "application/openstack-images-v2.1-json-patch");
    VTPMLAB_TRY(const auto answer, call(step.caller, change, step.deadline));
    return image_answer(answer);
}

constexpr std::array<VerbEntry, 3> entries = {{
    {"image-create", image_create},
    {"image-show", image_show},
    {"image-set", image_set},
}};

} // namespace

std::span<const VerbEntry> image_verbs() { return entries; }

} // namespace vtpmlab::runner
