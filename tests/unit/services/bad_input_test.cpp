// Bad manners at every route of every service: the routing tables are the list, so a route that is
// added is tried as well. Each refusal has the status and the form of the real service's, nobody
// else is harmed, and memory stays bounded.

#include "cloud_client.h"
#include "error_shapes.h"
#include "raw_connection.h"
#include "services.h"

#include <vtpmlab/encoding.h>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <array>
#include <fstream>
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
using test::log_in;

struct ServiceFacts {
    const char* name;
    const char* type;          // of the catalog
    const char* probe;         // a GET that somebody honest may make
    const char* microversions; // service type of the header, or null
};
constexpr std::array<ServiceFacts, 5> services_table = {{
    {"keystone", "identity", "/v3/auth/projects", nullptr},
    {"placement", "placement", "/resource_classes", "placement"},
    {"barbican", "key-manager", "/v1/secrets", "key-manager"},
    {"glance", "image", "/v2/images", nullptr},
    {"neutron", "network", "/v2.0/ports", nullptr},
}};

// What the real services give to anybody: discovery, and the way to a token.
const std::set<std::string> open_routes = {
    "keystone GET /",
    "keystone GET /v3",
    "keystone POST /v3/auth/tokens",
    "keystone POST /v3/users/{}/password",
    "placement GET /",
    "placement HEAD /",
    "barbican GET /",
    "glance GET /",
    "glance GET /v1",
    "glance GET /v3",
    "glance GET /versions",
    "glance GET /versions/{}",
    "neutron GET /",
};

class BadInput : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        services_ = std::move(*Services::start({}));
        admin_ = log_in(*services_, **services_->persona("admin"));
        owner_ = log_in(*services_, **services_->persona("owner"));
        other_ = log_in(*services_, **services_->persona("other"));
    }
    static void TearDownTestSuite() { services_.reset(); }

    void TearDown() override {
        for (const auto& service : services_table)
            EXPECT_EQ(client(service.name, may_read(service).token).get(service.probe).status, 200)
                << "the honest one was harmed at " << service.name;
    }

    // Placement is for administrators and services.
    static const test::Login& may_read(const ServiceFacts& service) {
        return std::string_view(service.name) == "placement" ? admin_ : owner_;
    }
    static const ServiceFacts& facts(const std::string& name) {
        for (const auto& service : services_table)
            if (name == service.name)
                return service;
        throw std::logic_error("no facts of " + name);
    }
    static std::string origin(const std::string& name) {
        return test::origin_of(admin_.endpoints.at(facts(name).type));
    }
    static ApiClient client(const std::string& name, const std::string& token) {
        ApiClient client(origin(name));
        client.with("Accept", "application/json");
        if (!token.empty())
            client.with("X-Auth-Token", token);
        if (name == "placement")
            client.with("OpenStack-API-Version", "placement 1.39");
        return client;
    }

    struct TriedRoute {
        std::string service, method, path;
        [[nodiscard]] std::string name() const { return service + " " + method + " " + path; }
        // The template with every parameter replaced.
        [[nodiscard]] std::string filled(const std::string& value) const {
            std::string text;
            for (std::size_t i = 0; i < path.size(); ++i) {
                if (path[i] != '{') {
                    text += path[i];
                    continue;
                }
                text += value;
                i = path.find('}', i);
            }
            return text;
        }
        [[nodiscard]] bool is_open() const {
            return open_routes.count(service + " " + method + " " + filled("{}")) > 0;
        }
        [[nodiscard]] bool has_parameter() const { return path.find('{') != std::string::npos; }
        [[nodiscard]] bool writes() const { return method != "GET" && method != "HEAD"; }
    };

    static std::vector<TriedRoute> every_route() {
        std::vector<TriedRoute> all;
        for (const auto& [service, routes] : services_->faults().routes())
            for (const auto& [method, path] : routes)
                all.push_back({service, method, path});
        return all;
    }

    static void expect_refusal(const TriedRoute& route, const Answer& answer,
                               const std::string& what) {
        SCOPED_TRACE(route.name() + " with " + what);
        EXPECT_GE(answer.status, 400) << answer.body;
        expect_good_manners(route, answer, what);
    }
    // Whatever it says, it is the service that says it.
    static void expect_good_manners(const TriedRoute& route, const Answer& answer,
                                    const std::string& what) {
        SCOPED_TRACE(route.name() + " with " + what);
        EXPECT_GT(answer.status, 0) << answer.body;
        EXPECT_LT(answer.status, 500) << answer.body;
        EXPECT_NE(answer.header("X-Openstack-Request-Id"), "");
        if (answer.status >= 400 && route.method != "HEAD") {
            EXPECT_EQ(test::wrong_error_shape(route.service, answer), "") << answer.body;
        }
    }

    static std::unique_ptr<Services> services_;
    static test::Login admin_, owner_, other_;
};

