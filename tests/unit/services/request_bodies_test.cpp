// Every route that takes a body looks at it as the real service's does: a right one is taken, one
// with an unknown key or a value of another type is refused with 400. The routing tables are the
// list: a route that is added needs a row in request_body_rows.cpp.
//
// Words are compared in the services' own tests, against records of the real ones.

#include "cloud_client.h"
#include "request_body_rows.h"
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
using test::request_body_rows;
using test::RequestBodyRow;
using test::routes_without_json;

bool is_grant(const std::string& route) {
    return route.rfind("keystone PUT ", 0) == 0; // a role, a member, an implication: in the path
}

class RequestBodies : public ::testing::TestWithParam<RequestBodyRow> {
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
        const RequestBodyRow& row = GetParam();
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

TEST_P(RequestBodies, AreCheckedAsTheRealServiceDoes) {
    const RequestBodyRow& row = GetParam();
    const json right = json::parse(filled(row.body));
    for (const char* no_json : {"{", "nonsense", "{\"made_up\": \"\xc0\xaf\"}"}) {
        const auto refused = send(no_json);
        EXPECT_EQ(refused.status, 400) << no_json << "\n" << refused.body;
    }
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
        if (row.loose.count(place) > 0)
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

INSTANTIATE_TEST_SUITE_P(
    Routes, RequestBodies, ::testing::ValuesIn(request_body_rows), [](const auto& test) {
        std::string name = std::string(test.param.service) + test.param.method + test.param.route;
        std::erase_if(name, [](unsigned char c) { return std::isalnum(c) == 0; });
        return name;
    });

TEST(RequestBodyRows, ThereIsOneForEveryRouteThatWrites) {
    const auto services = std::move(*Services::start({}));
    std::set<std::string> known;
    for (const RequestBodyRow& row : request_body_rows)
        known.insert(std::string(row.service) + " " + row.method + " " + row.route);
    std::set<std::string> there;
    for (const auto& [service, routes] : services->faults().routes())
        for (const auto& [method, path] : routes)
            there.insert(service + " " + method + " " + path);
    for (const auto& route : there)
        if (route.find(" GET ") == std::string::npos && route.find(" HEAD ") == std::string::npos &&
            route.find(" DELETE ") == std::string::npos && !is_grant(route)) {
            EXPECT_EQ(known.count(route) + routes_without_json.count(route), 1U) << route;
        }
    for (const auto& route : known)
        EXPECT_EQ(there.count(route), 1U) << "no such route: " << route;
    for (const auto& [route, reason] : routes_without_json)
        EXPECT_EQ(there.count(route), 1U) << "no such route: " << route;
}

} // namespace
} // namespace vtpmlab::fakes
