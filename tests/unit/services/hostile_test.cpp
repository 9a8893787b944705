// The same bad manners at every service: each is refused in the service's own words, and the next
// honest request is answered.

#include "cloud_client.h"
#include "services.h"

#include <gtest/gtest.h>

namespace vtpmlab::fakes {
namespace {

using test::Answer;
using test::ApiClient;
using test::log_in;

struct Door {
    const char* type; // of the catalog
    const char* read; // a GET that `persona` may make
    const char* persona = "owner";
    const char* write = nullptr; // POST, with a JSON body
};

// Part of the test's name in ctest.
std::ostream& operator<<(std::ostream& out, const Door& door) { return out << door.type; }

constexpr Door writing_doors[] = {
    {"identity", "/v3/auth/projects", "owner", "/v3/auth/tokens"},
    {"placement", "/resource_providers", "admin", "/resource_providers"},
    {"key-manager", "/v1/secrets", "owner", "/v1/secrets"},
    {"image", "/v2/images", "owner", "/v2/images"},
};
// Neutron is only read here.
constexpr Door reading_doors[] = {{"network", "/v2.0/ports"}};

class HostileTest : public ::testing::TestWithParam<Door> {
protected:
    void SetUp() override {
        services_ = std::move(*Services::start({}));
        login_ = log_in(*services_, **services_->persona(GetParam().persona));
        client_ =
            std::make_unique<ApiClient>(test::origin_of(login_.endpoints.at(GetParam().type)));
        client_->with("X-Auth-Token", login_.token).with("Accept", "application/json");
    }
    void TearDown() override {
        EXPECT_EQ(client_->get(GetParam().read).status, 200) << "the honest one was harmed";
    }
    static void expect_refusal(const Answer& answer, const std::string& what) {
        EXPECT_GE(answer.status, 400) << what;
        EXPECT_LT(answer.status, 500) << what << "\n" << answer.body;
        EXPECT_FALSE(answer.body.empty()) << what;
        EXPECT_NE(answer.header("X-Openstack-Request-Id"), "") << what;
    }

    std::unique_ptr<Services> services_;
    test::Login login_;
    std::unique_ptr<ApiClient> client_;
};

TEST_P(HostileTest, NoTokenAForgedOneAndAHugeOneAreAllNone) {
    for (const std::string& token :
         {std::string(), std::string("forged"), std::string(4000, 'g'), login_.token + "x",
          login_.token.substr(1), std::string("' OR 1=1 --")}) {
        const auto answer = client_->get(GetParam().read, {{"X-Auth-Token", token}});
        EXPECT_EQ(answer.status, 401) << token.substr(0, 40);
        EXPECT_NE(answer.header("WWW-Authenticate"), "");
    }
}

class HostileWriteTest : public HostileTest {};

TEST_P(HostileWriteTest, BodiesThatAreNoJsonAreRefused) {
    for (const std::string& body :
         {std::string("{"), std::string("\xff\xfe"), std::string("{\"name\": \"\xc0\xaf\"}"),
          std::string(500, '[') + std::string(500, ']'), std::string("null"), std::string("[]"),
          std::string("1e999999"), std::string("\0", 1), std::string("{\"a\":1}{\"b\":2}"),
          std::string("\"") + std::string(4 << 20, 'x') + "\""})
        expect_refusal(client_->send("POST", GetParam().write, body), body.substr(0, 40));
}

TEST_P(HostileTest, HeadersMayNotBeEndless) {
    const auto answer = client_->get(GetParam().read, {{"X-Long", std::string(100000, 'x')}});
    EXPECT_GE(answer.status, 400);
    EXPECT_LT(answer.status, 500);
}

TEST_P(HostileTest, PathsDoNotLeadAnywhereElse) {
    const std::string read = GetParam().read;
    for (const std::string& path :
         {read + "/../../../../etc/passwd", read + "/%2e%2e%2f%2e%2e%2fetc%2fpasswd", read + "/%00",
          read + "/%ff", read + "/" + std::string(5000, 'a'), read + "/%zz",
          read + "/'; DROP TABLE secret; --"}) {
        std::string sent;
        for (const char c : path)
            sent += c == ' ' ? std::string("%20") : std::string(1, c);
        expect_refusal(client_->get(sent), path.substr(0, 60));
    }
}

TEST_P(HostileTest, MethodsThatAreNotThereAreRefused) {
    for (const char* method : {"PATCH", "DELETE", "TRACE", "CONNECT"}) {
        const int status = client_->send(method, GetParam().read).status;
        EXPECT_GE(status, 400) << method;
        EXPECT_NE(status, 500) << method;
    }
}

TEST_P(HostileTest, QueriesMayBeBroken) {
    for (const char* query : {"?%", "?a=%ff", "?limit=%00"})
        expect_refusal(client_->get(GetParam().read + std::string(query)), query);
}

std::string name_of(const ::testing::TestParamInfo<Door>& test) {
    std::string name = test.param.type;
    std::erase(name, '-');
    return name;
}

INSTANTIATE_TEST_SUITE_P(Service, HostileTest, ::testing::ValuesIn(writing_doors), name_of);
INSTANTIATE_TEST_SUITE_P(ServiceThatIsRead, HostileTest, ::testing::ValuesIn(reading_doors),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Service, HostileWriteTest, ::testing::ValuesIn(writing_doors), name_of);

} // namespace
} // namespace vtpmlab::fakes
