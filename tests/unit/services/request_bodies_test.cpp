// Every route that takes a body looks at it as the real service's does: a right one is taken, one
// with an unknown key or a value of another type is refused with 400. The routing tables are the
// list: a route that is added needs a row here. What the real services let pass is listed with the
// reason.
//
// Words are compared in the services' own tests, against records of the real ones.

#include "cloud_client.h"
#include "services.h"

#include <vtpmlab/encoding.h>

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace vtpmlab::fakes {
namespace {

using nlohmann::json;
using test::Answer;
using test::ApiClient;

// What it lets pass, as a JSON pointer, and why; "" is an unknown key in the body itself.
using Loose = std::map<std::string, const char*>;

struct Row {
    const char* service;
    const char* method;
    const char* route; // of the table
    const char* path;  // the same with things that are there: "$user" makes one
    const char* body;  // a right one
    Loose loose = {};

    friend void PrintTo(const Row& row, std::ostream* out) {
        *out << row.method << ' ' << row.route;
    }
};

constexpr const char* takes_more = "its schema names the keys it knows and forbids no other";

const std::vector<Row> rows = {
    {"keystone", "POST", "/v3/domains", "/v3/domains",
     R"({"domain": {"name": "$new", "description": "d", "enabled": true, "tags": ["t"]}})"},
    {"keystone",
     "PATCH",
     "/v3/domains/{id}",
     "/v3/domains/$domain",
     R"({"domain": {"description": "d", "enabled": false}})",
     {{"/domain", takes_more}}},
    {"keystone", "POST", "/v3/projects", "/v3/projects",
     R"({"project": {"name": "$new", "description": "d", "domain_id": "default", "enabled": true,
         "is_domain": false, "tags": ["t"], "options": {"immutable": true}}})"},
    {"keystone",
     "PATCH",
     "/v3/projects/{id}",
     "/v3/projects/$project",
     R"({"project": {"name": "$new", "enabled": false}})",
     {{"/project", takes_more}}},
    {"keystone", "POST", "/v3/users", "/v3/users",
     R"({"user": {"name": "$new", "password": "p", "description": "d", "domain_id": "default",
         "default_project_id": "$project", "enabled": true, "options": {"lock_password": true}}})"},
    {"keystone",
     "PATCH",
     "/v3/users/{id}",
     "/v3/users/$user",
     R"({"user": {"name": "$new", "password": "q", "enabled": true}})",
     {{"/user", takes_more}}},
    {"keystone", "POST", "/v3/users/{id}/password", "/v3/users/$user/password",
     R"({"user": {"original_password": "old", "password": "new"}})"},
    {"keystone", "POST", "/v3/groups", "/v3/groups",
     R"({"group": {"name": "$new", "description": "d", "domain_id": "default"}})"},
    {"keystone",
     "PATCH",
     "/v3/groups/{id}",
     "/v3/groups/$group",
     R"({"group": {"name": "$new"}})",
     {{"/group", takes_more}}},
    {"keystone", "POST", "/v3/roles", "/v3/roles",
     R"({"role": {"name": "$new", "description": "d", "options": {"immutable": false}}})"},
    {"keystone",
     "PATCH",
     "/v3/roles/{id}",
     "/v3/roles/$role",
     R"({"role": {"name": "$new"}})",
     {{"/role", takes_more}}},
    {"keystone", "POST", "/v3/services", "/v3/services",
     R"({"service": {"type": "dns", "name": "$new", "enabled": true}})"},
    {"keystone",
     "PATCH",
     "/v3/services/{id}",
     "/v3/services/$service",
     R"({"service": {"name": "$new"}})",
     {{"/service", takes_more}}},
    {"keystone", "POST", "/v3/endpoints", "/v3/endpoints",
     R"({"endpoint": {"service_id": "$service", "interface": "public", "url": "http://x/",
         "region_id": "RegionOne", "enabled": true}})"},
    {"keystone",
     "PATCH",
     "/v3/endpoints/{id}",
     "/v3/endpoints/$endpoint",
     R"({"endpoint": {"url": "http://y/"}})",
     {{"/endpoint", takes_more}}},
    {"keystone",
     "POST",
     "/v3/regions",
     "/v3/regions",
     R"({"region": {"id": "$new", "description": "d", "parent_region_id": "RegionOne"}})",
     {{"/region", takes_more}}},
    {"keystone",
     "PATCH",
     "/v3/regions/{id}",
     "/v3/regions/$region",
     R"({"region": {"description": "e"}})",
     {{"/region", takes_more}}},
    {"keystone", "POST", "/v3/auth/tokens", "/v3/auth/tokens",
     R"({"auth": {"identity": {"methods": ["password"], "password": {"user":
         {"id": "$user", "password": "old"}}}, "scope": "unscoped"}})"},
    {"keystone", "POST", "/v3/users/{user_id}/application_credentials",
     "/v3/users/$me/application_credentials",
     R"({"application_credential": {"name": "$new", "description": "d", "secret": "s",
         "expires_at": "2999-01-01T00:00:00", "roles": [{"name": "admin"}], "unrestricted": false,
         "access_rules": [{"path": "/v2.1/servers", "method": "GET", "service": "compute"}]}})"},

    {"placement", "POST", "/resource_providers", "/resource_providers",
     R"({"name": "$new", "uuid": "$uuid", "parent_provider_uuid": "$provider"})"},
    {"placement", "PUT", "/resource_providers/{uuid}", "/resource_providers/$provider",
     R"({"name": "$new"})"},
    {"placement", "PUT", "/resource_providers/{uuid}/traits",
     "/resource_providers/$provider/traits",
     R"({"resource_provider_generation": 0, "traits": ["HW_CPU_X86_AVX"]})"},
    {"placement", "PUT", "/resource_providers/{uuid}/aggregates",
     "/resource_providers/$provider/aggregates",
     R"({"resource_provider_generation": 0, "aggregates": ["$uuid"]})"},
    {"placement", "POST", "/resource_providers/{uuid}/inventories",
     "/resource_providers/$provider/inventories",
     R"({"resource_class": "VCPU", "total": 4, "reserved": 0, "min_unit": 1, "max_unit": 4,
         "step_size": 1, "allocation_ratio": 1.5})"},
    {"placement", "PUT", "/resource_providers/{uuid}/inventories",
     "/resource_providers/$provider/inventories",
     R"({"resource_provider_generation": 0, "inventories": {"VCPU": {"total": 4}}})"},
    {"placement", "PUT", "/resource_providers/{uuid}/inventories/{class}",
     "/resource_providers/$stocked/inventories/VCPU",
     R"({"resource_provider_generation": 1, "total": 8})"},
    {"placement", "PUT", "/allocations/{consumer}", "/allocations/$uuid",
     R"({"allocations": {"$stocked": {"resources": {"VCPU": 1}}}, "project_id": "p",
         "user_id": "u", "consumer_generation": null, "consumer_type": "INSTANCE"})"},
    {"placement", "POST", "/allocations", "/allocations",
     R"({"$uuid": {"allocations": {"$stocked": {"resources": {"VCPU": 1}}}, "project_id": "p",
         "user_id": "u", "consumer_generation": null, "consumer_type": "INSTANCE"}})"},
    {"placement", "POST", "/reshaper", "/reshaper",
     R"({"inventories": {"$stocked": {"resource_provider_generation": 1,
         "inventories": {"VCPU": {"total": 4}}}}, "allocations": {}})"},
    {"placement", "POST", "/resource_classes", "/resource_classes", R"({"name": "CUSTOM_$NEW"})"},

    {"barbican",
     "POST",
     "/v1/secrets",
     "/v1/secrets",
     R"({"name": "n", "secret_type": "passphrase", "payload": "p", "algorithm": "aes",
         "payload_content_type": "text/plain", "bit_length": 8, "mode": "cbc",
         "expiration": "2999-01-01T00:00:00"})",
     {{"", takes_more}}},
    {"barbican", "PUT", "/v1/secrets/{id}/metadata", "/v1/secrets/$secret/metadata",
     R"({"metadata": {"k": "v"}})"},
    {"barbican", "POST", "/v1/secrets/{id}/metadata", "/v1/secrets/$secret/metadata",
     R"({"key": "k", "value": "v"})"},
    {"barbican", "PUT", "/v1/secrets/{id}/metadata/{key}", "/v1/secrets/$secret/metadata/there",
     R"({"key": "there", "value": "v"})"},
    {"barbican", "PUT", "/v1/secrets/{id}/acl", "/v1/secrets/$secret/acl",
     R"({"read": {"users": ["u"], "project-access": true}})"},
    {"barbican", "PATCH", "/v1/secrets/{id}/acl", "/v1/secrets/$secret/acl",
     R"({"read": {"users": ["u"], "project-access": true}})"},
    {"barbican", "POST", "/v1/secrets/{id}/consumers", "/v1/secrets/$secret/consumers",
     R"({"service": "compute", "resource_type": "instance", "resource_id": "i"})"},
    {"barbican", "DELETE", "/v1/secrets/{id}/consumers", "/v1/secrets/$used_secret/consumers",
     R"({"service": "compute", "resource_type": "instance", "resource_id": "i"})"},
    {"barbican", "POST", "/v1/containers", "/v1/containers",
     R"({"type": "generic", "name": "n", "secret_refs": [
         {"name": "s", "secret_ref": "$barbican/v1/secrets/$secret"}]})"},
    {"barbican", "POST", "/v1/containers/{id}/secrets", "/v1/containers/$container/secrets",
     R"({"name": "n", "secret_ref": "$barbican/v1/secrets/$secret"})"},
    {"barbican", "DELETE", "/v1/containers/{id}/secrets", "/v1/containers/$full_container/secrets",
     R"({"name": "n", "secret_ref": "$barbican/v1/secrets/$secret"})"},
    {"barbican", "PUT", "/v1/containers/{id}/acl", "/v1/containers/$container/acl",
     R"({"read": {"users": ["u"], "project-access": true}})"},
    {"barbican", "PATCH", "/v1/containers/{id}/acl", "/v1/containers/$container/acl",
     R"({"read": {"users": ["u"], "project-access": true}})"},
    {"barbican", "POST", "/v1/containers/{id}/consumers", "/v1/containers/$container/consumers",
     R"({"name": "n", "URL": "http://x/"})"},
    {"barbican", "DELETE", "/v1/containers/{id}/consumers",
     "/v1/containers/$used_container/consumers", R"({"name": "n", "URL": "http://x/"})"},
    {"barbican", "POST", "/v1/orders", "/v1/orders",
     R"({"type": "key", "meta": {"name": "n", "algorithm": "aes", "bit_length": 128,
         "mode": "cbc", "payload_content_type": "application/octet-stream"}})"},
    {"barbican", "PUT", "/v1/project-quotas/{project_id}", "/v1/project-quotas/p",
     R"({"project_quotas": {"secrets": 5, "orders": -1}})"},

    {"glance", "POST", "/v2/images", "/v2/images",
     R"({"name": "n", "disk_format": "raw", "container_format": "bare", "min_disk": 1,
         "min_ram": 1, "visibility": "private", "protected": false, "os_hidden": false,
         "tags": ["t"], "id": "$uuid", "hw_tpm_version": "2.0"})"},
    {"glance", "PATCH", "/v2/images/{image_id}", "/v2/images/$image",
     R"([{"op": "replace", "path": "/name", "value": "n"}])"},
    {"glance",
     "POST",
     "/v2/images/{image_id}/import",
     "/v2/images/$staged/import",
     R"({"method": {"name": "glance-direct"}, "stores": ["fast"]})",
     {{"/stores", "409: there is no such store"}, {"/stores/0", "409: there is no such store"}}},
    {"glance", "POST", "/v2/images/{image_id}/members", "/v2/images/$image/members",
     R"({"member": "p"})"},
    {"glance", "PUT", "/v2/images/{image_id}/members/{member_id}",
     "/v2/images/$shared/members/$own_project", R"({"status": "accepted"})"},
    {"glance", "POST", "/v2/metadefs/namespaces", "/v2/metadefs/namespaces",
     R"({"namespace": "$new", "display_name": "d", "description": "d", "visibility": "public",
         "protected": false, "owner": "o",
         "resource_type_associations": [{"name": "R", "prefix": "p"}],
         "properties": {"p": {"title": "t", "type": "string"}},
         "objects": [{"name": "o", "description": "d"}], "tags": [{"name": "t"}]})"},
    {"glance", "PUT", "/v2/metadefs/namespaces/{namespace}", "/v2/metadefs/namespaces/$namespace",
     R"({"namespace": "$new", "visibility": "public", "protected": false})"},
    {"glance", "POST", "/v2/metadefs/namespaces/{namespace}/resource_types",
     "/v2/metadefs/namespaces/$namespace/resource_types", R"({"name": "R", "prefix": "p"})"},
    {"glance",
     "POST",
     "/v2/metadefs/namespaces/{namespace}/properties",
     "/v2/metadefs/namespaces/$namespace/properties",
     R"({"name": "q", "title": "t", "type": "array", "description": "d", "minItems": 1,
         "maxItems": 3, "items": {"type": "string"}, "operators": ["<in>"], "readonly": true,
         "required": ["r"], "default": "any"})",
     {{"/default", "a default is of any type"}, {"/items", takes_more}}},
    {"glance", "PUT", "/v2/metadefs/namespaces/{namespace}/properties/{property}",
     "/v2/metadefs/namespaces/$namespace/properties/p",
     R"({"name": "p", "title": "t", "type": "integer", "minimum": 1})"},
    {"glance", "POST", "/v2/metadefs/namespaces/{namespace}/objects",
     "/v2/metadefs/namespaces/$namespace/objects",
     R"({"name": "q", "description": "d", "properties": {"p": {"title": "t", "type": "string"}}})"},
    {"glance", "PUT", "/v2/metadefs/namespaces/{namespace}/objects/{object}",
     "/v2/metadefs/namespaces/$namespace/objects/o", R"({"name": "o", "description": "e"})"},
    {"glance", "POST", "/v2/metadefs/namespaces/{namespace}/tags",
     "/v2/metadefs/namespaces/$namespace/tags", R"({"tags": [{"name": "q"}]})"},
    {"glance", "PUT", "/v2/metadefs/namespaces/{namespace}/tags/{tag}",
     "/v2/metadefs/namespaces/$namespace/tags/t", R"({"name": "u"})"},
};

