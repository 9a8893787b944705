#pragma once
// A cloud's services with somebody honest, and every route of them: the routing tables are the
// list, so a route that is added is tried as well. After each test the honest one is still served.

#include "cloud_client.h"
#include "error_shapes.h"
#include "services.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vtpmlab::fakes::test {

struct ServiceFacts {
    const char* name;
    const char* type;          // of the catalog
    const char* probe;         // a GET that somebody honest may make
    const char* microversions; // service type of the header, or null
};
inline constexpr std::array<ServiceFacts, 5> services_table = {{
    {"keystone", "identity", "/v3/auth/projects", nullptr},
    {"placement", "placement", "/resource_classes", "placement"},
    {"barbican", "key-manager", "/v1/secrets", "key-manager"},
    {"glance", "image", "/v2/images", nullptr},
    {"neutron", "network", "/v2.0/ports", nullptr},
}};

// What the real services give to anybody: discovery, and the way to a token.
inline const std::set<std::string> open_routes = {
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
    static const Login& may_read(const ServiceFacts& service) {
        return std::string_view(service.name) == "placement" ? admin_ : owner_;
    }
    static const ServiceFacts& facts(const std::string& name) {
        for (const auto& service : services_table)
            if (name == service.name)
                return service;
        throw std::logic_error("no facts of " + name);
    }
    static std::string origin(const std::string& name) {
        return origin_of(admin_.endpoints.at(facts(name).type));
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
            EXPECT_EQ(wrong_error_shape(route.service, answer), "") << answer.body;
        }
    }

    static inline std::unique_ptr<Services> services_;
    static inline Login admin_, owner_, other_;
};

} // namespace vtpmlab::fakes::test
