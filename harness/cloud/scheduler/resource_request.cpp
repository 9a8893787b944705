#include "cloud/scheduler/resource_request.h"

#include "http/percent.h"

#include <vtpmlab/traits.h>

#include <fmt/format.h>

#include <charconv>
#include <vector>

namespace vtpmlab::cloud {
namespace {

constexpr std::string_view trait_prefix = "trait:";
constexpr std::string_view resource_prefix = "resources:";

// Sorted, required before forbidden (spec: nova-vtpm §SCH-3).
std::string joined(const std::set<std::string>& required, const std::set<std::string>& forbidden) {
    std::vector<std::string> words(required.begin(), required.end());
    for (const auto& trait : forbidden)
        words.push_back("!" + trait);
    return fmt::format("{}", fmt::join(words, ","));
}

void ask_for_flavor(ResourceRequest& request, const Flavor& flavor) {
    const unsigned disk_gib =
        flavor.disk_gib + flavor.ephemeral_gib + (flavor.swap_mib + 1023) / 1024;
    request.resources = {
        {"VCPU", flavor.vcpus}, {"MEMORY_MB", flavor.memory_mib}, {"DISK_GB", disk_gib}};
    for (const auto& [key, value] : flavor.extra_specs) {
        if (key.starts_with(trait_prefix)) {
            const auto trait = key.substr(trait_prefix.size());
            if (value == "required")
                request.required.insert(trait);
            else if (value == "forbidden")
                request.forbidden.insert(trait);
        } else if (key.starts_with(resource_prefix)) {
            unsigned amount = 0;
            const auto end = value.data() + value.size();
            if (std::from_chars(value.data(), end, amount).ptr == end && !value.empty())
                request.resources[key.substr(resource_prefix.size())] = amount;
        }
    }
    std::erase_if(request.resources, [](const auto& entry) { return entry.second == 0; });
}

// spec: nova-vtpm §SCH-7
void ask_for_image(ResourceRequest& request, const ImageCopy& image) {
    for (const auto& [key, value] : image.properties)
        if (key.starts_with(trait_prefix) && value == "required")
            request.required.insert(key.substr(trait_prefix.size()));
}

} // namespace

std::string ResourceRequest::query() const {
    std::vector<std::string> amounts;
    for (const auto& [name, amount] : resources)
        amounts.push_back(fmt::format("{}:{}", name, amount));
    std::string text = in_tree.empty() ? "limit=1000" : "in_tree=" + in_tree + "&limit=1000";
    const auto add = [&](std::string_view name, const std::string& value) {
        if (!value.empty())
            text += fmt::format("&{}={}", name, http::percent_encode(value));
    };
    add("required", joined(required, forbidden));
    add("resources", fmt::format("{}", fmt::join(amounts, ",")));
    add("root_required", joined(root_required, root_forbidden));
    return text;
}

tl::expected<ResourceRequest, std::string>
resource_request(const ReleaseProfile& profile, const Flavor& flavor, const ImageCopy& image) {
    const auto device = vtpm_constraint(flavor.request(), image.request());
    if (!device)
        return tl::unexpected(device.error().message);

    ResourceRequest request;
    request.root_forbidden.insert(std::string(traits::status_disabled));
    if (*device && profile.secret_security) {
        // spec: nova-vtpm §SCH-2
        const auto asked = requested_secret_security(flavor.request()).value_or("user");
        const auto mode = parse_secret_security(asked);
        if (!mode)
            return tl::unexpected(
                fmt::format("No valid host was found. Scheduling failed: TPM secret security '{}' "
                            "is not supported.",
                            asked));
        request.root_required.insert(std::string(traits::of(*mode)));
    }
    ask_for_flavor(request, flavor);
    ask_for_image(request, image);
    if (*device) {
        // spec: nova-vtpm §SCH-1
        request.required.insert(std::string(traits::of((*device)->version)));
        if (profile.model_traits)
            request.required.insert(std::string(traits::of((*device)->model)));
    }
    return request;
}

} // namespace vtpmlab::cloud