std::unique_ptr<Services> BadInput::services_;
test::Login BadInput::admin_, BadInput::owner_, BadInput::other_;

TEST_F(BadInput, TheTablesAreThere) {
    std::map<std::string, std::size_t> counted;
    for (const auto& route : every_route())
        ++counted[route.service];
    EXPECT_EQ(counted.size(), services_table.size());
    EXPECT_GT(counted["keystone"], 30u);
    EXPECT_GT(counted["placement"], 20u);
    EXPECT_GT(counted["barbican"], 5u);
    EXPECT_GT(counted["glance"], 15u);
}

TEST_F(BadInput, WithoutAGoodTokenEveryRouteIs401) {
    const std::string forged[] = {"",
                                  "forged",
                                  admin_.token.substr(1),
                                  admin_.token + "x",
                                  "' OR 1=1 --",
                                  "\xc3\x28\xff",
                                  std::string(4000, 'g')};
    for (const auto& route : every_route()) {
        if (route.is_open())
            continue;
        for (const auto& token : forged) {
            const auto answer =
                client(route.service, token).send(route.method, route.filled(random_uuid()));
            EXPECT_EQ(answer.status, 401)
                << route.name() << " with '" << token.substr(0, 20) << "'";
            EXPECT_NE(answer.header("X-Openstack-Request-Id"), "") << route.name();
        }
    }
}

// A service that speaks for a user must be one: its forged token spoils the user's good one.
TEST_F(BadInput, WithAForgedServiceTokenEveryRouteIs401) {
    for (const auto& route : every_route())
        if (!route.is_open() && route.service != "keystone") { // which has no such middleware
            const auto answer = client(route.service, admin_.token)
                                    .send(route.method, route.filled(random_uuid()), "",
                                          {{"X-Service-Token", admin_.token.substr(1)}});
            EXPECT_EQ(answer.status, 401) << route.name();
        }
}

TEST_F(BadInput, PlacementIsNobodysButAdministratorsAndServices) {
    for (const auto& route : every_route())
        if (route.service == "placement" && !route.is_open() && route.method != "HEAD") {
            const auto answer =
                client("placement", owner_.token)
                    .send(route.method, route.filled(random_uuid()), route.writes() ? "{}" : "",
                          {{"Content-Type", "application/json"}});
            EXPECT_EQ(answer.status, 403) << route.name();
            expect_refusal(route, answer, "a member's token");
        }
}

TEST_F(BadInput, OpenRoutesAreAnsweredToAnybody) {
    for (const auto& route : every_route())
        if (route.is_open() && !route.writes()) {
            // 405: what Placement itself answers to HEAD /.
            const int status =
                client(route.service, "").send(route.method, route.filled("v2")).status;
            EXPECT_TRUE(status < 401 || status == 405) << route.name() << ": " << status;
        }
}