// Routes that write and take no JSON, or nothing at all.
const std::map<std::string, const char*> without_json = {
    {"barbican PUT /v1/secrets/{id}", "the payload itself"},
    {"barbican PUT /v1/orders", "405 to everybody"},
    {"glance PUT /v2/images/{image_id}/file", "data"},
    {"glance PUT /v2/images/{image_id}/stage", "data"},
    {"glance POST /v2/tasks", "no URI passes its filter, so nothing is ever taken"},
    {"glance PUT /v2/images/{image_id}/tags/{tag}", "all is in the path"},
    {"glance POST /v2/images/{image_id}/actions/deactivate", "all is in the path"},
    {"glance POST /v2/images/{image_id}/actions/reactivate", "all is in the path"},
    {"glance POST /v2/metadefs/namespaces/{namespace}/tags/{tag}", "all is in the path"},
    {"placement PUT /traits/{name}", "all is in the path"},
    {"placement PUT /resource_classes/{name}", "all is in the path"},
};

bool is_grant(const std::string& route) {
    return route.rfind("keystone PUT ", 0) == 0; // a role, a member, an implication: in the path
}

class RequestBodies : public ::testing::TestWithParam<Row> {
protected:
    static void SetUpTestSuite() {
        services_ = std::move(*Services::start({}));
        const Persona& admin = **services_->persona("admin");
        const auto first = test::log_in(*services_, admin);
        ApiClient keystone(test::origin_of(first.endpoints.at("identity")));
        keystone.with("X-Auth-Token", first.token);
        // Quotas are a service administrator's.
        const std::string role =
            keystone.get("/v3/roles?name=key-manager:service-admin").json()["roles"][0]["id"];
        keystone.send("PUT", "/v3/projects/" + admin.project_id + "/users/" + admin.user_id +
                                 "/roles/" + role);
        admin_ = test::log_in(*services_, admin);
    }
    static void TearDownTestSuite() { services_.reset(); }

