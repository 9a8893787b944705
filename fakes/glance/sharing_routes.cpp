// Members of shared images, tags, and the switch that stops downloads.

#include "glance/policy.h"
#include "glance/published_schemas.h"
#include "glance/routes.h"
#include "http/timestamp.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace vtpmlab::fakes::glance {

namespace {

constexpr std::size_t member_quota = 128; // as [DEFAULT] image_member_quota

json described(const Member& member) {
    return {{"image_id", member.image_id},
            {"member_id", member.member_id},
            {"status", member.status},
            {"created_at", http::timestamp(member.created_at)},
            {"updated_at", http::timestamp(member.updated_at)},
            {"schema", "/v2/schemas/member"}};
}

// `action` is the policy's name, `verb` stands in the words for images that are not shared.
Outcome<Image> shared_image(Parts parts, const Request& request, std::string_view action,
                            std::string_view verb) {
    VTPMLAB_TRY(Image image, visible_image(parts.store, request));
    VTPMLAB_CHECK(may_change(*request.caller, image, action));
    if (image.visibility != "shared")
        return refuse(403, fmt::format("Not allowed to {} members for image {}.", verb, image.id));
    return image;
}

tl::unexpected<http::Fault> no_member(const std::string& image_id, const std::string& member_id) {
    return refuse(
        404, fmt::format("{} not found in the member list of the image {}.", member_id, image_id));
}

Outcome<void> check_form(const json& body, const char* example) {
    if (!body.is_structured())
        return refuse(400, "Unexpected body type. Expected list/dict.");
    if (!body.is_object())
        return refuse(400, fmt::format("Expected a member in the form: {}", example));
    return {};
}

Outcome<Response> add_member(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json body, request.json());
    VTPMLAB_CHECK(check_form(body, "{\"member\": \"image_id\"}"));
    if (!body.contains("member") || !body["member"].is_string())
        return refuse(400, "Member to be added not specified");
    Member member;
    member.member_id = body["member"].get<std::string>();
    if (member.member_id.empty() || member.member_id.size() > 255)
        return refuse(400, "Member can't be empty");
    VTPMLAB_TRY(const Image image, shared_image(parts, request, "add_member", "create"));
    if (parts.store.members(image.id).size() >= member_quota)
        return refuse(413, fmt::format("The limit has been exceeded on the number of allowed image "
                                       "members for this image. Attempted: {}, Maximum: {}",
                                       member_quota + 1, member_quota));
    member.image_id = image.id;
    member.created_at = member.updated_at = parts.clock.now();
    if (!parts.store.insert(member))
        return refuse(
            409, fmt::format("Member {} is duplicated for image {}", member.member_id, image.id));
    return Response::json(200, described(member));
}

Outcome<Response> list_members(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Image image, visible_image(parts.store, request));
    const bool sees_all = owns(*request.caller, image) || is_admin(*request.caller);
    if (image.visibility != "shared")
        return refuse(403, fmt::format("Not allowed to list members for image {}: Only shared "
                                       "images have members.",
                                       image.id));
    json found = json::array();
    for (const auto& member : parts.store.members(image.id))
        if (sees_all || member.member_id == request.caller->project_id)
            found.push_back(described(member));
    return Response::json(200, {{"members", std::move(found)}, {"schema", "/v2/schemas/members"}});
}

Outcome<Member> visible_member(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Image image, visible_image(parts.store, request));
    if (image.visibility != "shared")
        return refuse(404, "Only shared images have members.");
    const std::string& id = request.parameter("member_id");
    const bool may_look = owns(*request.caller, image) || is_admin(*request.caller) ||
                          id == request.caller->project_id;
    auto member = may_look ? parts.store.member(image.id, id) : std::nullopt;
    if (!member)
        return no_member(image.id, id);
    return std::move(*member);
}

Outcome<Response> show_member(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Member member, visible_member(parts, request));
    return Response::json(200, described(member));
}