TEST_F(BadInput, BodiesThatAreNoJsonOfTheRightFormAreRefused) {
    const std::vector<std::pair<std::string, std::string>> bodies = {
        {"half an object", "{"},
        {"a byte order mark", "\xff\xfe"},
        {"bad UTF-8 in a text", "{\"name\": \"\xc0\xaf\"}"},
        {"a surrogate", "{\"name\": \"\\ud800\"}"},
        {"deep nesting", std::string(500, '[') + std::string(500, ']')},
        {"null", "null"},
        {"a list", "[]"},
        {"a list of lists", "[[], [[]]]"},
        {"a number too large", "1e999999"},
        {"a zero byte", std::string("\0", 1)},
        {"two documents", "{\"a\":1}{\"b\":2}"},
        {"an unknown key", "{\"no_such_key\": 1}"},
        {"numbers for everything", R"({"name": 1, "user": 2, "auth": 3, "project": 4, "role": 5,
            "domain": 6, "inventories": 7, "traits": 8, "allocations": 9, "read": 10, "tags": 11,
            "payload": 12, "member": 13, "resource_provider_generation": "x"})"},
        {"lists for everything", R"({"name": [], "user": [], "auth": [], "project": [], "role": [],
            "domain": [], "inventories": [], "traits": {}, "allocations": 1, "read": [],
            "payload": [], "member": [], "resource_provider_generation": []})"},
        {"a long key", "{\"" + std::string(100'000, 'k') + "\": 1}"},
    };
    for (const auto& route : every_route()) {
        if (!route.writes())
            continue;
        for (const auto& [what, body] : bodies) {
            const auto answer = client(route.service, admin_.token)
                                    .send(route.method, route.filled(random_uuid()), body);
            expect_good_manners(route, answer, what);
        }
    }
}

TEST_F(BadInput, WhereABodyIsNeededNoneIsRefused) {
    // The routes of these services that take no body are few, and known.
    for (const auto& route : every_route())
        if (route.method == "POST" || route.method == "PUT" || route.method == "PATCH")
            expect_good_manners(
                route,
                client(route.service, admin_.token).send(route.method, route.filled(random_uuid())),
                "no body");
}

TEST_F(BadInput, HugeBodiesAreRefusedOrStoppedAndTheConnectionIsGoodForOthers) {
    const std::string huge = "{\"name\": \"" + std::string(3 << 20, 'x') + "\"}";
    std::map<std::string, std::size_t> tried, answered;
    for (const auto& route : every_route()) {
        if (!route.writes() || route.path.ends_with("/file") || route.path.ends_with("/stage"))
            continue; // images may be that large
        auto hostile = client(route.service, admin_.token);
        const auto answer = hostile.send(route.method, route.filled(random_uuid()), huge);
        ++tried[route.service];
        // Whoever closes before all has come may be seen as nobody at all.
        if (answer.status == 0)
            continue;
        ++answered[route.service];
        expect_good_manners(route, answer, "3 MiB");
    }
    EXPECT_GT(tried.size(), 3u);
    for (const auto& [service, routes] : tried)
        EXPECT_GT(answered[service], 0u) << service << " answered none of " << routes << " routes";
}