    static ApiClient client(const std::string& service) {
        static const std::map<std::string, std::string> types = {{"keystone", "identity"},
                                                                 {"placement", "placement"},
                                                                 {"barbican", "key-manager"},
                                                                 {"glance", "image"}};
        ApiClient client(test::origin_of(admin_.endpoints.at(types.at(service))));
        client.with("Accept", "application/json").with("X-Auth-Token", admin_.token);
        if (service == "placement")
            client.with("OpenStack-API-Version", "placement 1.39");
        return client;
    }

    Answer send(const std::string& body) {
        const Row& row = GetParam();
        const char* type = std::string_view(row.method) == "PATCH" && row.service[0] == 'g'
                               ? "application/openstack-images-v2.1-json-patch"
                               : "application/json";
        return client(row.service)
            .send(row.method, filled(row.path), body, {{"Content-Type", type}});
    }

    // "$user" is a user made for this test; the same one wherever it stands.
    std::string filled(std::string text) {
        for (auto at = text.find('$'); at != std::string::npos; at = text.find('$', at)) {
            const auto end =
                text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_NEW", at + 1); // or npos
            const std::string name = text.substr(at + 1, end - at - 1);
            auto& value = things_[name];
            if (value.empty())
                value = made(name);
            text.replace(at, name.size() + 1, value);
        }
        return text;
    }

private:
    static std::string id_of(const std::string& service, const std::string& path,
                             const std::string& key, const json& fields) {
        const auto answer = client(service).post(path, key.empty() ? fields : json{{key, fields}});
        EXPECT_TRUE(answer.status == 200 || answer.status == 201) << path << " " << answer.body;
        const json body = answer.json();
        if (!key.empty())
            return body[key]["id"];
        for (const char* reference : {"secret_ref", "container_ref"})
            if (body.contains(reference)) {
                const std::string url = body[reference];
                return url.substr(url.rfind('/') + 1);
            }
        return body.value("id", body.value("uuid", ""));
    }
    static void sent(const std::string& service, const char* method, const std::string& path,
                     const std::string& body, const char* type = "application/json") {
        const auto answer = client(service).send(method, path, body, {{"Content-Type", type}});
        EXPECT_LT(answer.status, 300) << path << " " << answer.body;
    }

