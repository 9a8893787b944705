// Who has which role where: users and groups, on projects, domains and the system; and who is in
// which group.

#include "keystone/common.h"
#include "keystone/routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace vtpmlab::fakes::keystone {

namespace {

// One of the six forms of path: /projects/ID/users/ID/roles, /system/groups/ID/roles, …
struct Place {
    Scope::Kind scope;
    Assignment::Actor actor;

    [[nodiscard]] const char* scope_kind() const {
        return scope == Scope::Kind::project ? "project" : "domain";
    }
    [[nodiscard]] const char* actor_kind() const {
        return actor == Assignment::Actor::user ? "user" : "group";
    }
    [[nodiscard]] std::string path() const {
        const std::string where = scope == Scope::Kind::system
                                      ? "/v3/system"
                                      : fmt::format("/v3/{}s/{{scope_id}}", scope_kind());
        return fmt::format("{}/{}s/{{actor_id}}/roles", where, actor_kind());
    }
    [[nodiscard]] std::string action(const char* verb) const {
        if (scope == Scope::Kind::system)
            return fmt::format("{}_system_grant_for_{}", verb, actor_kind());
        return fmt::format("{}_grant", verb);
    }
};

constexpr Place places[] = {
    {Scope::Kind::project, Assignment::Actor::user},
    {Scope::Kind::project, Assignment::Actor::group},
    {Scope::Kind::domain, Assignment::Actor::user},
    {Scope::Kind::domain, Assignment::Actor::group},
    {Scope::Kind::system, Assignment::Actor::user},
    {Scope::Kind::system, Assignment::Actor::group},
};

// What the path names, all of which must be there; without a role on the list of roles.
Outcome<Assignment> named(Store& store, const Place& place, const Request& request) {
    Assignment assignment;
    assignment.actor = place.actor;
    assignment.actor_id = request.parameter("actor_id");
    assignment.role_id = request.parameter("role_id");
    assignment.scope = {place.scope, request.parameter("scope_id")};
    if (place.scope != Scope::Kind::system && !store.find(place.scope_kind(), assignment.scope.id))
        return could_not_find(place.scope_kind(), assignment.scope.id);
    if (!store.find(place.actor_kind(), assignment.actor_id))
        return could_not_find(place.actor_kind(), assignment.actor_id);
    if (!assignment.role_id.empty() && !store.find("role", assignment.role_id))
        return could_not_find("role", assignment.role_id);
    return assignment;
}

bool is_same_place(const Assignment& a, const Assignment& b) {
    return a.actor_id == b.actor_id && a.scope.kind == b.scope.kind && a.scope.id == b.scope.id;
}

tl::unexpected<http::Fault> no_such_assignment(const Assignment& assignment) {
    return refuse(
        404,
        fmt::format("Could not find role assignment with role: {}, user or group: "
                    "{}, project, domain, or system: {}.",
                    assignment.role_id, assignment.actor_id,
                    assignment.scope.kind == Scope::Kind::system ? "system" : assignment.scope.id));
}

Outcome<Response> list_roles(Store& store, const Place& place, const Request& request) {
    VTPMLAB_CHECK(need_reader(request, place.action("list") +
                                           (place.scope == Scope::Kind::system ? "" : "s")));
    VTPMLAB_TRY(const Assignment wanted, named(store, place, request));
    auto found = json::array();
    for (const auto& assignment : store.assignments())
        if (is_same_place(assignment, wanted))
            if (auto role = store.find("role", assignment.role_id))
                found.push_back(with_link(std::move(*role), "roles", request));
    return listed(request, "roles", std::move(found));
}

Outcome<Response> check(Store& store, const Place& place, const Request& request) {
    VTPMLAB_CHECK(need_reader(request, place.action("check")));
    VTPMLAB_TRY(const Assignment wanted, named(store, place, request));
    for (const auto& assignment : store.assignments())
        if (is_same_place(assignment, wanted) && assignment.role_id == wanted.role_id)
            return Response::empty(204);
    return no_such_assignment(wanted);
}

// The role of a domain is given on that domain's projects only.
Outcome<void> check_domain(Store& store, const Assignment& assignment) {
    if (assignment.scope.kind != Scope::Kind::project)
        return {};
    const auto role = store.find("role", assignment.role_id);
    const auto project = store.find("project", assignment.scope.id);
    const json domain = role ? role->value("domain_id", json(nullptr)) : json(nullptr);
    if (domain.is_null() || !project || domain == (*project)["domain_id"])
        return {};
    return refuse(
        403, fmt::format("Project {} must be in the same domain as the role {} being assigned.",
                         assignment.scope.id, assignment.role_id));
}

Outcome<Response> grant(Store& store, const Place& place, const Request& request) {
    VTPMLAB_CHECK(need_admin(request, place.action("create")));
    VTPMLAB_TRY(const Assignment assignment, named(store, place, request));
    VTPMLAB_CHECK(check_domain(store, assignment));
    store.assign(assignment);
    return Response::empty(204);
}

Outcome<Response> revoke(Store& store, const Place& place, const Request& request) {
    VTPMLAB_CHECK(need_admin(request, place.action("revoke")));
    VTPMLAB_TRY(const Assignment assignment, named(store, place, request));
    if (!store.unassign(assignment))
        return no_such_assignment(assignment);
    return Response::empty(204);
}

// The list of all assignments, as ids or with names.
class AssignmentList {
public:
    AssignmentList(Store& store, const Request& request)
        : store_(store), request_(request), names_(is_true("include_names")),
          effective_(is_true("effective")) {}

