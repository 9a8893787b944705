// Tags of projects, each by itself and all at once.

#include "keystone/common.h"
#include "keystone/routes.h"
#include "keystone/schemas.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>

namespace vtpmlab::fakes::keystone {

namespace {

std::vector<std::string> parts_of(const std::string& list) {
    std::vector<std::string> parts;
    std::istringstream in(list);
    for (std::string part; std::getline(in, part, ',');)
        parts.push_back(part);
    return parts;
}

class Tags {
public:
    explicit Tags(Store& store) : store_(store) {}

    Outcome<Response> list(const Request& request) {
        if (request.parameter("id") != request.caller->project_id)
            VTPMLAB_CHECK(need_reader(request, "list_project_tags"));
        VTPMLAB_TRY(const json project, named(request));
        return shown(project, request);
    }

    Outcome<Response> set(const Request& request) {
        VTPMLAB_CHECK(need_admin(request, "update_project_tags"));
        VTPMLAB_TRY(const nlohmann::ordered_json body, object_body(request));
        VTPMLAB_TRY(const json tags,
                    submitted(body, "tags", "project_tags_update", json::object()));
        VTPMLAB_TRY(json project, named(request));
        project["tags"] = tags;
        return keep(std::move(project), request);
    }

    Outcome<Response> clear(const Request& request) {
        VTPMLAB_CHECK(need_admin(request, "delete_project_tags"));
        VTPMLAB_TRY(json project, named(request));
        project["tags"] = json::array();
        VTPMLAB_CHECK(keep(std::move(project), request));
        return Response::empty(204);
    }

    Outcome<Response> check(const Request& request) {
        if (request.parameter("id") != request.caller->project_id)
            VTPMLAB_CHECK(need_reader(request, "get_project_tag"));
        VTPMLAB_TRY(const json project, named(request));
        if (!has(project, request.parameter("tag")))
            return could_not_find("project tag", request.parameter("tag"));
        return Response::empty(204);
    }

    Outcome<Response> add(const Request& request) {
        VTPMLAB_CHECK(need_admin(request, "create_project_tag"));
        const std::string& tag = request.parameter("tag");
        VTPMLAB_CHECK(check_schema("project_tag_create", tag));
        VTPMLAB_TRY(json project, named(request));
        project["tags"].push_back(tag);
        VTPMLAB_CHECK(check_schema("project_tags_update", nlohmann::ordered_json(project["tags"])));
        const std::string address = request.base_url + request.path;
        VTPMLAB_CHECK(keep(std::move(project), request));
        return Response::empty(201).with("Location", address);
    }

    Outcome<Response> remove(const Request& request) {
        VTPMLAB_CHECK(need_admin(request, "delete_project_tag"));
        VTPMLAB_TRY(json project, named(request));
        json& tags = project["tags"];
        const auto found = std::find(tags.begin(), tags.end(), json(request.parameter("tag")));
        if (found == tags.end())
            return could_not_find("project tag", request.parameter("tag"));
        tags.erase(found);
        VTPMLAB_CHECK(keep(std::move(project), request));
        return Response::empty(204);
    }

private:
    Outcome<json> named(const Request& request) {
        auto project = store_.find("project", request.parameter("id"));
        if (!project)
            return could_not_find("project", request.parameter("id"));
        if (!project->contains("tags"))
            (*project)["tags"] = json::array();
        return std::move(*project);
    }

    static bool has(const json& project, const std::string& tag) {
        const json& tags = project["tags"];
        return std::find(tags.begin(), tags.end(), json(tag)) != tags.end();
    }

    static Response shown(const json& project, const Request& request) {
        return Response::json(
            200, {{"tags", project["tags"]}, {"links", {{"self", request.base_url + "/v3"}}}});
    }

    Outcome<Response> keep(json project, const Request& request) {
        if (!store_.update("project", project)) // somebody removed it meanwhile
            return could_not_find("project", request.parameter("id"));
        return shown(project, request);
    }

    Store& store_;
};

} // namespace

bool has_tags(const json& body, const http::Query& filters) {
    const json tags = body.value("tags", json::array());
    const auto is_there = [&](const std::string& tag) {
        return std::find(tags.begin(), tags.end(), json(tag)) != tags.end();
    };
    for (const auto& [name, value] : filters) {
        const auto wanted = parts_of(value);
        const bool all = std::all_of(wanted.begin(), wanted.end(), is_there);
        const bool any = std::any_of(wanted.begin(), wanted.end(), is_there);
        if ((name == "tags" && !all) || (name == "tags-any" && !any) ||
            (name == "not-tags" && all) || (name == "not-tags-any" && any))
            return false;
    }
    return true;
}

std::vector<http::Route> tag_routes(Parts parts) {
    const auto tags = std::make_shared<Tags>(parts.store);
    std::vector<http::Route> routes;
    const auto add = [&](const char* method, const char* path,
                         Outcome<Response> (Tags::*handler)(const Request&),
                         Body body = Body::none) {
        http::Route route{method, path, [tags, handler](const Request& request) {
                              return (*tags.*handler)(request);
                          }};
        route.body = body;
        routes.push_back(std::move(route));
    };
    const char *all = "/v3/projects/{id}/tags", *one = "/v3/projects/{id}/tags/{tag}";
    add("GET", all, &Tags::list);
    add("PUT", all, &Tags::set, Body::bytes);
    add("DELETE", all, &Tags::clear);
    add("GET", one, &Tags::check);
    add("PUT", one, &Tags::add);
    add("DELETE", one, &Tags::remove);
    return routes;
}

} // namespace vtpmlab::fakes::keystone