TEST_F(BadInput, HugeHeadersAreRefused) {
    for (const auto& service : services_table) {
        const auto answer = client(service.name, owner_.token)
                                .get(service.probe, {{"X-Long", std::string(100'000, 'x')}});
        EXPECT_GE(answer.status, 400) << service.name;
        EXPECT_LT(answer.status, 500) << service.name;
    }
}

TEST_F(BadInput, PathTricksLeadNowhere) {
    const std::vector<std::string> tricks = {"%2e%2e",
                                             "..",
                                             "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
                                             "%00",
                                             "a%00b",
                                             "%ff",
                                             "%zz",
                                             "%",
                                             "%c0%af",
                                             std::string(5000, 'a'),
                                             "%27%3B%20DROP%20TABLE%20resource%3B--",
                                             "%25s%25n",
                                             "*",
                                             "%F0%9F%92%A9"};
    for (const auto& route : every_route()) {
        if (!route.has_parameter())
            continue;
        for (const auto& trick : tricks) {
            const auto answer =
                client(route.service, admin_.token)
                    .send(route.method, route.filled(trick), route.writes() ? "{}" : "");
            expect_good_manners(route, answer, trick.substr(0, 40));
        }
    }
    // Empty segments are no shorter way to anything. Glance shows its versions for any path it does
    // not know, as the real one does.
    for (const auto& route : every_route()) {
        if (route.is_open())
            continue;
        const auto answer = client(route.service, admin_.token)
                                .send(route.method, "/" + route.filled(random_uuid()) + "//x",
                                      route.writes() ? "{}" : "");
        EXPECT_GE(answer.status, route.service == "glance" ? 300 : 400) << route.name();
        expect_good_manners(route, answer, "empty segments");
    }
}

TEST_F(BadInput, BrokenQueriesAreRefused) {
    for (const auto& route : every_route())
        for (const char* query : {"?%", "?a=%ff", "?%00=%zz"})
            expect_refusal(route,
                           client(route.service, admin_.token)
                               .send(route.method, route.filled(random_uuid()) + query),
                           query);
}

TEST_F(BadInput, WrongMicroversionsAreRefusedInTheServicesWords) {
    for (const auto& route : every_route()) {
        const auto* type = facts(route.service).microversions;
        if (type == nullptr || route.is_open())
            continue;
        const auto ask = [&](const std::string& version) {
            return client(route.service, admin_.token)
                .send(route.method, route.filled(random_uuid()), "",
                      {{"OpenStack-API-Version", std::string(type) + " " + version}});
        };
        for (const char* version : {"9.99", "1.999", "0.0"}) {
            const auto answer = ask(version);
            EXPECT_EQ(answer.status, 406) << route.name() << " " << version;
            expect_refusal(route, answer, version);
        }
        for (const char* version : {"one", "1", "1.", "1.2.3", "-1.0", "", "1.01"})
            expect_refusal(route, ask(version), version);
    }
}

TEST_F(BadInput, UnknownMethodsAreRefused) {
    for (const auto& route : every_route())
        for (const char* method : {"TRACE", "CONNECT", "BREW"}) {
            const auto answer =
                client(route.service, admin_.token).send(method, route.filled(random_uuid()));
            EXPECT_GE(answer.status, 400) << route.name() << " " << method;
            EXPECT_LE(answer.status, 501) << route.name() << " " << method;
            EXPECT_NE(answer.status, 500) << route.name() << " " << method;
        }
}

// Things of the owner's: where they are in the table, and what is there.
struct Foreign {
    const char* service;
    const char* prefix;
    std::string id;
};

TEST_F(BadInput, WhatBelongsToAnotherProjectIsOutOfReach) {
    auto barbican = client("barbican", owner_.token);
    auto glance = client("glance", owner_.token);
    auto keystone = client("keystone", owner_.token);
    const auto last_part = [](const std::string& reference) {
        return reference.substr(reference.rfind('/') + 1);
    };
    const std::string secret = last_part(
        barbican
            .post("/v1/secrets",
                  {{"name", "mine"}, {"payload", "s3cret"}, {"payload_content_type", "text/plain"}})
            .json()["secret_ref"]);
    const std::string container =
        last_part(barbican.post("/v1/containers", {{"name", "mine"}, {"type", "generic"}})
                      .json()["container_ref"]);
    const std::string order = last_part(
        barbican
            .post("/v1/orders",
                  {{"type", "key"},
                   {"meta", {{"name", "mine"}, {"algorithm", "aes"}, {"bit_length", 128}}}})
            .json()["order_ref"]);
    const std::string image =
        glance.post("/v2/images", {{"name", "mine"}, {"visibility", "private"}}).json()["id"];
    const std::string user = owner_.body["user"]["id"];
    keystone.post("/v3/users/" + user + "/application_credentials",
                  {{"application_credential", {{"name", "mine"}}}});
    const Foreign things[] = {{"barbican", "/v1/secrets/{", secret},
                              {"barbican", "/v1/containers/{", container},
                              {"barbican", "/v1/orders/{", order},
                              {"glance", "/v2/images/{", image},
                              {"keystone", "/v3/users/{", user}};
    std::size_t tried = 0;
    for (const auto& route : every_route())
        for (const auto& thing : things) {
            if (route.service != thing.service || route.path.rfind(thing.prefix, 0) != 0 ||
                route.is_open())
                continue;
            ++tried;
            auto foreign = client(route.service, other_.token);
            foreign.with("Accept",
                         route.path.ends_with("/payload") ? "text/plain" : "application/json");
            std::string path = route.filled("x");
            path.replace(path.find("/x") + 1, 1, thing.id);
            const std::string type = route.service == "glance" && route.method == "PATCH"
                                         ? "application/openstack-images-v2.1-json-patch"
                                     : route.path.ends_with("/file") ? "application/octet-stream"
                                                                     : "application/json";
            const auto answer =
                foreign.send(route.method, path,
                             route.method == "PATCH" && route.service == "glance" ? "[]"
                             : route.writes()                                     ? "{}"
                                                                                  : "",
                             {{"Content-Type", type}});
            expect_refusal(route, answer, "another project's token");
            // Glance refuses HEAD to everybody alike.
            EXPECT_TRUE(answer.status == 403 || answer.status == 404 || answer.status == 400 ||
                        answer.status == 415 || (route.method == "HEAD" && answer.status == 405))
                << route.name() << " → " << answer.status;
            EXPECT_EQ(answer.body.find("s3cret"), std::string::npos);
            EXPECT_EQ(answer.body.find("mine"), std::string::npos);
        }
    EXPECT_GT(tried, 40u);
    EXPECT_EQ(barbican.get("/v1/orders/" + order).status, 200);
    EXPECT_EQ(glance.get("/v2/images/" + image).json()["name"], "mine");
    for (const auto& path : {"/v1/secrets/" + secret, "/v1/containers/" + container})
        EXPECT_EQ(barbican.remove(path).status, 204);
    EXPECT_EQ(glance.remove("/v2/images/" + image).status, 204);
}

std::size_t resident_kib() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.rfind("VmRSS:", 0) == 0)
            return std::stoul(line.substr(6));
    return 0;
}

TEST_F(BadInput, AThousandThatSendHalfARequestAndFallSilentHarmNobody) {
    // Both ends of each connection are in this process.
    rlimit files{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
    if (files.rlim_max < 2400)
        GTEST_SKIP() << "only " << files.rlim_max << " open files are allowed";
    files.rlim_cur = std::max<rlim_t>(files.rlim_cur, 2400);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
    for (const auto& service : services_table) {
        const std::size_t before = resident_kib();
        std::vector<std::unique_ptr<test::RawConnection>> silent;
        for (int i = 0; i < 1000; ++i) {
            silent.push_back(std::make_unique<test::RawConnection>(origin(service.name)));
            ASSERT_TRUE(silent.back()->connected()) << service.name << " " << i;
            // Half a head, half a body, a body in chunks that never comes, and nothing at all.
            const std::array<std::string, 4> halves = {
                "GET / HT",
                "POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{",
                "POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                "chunked\r\nX-Long: " +
                    std::string(20'000, 'x') + "\r\n\r\n",
                ""};
            EXPECT_TRUE(silent.back()->send(halves[static_cast<std::size_t>(i) % 4]));
        }
        for (int i = 0; i < 20; ++i)
            EXPECT_EQ(client(service.name, may_read(service).token).get(service.probe).status, 200)
                << service.name;
        // A thousand heads of 20 KB, and what the sockets themselves cost.
        EXPECT_LT(resident_kib(), before + (100u << 10)) << service.name;
    }
}

} // namespace
} // namespace vtpmlab::fakes
