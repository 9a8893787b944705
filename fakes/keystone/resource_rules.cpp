#include "keystone/resource_rules.h"

#include "keystone/common.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace vtpmlab::fakes::keystone {

namespace {

std::string text_at(const json& body, const char* key) {
    const auto found = body.find(key);
    return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Outcome<void> check_domain(Store& store, const json& body) {
    const std::string id = text_at(body, "domain_id");
    if (!id.empty() && !store.find("domain", id))
        return could_not_find("domain", id);
    return {};
}

// From the project itself up to the one below the domain.
std::vector<json> branch_of(Store& store, const std::string& project_id) {
    std::vector<json> branch;
    auto project = store.find("project", project_id);
    while (project) {
        const std::string parent = text_at(*project, "parent_id");
        branch.push_back(std::move(*project));
        project = store.find("project", parent);
    }
    return branch;
}

enum class Below { any, enabled };
bool has_below(Store& store, const std::string& project_id, Below wanted) {
    const auto all = store.list("project");
    return std::any_of(all.begin(), all.end(), [&](const json& project) {
        return text_at(project, "parent_id") == project_id &&
               (wanted == Below::any || project.value("enabled", true) ||
                has_below(store, text_at(project, "id"), wanted));
    });
}

Outcome<void> check_new_project(Store& store, const json& body) {
    constexpr std::size_t deepest = 5; // max_project_tree_depth
    const std::string domain = text_at(body, "domain_id"), parent = text_at(body, "parent_id");
    if (!store.find("domain", domain))
        return refuse(400, fmt::format("Could not find domain: {}.", domain));
    if (parent == domain)
        return {};
    if (store.find("domain", parent))
        return refuse(400, fmt::format("Cannot create project, the parent ({}) is acting as a "
                                       "domain, but this project's domain id ({}) does not match "
                                       "the parent's id.",
                                       parent, domain));
    const auto branch = branch_of(store, parent);
    if (branch.empty())
        return refuse(400, fmt::format("Could not find project: {}.", parent));
    if (const auto other = text_at(branch.front(), "domain_id"); other != domain)
        return refuse(400, fmt::format("Cannot create project, since it specifies its domain_id "
                                       "{}, but specifies a parent in a different domain ({}).",
                                       domain, other));
    for (const json& above : branch)
        if (!above.value("enabled", true))
            return refuse(400, fmt::format("cannot create a project in a branch containing a "
                                           "disabled project: {}",
                                           text_at(above, "id")));
    if (branch.size() >= deepest)
        return refuse(403, fmt::format("Max hierarchy depth reached for {} branch.", parent));
    return {};
}

Outcome<void> check_user(Store& store, const json& body) {
    VTPMLAB_CHECK(check_domain(store, body));
    const std::string project = text_at(body, "default_project_id");
    if (!project.empty() && store.find("domain", project))
        return refuse(400,
                      fmt::format("User's default project ID cannot be a domain ID: {}", project));
    return {};
}

// What Keystone fills into "$(project_id)s" and its like.
bool is_url_template(std::string url) {
    constexpr std::array names = {"tenant_id",        "project_id",      "user_id",
                                  "public_bind_host", "admin_bind_host", "compute_host",
                                  "admin_port",       "public_port",     "public_endpoint"};
    for (auto at = url.find("$("); at != std::string::npos; at = url.find("$("))
        url[at] = '%';
    for (auto at = url.find('%'); at != std::string::npos; at = url.find('%', at)) {
        if (url.compare(at, 2, "%%") == 0) {
            at += 2;
            continue;
        }
        const auto end = url.find(")s", at);
        if (url.compare(at, 2, "%(") != 0 || end == std::string::npos ||
            std::find(names.begin(), names.end(), url.substr(at + 2, end - at - 2)) == names.end())
            return false;
        at = end;
    }
    return true;
}

Outcome<void> check_endpoint(Store& store, json& body) {
    if (text_at(body, "region_id").empty() && !text_at(body, "region").empty()) {
        body["region_id"] = body["region"];
        // That there is one already is fine.
        (void)store.insert(
            "region", {{"id", body["region"]}, {"description", ""}, {"parent_region_id", nullptr}});
    }
    body.erase("region");
    const auto is_missing = [&](const char* key, Kind kind) {
        return body.contains(key) && !body[key].is_null() && !store.find(kind, text_at(body, key));
    };
    if (is_missing("region_id", "region"))
        return expecting("endpoint region_id", "region table");
    if (is_missing("service_id", "service"))
        return expecting("endpoint service_id", "service table");
    return {};
}

Outcome<void> check_region(Store& store, const json& body) {
    constexpr std::size_t longest = 255;
    const std::string id = text_at(body, "id"), parent = text_at(body, "parent_region_id");
    if (id.size() > longest)
        return refuse(400, fmt::format("String length exceeded. The length of string '{}' exceeds "
                                       "the limit of column id(CHAR(255)).",
                                       id));
    if (!parent.empty() && !store.find("region", parent))
        return could_not_find("region", parent);
    return {};
}

Outcome<void> check_changed_project(Store& store, const json& now, const json& changes) {
    const std::string id = text_at(now, "id");
    if (changes.contains("parent_id") && changes["parent_id"] != now["parent_id"])
        return refuse(403, "Update of `parent_id` is not allowed.");
    if (changes.contains("is_domain") && changes["is_domain"] != now["is_domain"])
        return refuse(400, "Update of `is_domain` is not allowed.");
    const bool was = now.value("enabled", true), will = changes.value("enabled", true);
    if (!was && will)
        for (const json& above : branch_of(store, text_at(now, "parent_id")))
            if (!above.value("enabled", true))
                return refuse(403, fmt::format("Cannot enable project {} since it has disabled "
                                               "parents",
                                               id));
    if (was && !will && has_below(store, id, Below::enabled))
        return refuse(403, fmt::format("Cannot disable project {} since its subtree contains "
                                       "enabled projects.",
                                       id));
    return {};
}

bool is_immutable(const json& body) {
    const auto options = body.find("options");
    return options != body.end() && options->is_object() &&
           options->value("immutable", json(nullptr)) == true;
}

// The missing quote is Keystone's.
tl::unexpected<http::Fault> immutable(const char* verb, Kind kind, const json& now) {
    return refuse(403, fmt::format("Unable to {} immutable {} resource: `{}. Set resource option "
                                   "\"immutable\" to false first.",
                                   verb, kind, text_at(now, "id")));
}

bool has_endpoints(Store& store, const std::string& region) {
    for (const json& endpoint : store.list("endpoint"))
        if (text_at(endpoint, "region_id") == region)
            return true;
    for (const json& below : store.list("region"))
        if (text_at(below, "parent_region_id") == region &&
            has_endpoints(store, text_at(below, "id")))
            return true;
    return false;
}

} // namespace

Outcome<void> check_new(Store& store, Kind kind, json& body) {
    if (kind == "project")
        return check_new_project(store, body);
    if (kind == "user")
        return check_user(store, body);
    if (kind == "group")
        return check_domain(store, body);
    if (kind == "region")
        return check_region(store, body);
    if (kind == "endpoint") {
        if (!is_url_template(text_at(body, "url")))
            return refuse(400, fmt::format("Cannot create an endpoint with an invalid URL: {}.",
                                           text_at(body, "url")));
        return check_endpoint(store, body);
    }
    return {};
}

Outcome<void> check_change(Store& store, Kind kind, const json& now, json& changes) {
    if (const auto domain = changes.find("domain_id");
        domain != changes.end() && now.contains("domain_id") && *domain != now["domain_id"])
        return refuse(400, kind == "role" ? "Update of `domain_id` is not allowed."
                                          : "Cannot change Domain ID");
    if (is_immutable(now)) {
        const json options = changes.value("options", json::object());
        const bool releases = options.contains("immutable") && options["immutable"] != true;
        if (changes.size() > 1 || !releases)
            return immutable("update", kind, now);
    }
    if (kind == "project")
        return check_changed_project(store, now, changes);
    if (kind == "user")
        return check_user(store, changes);
    if (kind == "region")
        return check_region(store, changes);
    if (kind == "endpoint")
        return check_endpoint(store, changes);
    return {};
}

Outcome<void> check_removal(Store& store, Kind kind, const json& now) {
    const std::string id = text_at(now, "id");
    if (is_immutable(now))
        return immutable("delete", kind, now);
    if (kind == "domain" && now.value("enabled", true))
        return refuse(403, "Cannot delete a domain that is enabled, please disable it first.");
    if (kind == "project" && has_below(store, id, Below::any))
        return refuse(403, fmt::format("Cannot delete the project {} since it is not a leaf in "
                                       "the hierarchy. Use the cascade option if you want to "
                                       "delete a whole subtree.",
                                       id));
    if (kind == "region" && has_endpoints(store, id))
        return refuse(403, fmt::format("Unable to delete region {} because it or its child "
                                       "regions have associated endpoints.",
                                       id));
    return {};
}

} // namespace vtpmlab::fakes::keystone