    Outcome<Response> answer() {
        for (const auto& [one, other, words] :
             {std::tuple("scope.domain.id", "scope.project.id", "Specify a domain or project"),
              std::tuple("scope.domain.id", "scope.system", "Specify system or domain"),
              std::tuple("scope.project.id", "scope.system", "Specify system or project"),
              std::tuple("user.id", "group.id", "Specify a user or group")})
            if (request_.query.contains(one) && request_.query.contains(other))
                return refuse(400, words + std::string(", not both"));
        if (effective_ && request_.query.contains("group.id"))
            return refuse(400, "Combining effective and group filter will always result in an "
                               "empty list.");
        for (const auto& assignment : store_.assignments())
            if (effective_)
                add_effective(assignment);
            else
                add(assignment);
        return listed(request_, "role_assignments", std::move(found_));
    }

private:
    bool is_true(const char* name) const {
        const std::string* value = request_.query.find(name);
        return value && *value != "0" && *value != "False" && *value != "false";
    }

    bool wanted(const char* name, const std::string& value) const {
        const std::string* filter = request_.query.find(name);
        return !filter || filter->empty() || *filter == value;
    }

    // Members in the place of their group, and every role that follows.
    void add_effective(Assignment assignment) {
        std::vector<std::string> users = {assignment.actor_id};
        if (assignment.actor == Assignment::Actor::group) {
            users.clear();
            for (const auto& [group, user] : store_.members())
                if (group == assignment.actor_id)
                    users.push_back(user);
        }
        assignment.actor = Assignment::Actor::user;
        for (const auto& user : users)
            for (const auto& role : store_.roles_of(user, assignment.scope)) {
                assignment.actor_id = user;
                assignment.role_id = role;
                if (seen_.insert(user + "/" + role + "/" + assignment.scope.key()).second)
                    add(assignment);
            }
    }

    void add(const Assignment& assignment) {
        const Scope& scope = assignment.scope;
        const bool of_project = scope.kind == Scope::Kind::project;
        const bool of_domain = scope.kind == Scope::Kind::domain;
        const bool of_user = assignment.actor == Assignment::Actor::user;
        if (!wanted("user.id", of_user ? assignment.actor_id : "") ||
            !wanted("group.id", of_user ? "" : assignment.actor_id) ||
            !wanted("role.id", assignment.role_id) ||
            !wanted("scope.project.id", of_project ? scope.id : "") ||
            !wanted("scope.domain.id", of_domain ? scope.id : "") ||
            (request_.query.contains("scope.system") && (of_project || of_domain)))
            return;
        json where = of_project  ? json{{"project", entry("project", scope.id)}}
                     : of_domain ? json{{"domain", entry("domain", scope.id)}}
                                 : json{{"system", {{"all", true}}}};
        const char* actor = of_user ? "user" : "group";
        const std::string link = fmt::format("{}/v3/{}/{}s/{}/roles/{}", request_.base_url,
                                             of_project  ? "projects/" + scope.id
                                             : of_domain ? "domains/" + scope.id
                                                         : "system",
                                             actor, assignment.actor_id, assignment.role_id);
        found_.push_back({{"role", entry("role", assignment.role_id)},
                          {actor, entry(actor, assignment.actor_id)},
                          {"scope", std::move(where)},
                          {"links", {{"assignment", link}}}});
    }