    std::string made(const std::string& name) {
        static int count = 0;
        const std::string fresh = "n" + std::to_string(++count);
        const std::map<std::string, std::function<std::string()>> makers = {
            {"new", [&] { return fresh; }},
            {"NEW", [&] { return std::to_string(count); }},
            {"uuid", [] { return random_uuid(); }},
            {"me", [] { return admin_.body["user"]["id"].get<std::string>(); }},
            {"own_project", [] { return admin_.body["project"]["id"].get<std::string>(); }},
            {"barbican", [] { return test::origin_of(admin_.endpoints.at("key-manager")); }},
            {"user",
             [&] {
                 return id_of("keystone", "/v3/users", "user",
                              {{"name", fresh}, {"password", "old"}});
             }},
            {"service",
             [&] {
                 return id_of("keystone", "/v3/services", "service", {{"type", fresh}});
             }},
            {"endpoint",
             [&] {
                 return id_of("keystone", "/v3/endpoints", "endpoint",
                              {{"service_id", filled("$service")},
                               {"interface", "public"},
                               {"url", "http://x/"}});
             }},
            {"provider",
             [&] {
                 return id_of("placement", "/resource_providers", "", {{"name", fresh}});
             }},
            {"stocked",
             [&] {
                 const auto id = filled("$provider");
                 sent("placement", "PUT", "/resource_providers/" + id + "/inventories",
                      R"({"resource_provider_generation": 0,
                          "inventories": {"VCPU": {"total": 4}}})");
                 return id;
             }},
            {"secret",
             [&] {
                 const auto id = id_of("barbican", "/v1/secrets", "", {{"name", fresh}});
                 sent("barbican", "POST", "/v1/secrets/" + id + "/metadata",
                      R"({"key": "there", "value": "v"})");
                 return id;
             }},
            {"used_secret",
             [&] {
                 const auto id = filled("$secret");
                 sent("barbican", "POST", "/v1/secrets/" + id + "/consumers",
                      R"({"service": "compute", "resource_type": "instance",
                          "resource_id": "i"})");
                 return id;
             }},
            {"container",
             [&] {
                 return id_of("barbican", "/v1/containers", "", {{"type", "generic"}});
             }},
            {"full_container",
             [&] {
                 const auto id = filled("$container");
                 sent("barbican", "POST", "/v1/containers/" + id + "/secrets",
                      filled(R"({"name": "n", "secret_ref": "$barbican/v1/secrets/$secret"})"));
                 return id;
             }},
            {"used_container",
             [&] {
                 const auto id = filled("$container");
                 sent("barbican", "POST", "/v1/containers/" + id + "/consumers",
                      R"({"name": "n", "URL": "http://x/"})");
                 return id;
             }},
            {"image",
             [&] {
                 return id_of("glance", "/v2/images", "",
                              {{"name", fresh},
                               {"visibility", "shared"},
                               {"disk_format", "raw"},
                               {"container_format", "bare"}});
             }},
            {"staged",
             [&] {
                 const auto id = filled("$image");
                 sent("glance", "PUT", "/v2/images/" + id + "/stage", "data",
                      "application/octet-stream");
                 return id;
             }},
            {"shared",
             [&] {
                 const auto id = filled("$image");
                 sent("glance", "POST", "/v2/images/" + id + "/members",
                      filled(R"({"member": "$own_project"})"));
                 return id;
             }},
            {"namespace",
             [&] {
                 sent("glance", "POST", "/v2/metadefs/namespaces",
                      json{{"namespace", fresh},
                           {"properties", {{"p", {{"title", "t"}, {"type", "string"}}}}},
                           {"objects", {{{"name", "o"}}}},
                           {"tags", {{{"name", "t"}}}}}
                          .dump());
                 return fresh;
             }},
        };
        if (const auto found = makers.find(name); found != makers.end())
            return found->second();
        // The rest is Keystone's, and has a name.
        return id_of("keystone", "/v3/" + name + "s", name, {{"name", fresh}});
    }

    static std::unique_ptr<Services> services_;
    static test::Login admin_;
    std::map<std::string, std::string> things_;
};