// Accepting is the member's own business, not the owner's.
Outcome<Response> update_member(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json body, request.json());
    VTPMLAB_CHECK(check_form(body, "{\"status\": \"status\"}"));
    if (!body.contains("status"))
        return refuse(400, "Status not specified");
    const json& wanted = body["status"];
    if (wanted != "pending" && wanted != "accepted" && wanted != "rejected")
        return refuse(400, "Incorrect request: Status must be \"pending\", \"accepted\" or "
                           "\"rejected\".");
    const auto status = wanted.get<std::string>();
    VTPMLAB_TRY(Member member, visible_member(parts, request));
    if (member.member_id != request.caller->project_id && !is_admin(*request.caller))
        return refuse(403, "You are not authorized to complete modify_member action.");
    member.status = status;
    member.updated_at = parts.clock.now();
    if (!parts.store.update(member))
        return no_member(member.image_id, member.member_id);
    return Response::json(200, described(member));
}

Outcome<Response> remove_member(Parts parts, const Request& request) {
    VTPMLAB_TRY(const Image image, shared_image(parts, request, "delete_member", "delete"));
    const std::string& id = request.parameter("member_id");
    if (!parts.store.remove_member(image.id, id))
        return no_member(image.id, id);
    return Response::empty(204);
}

Outcome<Response>
change_tags(Parts parts, const Request& request,
            const std::function<Outcome<void>(std::vector<std::string>&)>& change) {
    const auto seen = visible_image(parts.store, request);
    if (!seen)
        return refuse(404, fmt::format("Image {} not found.", request.parameter("image_id")));
    const auto changed = parts.store.change(seen->id, [&](Image& image) -> Outcome<void> {
        VTPMLAB_CHECK(may_change(*request.caller, image, "modify_image"));
        VTPMLAB_CHECK(change(image.tags));
        image.updated_at = parts.clock.now();
        return {};
    });
    if (!changed)
        return tl::unexpected(changed.error());
    return nothing();
}

Outcome<Response> add_tag(Parts parts, const Request& request) {
    const std::string& tag = request.parameter("tag");
    VTPMLAB_CHECK(check_schema({{"tags", json::array({tag})}}));
    return change_tags(parts, request, [&](std::vector<std::string>& tags) -> Outcome<void> {
        if (std::find(tags.begin(), tags.end(), tag) != tags.end())
            return {};
        if (tags.size() >= 128)
            return refuse(413, fmt::format("The limit has been exceeded on the number of allowed "
                                           "image tags. Attempted: {}, Maximum: 128",
                                           tags.size() + 1));
        tags.push_back(tag);
        return {};
    });
}

Outcome<Response> remove_tag(Parts parts, const Request& request) {
    return change_tags(parts, request, [&](std::vector<std::string>& tags) -> Outcome<void> {
        if (std::erase(tags, request.parameter("tag")) == 0)
            return refuse(404, "The resource could not be found.");
        return {};
    });
}

Outcome<Response> switch_downloads(Parts parts, const Request& request, const char* action,
                                   const char* status) {
    VTPMLAB_TRY(const Image seen, visible_image(parts.store, request));
    const auto changed = parts.store.change(seen.id, [&](Image& image) -> Outcome<void> {
        VTPMLAB_CHECK(may_change(*request.caller, image, action));
        if (image.status != "active" && image.status != "deactivated")
            return refuse(
                403, fmt::format("Not allowed to {} image in status '{}'", action, image.status));
        image.status = status;
        return {};
    });
    if (!changed)
        return tl::unexpected(changed.error());
    return nothing();
}

Outcome<Response> deactivate(Parts parts, const Request& request) {
    return switch_downloads(parts, request, "deactivate", "deactivated");
}
Outcome<Response> reactivate(Parts parts, const Request& request) {
    return switch_downloads(parts, request, "reactivate", "active");
}

} // namespace

std::vector<http::Route> sharing_routes(Parts parts) {
    const auto route = [parts](const char* method, const std::string& path, auto handler,
                               Body body = Body::none) {
        http::Route entry{
            method, "/v2/images/{image_id}/" + path,
            [parts, handler](const Request& request) { return handler(parts, request); }};
        entry.body = body;
        return entry;
    };
    return {route("POST", "members", add_member, Body::json),
            route("GET", "members", list_members),
            route("GET", "members/{member_id}", show_member),
            route("PUT", "members/{member_id}", update_member, Body::json),
            route("DELETE", "members/{member_id}", remove_member),
            route("PUT", "tags/{tag}", add_tag),
            route("DELETE", "tags/{tag}", remove_tag),
            route("POST", "actions/deactivate", deactivate),
            route("POST", "actions/reactivate", reactivate)};
}

} // namespace vtpmlab::fakes::glance
