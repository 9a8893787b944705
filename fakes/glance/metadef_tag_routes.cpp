// The tags of a namespace of metadata definitions.

#include "glance/metadef_items.h"
#include "glance/schema_check.h"
#include "glance/schema_texts.h"
#include "http/timestamp.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>

namespace vtpmlab::fakes::glance {

namespace {

tl::unexpected<http::Fault> duplicate_tag(const std::string& name, const Request& request) {
    return refuse(409, fmt::format("A metadata tag with name={} already exists in namespace={}. "
                                   "(Please note that metadata tag names are case insensitive).",
                                   name, request.parameter("namespace")));
}

tl::unexpected<http::Fault> no_tag(std::string_view name) {
    return refuse(404, fmt::format("Could not find metadata tag {}", name));
}

std::string lowered(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

// Tags differ in more than case.
std::size_t position_of_tag(const json& tags, const std::string& name) {
    for (std::size_t i = 0; i < tags.size(); ++i)
        if (lowered(tags[i].at("name").get<std::string>()) == lowered(name))
            return i;
    return tags.size();
}

json new_tag(Parts parts, const std::string& name) {
    const std::string time = http::timestamp(parts.clock.now());
    return {{"name", name}, {"created_at", time}, {"updated_at", time}};
}

json tag_names(const json& tags) {
    json names = json::array();
    for (const auto& tag : tags)
        names.push_back({{"name", tag.at("name")}});
    return names;
}

// They are kept as they came, which is the order of their ids and times of making.
Outcome<json> sorted_tags(json tags, const http::Query& query) {
    const std::string* const key = query.find("sort_key");
    if (key && (*key == "name" || *key == "updated_at"))
        std::stable_sort(tags.begin(), tags.end(),
                         [&](const json& a, const json& b) { return a.at(*key) < b.at(*key); });
    else if (key && *key != "created_at" && *key != "id")
        return refuse(400, fmt::format("Invalid sort key: {}", *key)); // a 500 of the real one
    const std::string* const direction = query.find("sort_dir");
    if (!direction || *direction == "desc")
        std::reverse(tags.begin(), tags.end());
    return tags;
}

Outcome<Response> list_tags(Parts parts, const Request& request) {
    const http::Query& query = request.query;
    VTPMLAB_CHECK(check_list_query(query));
    const std::string* const asked = query.find("limit");
    std::size_t limit = std::numeric_limits<std::size_t>::max();
    if (asked && !asked->empty()) {
        VTPMLAB_TRY(limit, limit_of(query));
    }
    VTPMLAB_TRY(const json definition, visible_namespace(parts, request, namespace_not_found));
    VTPMLAB_TRY(json tags, sorted_tags(definition.value("tags", json::array()), query));
    if (const std::string* marker = query.find("marker"); marker && !marker->empty()) {
        const std::size_t at = position_of(tags, *marker);
        if (at == tags.size())
            return no_tag(*marker);
        tags.erase(tags.begin(), tags.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    }
    if (tags.size() > limit)
        tags.erase(tags.begin() + static_cast<std::ptrdiff_t>(limit), tags.end());
    return Response::json(200, {{"tags", tag_names(tags)}});
}

Outcome<Response> show_tag(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json definition, visible_namespace(parts, request, namespace_not_found));
    const json all = definition.value("tags", json::array());
    const std::size_t at = position_of_tag(all, request.parameter("tag"));
    if (at == all.size())
        return no_tag(request.parameter("tag"));
    return Response::json(200, all[at]);
}

Outcome<Response> add_tag(Parts parts, const Request& request) {
    const std::string& name = request.parameter("tag");
    const json tag = new_tag(parts, name);
    VTPMLAB_CHECK(check_document(tag_schema_text, tag));
    VTPMLAB_CHECK(
        change_namespace(parts, request, "add_metadef_tag", [&](json& definition) -> Outcome<void> {
            json& all = definition["tags"];
            if (position_of_tag(all, name) < all.size())
                return duplicate_tag(name, request);
            all.push_back(tag);
            return {};
        }));
    return Response::json(201, tag);
}

// All at once: what was there goes, unless the client wants to keep it.
Outcome<Response> set_tags(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json body, request.json());
    if (!body.is_object() || !body.contains("tags") || !body["tags"].is_array())
        return refuse(400, "Provided object does not match schema 'tags': 'tags' is a required "
                           "property");
    VTPMLAB_CHECK(need_names(body["tags"], "tags"));
    for (const auto& tag : body["tags"])
        VTPMLAB_CHECK(check_document(tag_schema_text, tag));
    const bool keeps = request.headers.value("X-Openstack-Append") == "True";
    VTPMLAB_CHECK(change_namespace(
        parts, request, "add_metadef_tags", [&](json& definition) -> Outcome<void> {
            json all = keeps ? definition.value("tags", json::array()) : json::array();
            for (const auto& tag : body["tags"]) {
                const auto name = tag.at("name").get<std::string>();
                if (position_of_tag(all, name) < all.size())
                    return duplicate_tag(name, request);
                all.push_back(new_tag(parts, name));
            }
            definition["tags"] = std::move(all);
            return {};
        }));
    return Response::json(201, {{"tags", tag_names(body["tags"])}});
}

Outcome<Response> update_tag(Parts parts, const Request& request) {
    VTPMLAB_TRY(const json body, checked_body(request, tag_schema_text));
    const auto name = body.at("name").get<std::string>();
    json tag;
    VTPMLAB_CHECK(change_namespace(
        parts, request, "modify_metadef_tag", [&](json& definition) -> Outcome<void> {
            json& all = definition["tags"];
            const std::size_t at = position_of_tag(all, request.parameter("tag"));
            if (at == all.size())
                return no_tag(request.parameter("tag"));
            const std::size_t same = position_of_tag(all, name);
            if (same < all.size() && same != at)
                return duplicate_tag(name, request);
            all[at]["name"] = name;
            all[at]["updated_at"] = http::timestamp(parts.clock.now());
            tag = all[at];
            return {};
        }));
    return Response::json(200, tag);
}

Outcome<Response> remove_tag(Parts parts, const Request& request) {
    VTPMLAB_CHECK(change_namespace(
        parts, request, "delete_metadef_tag", [&](json& definition) -> Outcome<void> {
            json& all = definition["tags"];
            const std::size_t at = position_of_tag(all, request.parameter("tag"));
            if (at == all.size())
                return no_tag(request.parameter("tag"));
            all.erase(at);
            return {};
        }));
    return nothing();
}

Outcome<Response> remove_tags(Parts parts, const Request& request) {
    return remove_all(parts, request, "tags", "delete_metadef_tags");
}

} // namespace

std::vector<http::Route> metadef_tag_routes(Parts parts) {
    const auto route = item_route(parts);
    http::Route add_one_tag = route("POST", "tags/{tag}", add_tag);
    add_one_tag.body = http::Body::none;
    return {route("GET", "tags", list_tags),
            route("POST", "tags", set_tags),
            route("DELETE", "tags", remove_tags),
            route("GET", "tags/{tag}", show_tag),
            std::move(add_one_tag),
            route("PUT", "tags/{tag}", update_tag),
            route("DELETE", "tags/{tag}", remove_tag)};
}

} // namespace vtpmlab::fakes::glance