std::unique_ptr<Services> RequestBodies::services_;
test::Login RequestBodies::admin_;

bool is_loose(const Loose& loose, const std::string& pointer) { return loose.count(pointer) > 0; }

TEST_P(RequestBodies, AreCheckedAsTheRealServiceDoes) {
    const Row& row = GetParam();
    const json right = json::parse(filled(row.body));
    // Nothing known in it: refused, unless nothing is needed.
    const auto unknown = send(json{{"made_up", 1}}.dump());
    if (row.loose.count("") == 0) {
        EXPECT_EQ(unknown.status, 400) << unknown.body;
    }
    // Each value, and each thing that holds values, of another type.
    const auto pointers = right.flatten();
    std::set<std::string> places;
    for (const auto& [pointer, value] : pointers.items())
        for (json::json_pointer at(pointer); !at.empty(); at = at.parent_pointer())
            places.insert(at.to_string());
    for (const auto& place : places) {
        if (is_loose(row.loose, place))
            continue;
        for (const json& wrong : {json{{"made_up", 1}}, json::array({json::array({"made_up"})})}) {
            json body = right;
            body[json::json_pointer(place)] = wrong;
            const auto answer = send(body.dump());
            EXPECT_EQ(answer.status, 400) << place << ": " << wrong << "\n" << answer.body;
        }
    }
    const auto taken = send(right.dump());
    EXPECT_GE(taken.status, 200) << taken.body;
    EXPECT_LT(taken.status, 300) << taken.body;
}