    json entry(Kind kind, const std::string& id) const {
        json value = {{"id", id}};
        const auto body = names_ ? store_.find(kind, id) : std::nullopt;
        if (!body)
            return value;
        value["name"] = (*body)["name"];
        const auto domain = body->value("domain_id", json(nullptr));
        if (const auto in = domain.is_string() ? store_.find("domain", domain.get<std::string>())
                                               : std::nullopt)
            value["domain"] = {{"id", (*in)["id"]}, {"name", (*in)["name"]}};
        return value;
    }

    Store& store_;
    const Request& request_;
    bool names_, effective_;
    std::set<std::string> seen_;
    json found_ = json::array();
};

Outcome<Response> list_assignments(Store& store, const Request& request) {
    VTPMLAB_CHECK(need_reader(request, "list_role_assignments"));
    return AssignmentList(store, request).answer();
}

Outcome<Response> list_members(Store& store, const Request& request) {
    VTPMLAB_CHECK(need_reader(request, "list_users_in_group"));
    const std::string& group = request.parameter("group_id");
    if (!store.find("group", group))
        return could_not_find("group", group);
    auto found = json::array();
    for (const auto& [of, user_id] : store.members())
        if (of == group)
            if (auto user = store.find("user", user_id); user && passes(*user, request.query))
                found.push_back(with_link(std::move(*user), "users", request));
    return listed(request, "users", std::move(found));
}

Outcome<Response> list_groups(Store& store, const Request& request) {
    const std::string& user = request.parameter("user_id");
    if (user != request.caller->user_id)
        VTPMLAB_CHECK(need_reader(request, "list_groups_for_user"));
    if (!store.find("user", user))
        return could_not_find("user", user);
    auto found = json::array();
    for (const auto& [group_id, of] : store.members())
        if (of == user)
            if (auto group = store.find("group", group_id);
                group && passes(*group, request.query)) {
                (*group)["membership_expires_at"] = nullptr;
                found.push_back(with_link(std::move(*group), "groups", request));
            }
    return listed(request, "groups", std::move(found));
}

Outcome<Response> member(Store& store, const Request& request) {
    const bool asks = request.method == "GET" || request.method == "HEAD";
    VTPMLAB_CHECK(asks ? need_reader(request, "check_user_in_group")
                       : need_admin(request, request.method == "PUT" ? "add_user_to_group"
                                                                     : "remove_user_from_group"));
    const std::string &group = request.parameter("group_id"), &user = request.parameter("user_id");
    if (!store.find("group", group))
        return could_not_find("group", group);
    if (!store.find("user", user))
        return could_not_find("user", user);
    if (request.method == "PUT") {
        store.add_member(group, user);
        return Response::empty(204);
    }
    const auto all = store.members();
    const bool is_member = std::find(all.begin(), all.end(), std::pair(group, user)) != all.end();
    if (!is_member)
        return refuse(404, fmt::format("User '{}' not found in group '{}'", user, group));
    if (!asks)
        store.remove_member(group, user);
    return Response::empty(204);
}

} // namespace

std::vector<http::Route> assignment_routes(Parts parts) {
    Store& store = parts.store;
    std::vector<http::Route> routes;
    const auto add = [&](const char* method, const std::string& path, auto handler) {
        routes.push_back(
            {method, path, [&store, handler](const Request& r) { return handler(store, r); }});
    };
    for (const Place& place : places) {
        const auto at = [&place](auto handler) {
            return [&place, handler](Store& s, const Request& r) { return handler(s, place, r); };
        };
        add("GET", place.path(), at(list_roles));
        add("GET", place.path() + "/{role_id}", at(check));
        add("PUT", place.path() + "/{role_id}", at(grant));
        add("DELETE", place.path() + "/{role_id}", at(revoke));
    }
    add("GET", "/v3/role_assignments", list_assignments);
    add("GET", "/v3/groups/{group_id}/users", list_members);
    add("GET", "/v3/users/{user_id}/groups", list_groups);
    for (const char* method : {"GET", "PUT", "DELETE"})
        add(method, "/v3/groups/{group_id}/users/{user_id}", member);
    return routes;
}

} // namespace vtpmlab::fakes::keystone