INSTANTIATE_TEST_SUITE_P(Routes, RequestBodies, ::testing::ValuesIn(rows), [](const auto& test) {
    std::string name = std::string(test.param.service) + test.param.method + test.param.route;
    std::erase_if(name, [](unsigned char c) { return std::isalnum(c) == 0; });
    return name;
});

TEST(RequestBodyRows, ThereIsOneForEveryRouteThatWrites) {
    const auto services = std::move(*Services::start({}));
    std::set<std::string> known;
    for (const Row& row : rows)
        known.insert(std::string(row.service) + " " + row.method + " " + row.route);
    std::set<std::string> there;
    for (const auto& [service, routes] : services->faults().routes())
        for (const auto& [method, path] : routes)
            there.insert(service + " " + method + " " + path);
    for (const auto& route : there)
        if (route.find(" GET ") == std::string::npos && route.find(" HEAD ") == std::string::npos &&
            route.find(" DELETE ") == std::string::npos && !is_grant(route)) {
            EXPECT_EQ(known.count(route) + without_json.count(route), 1U) << route;
        }
    for (const auto& route : known)
        EXPECT_EQ(there.count(route), 1U) << "no such route: " << route;
    for (const auto& [route, reason] : without_json)
        EXPECT_EQ(there.count(route), 1U) << "no such route: " << route;
}

} // namespace
} // namespace vtpmlab::fakes
