// Bad manners at every route of every service. Each refusal has the form of the real service's,
// nobody else is harmed, and memory stays bounded; request_bodies_test.cpp is strict about
// statuses.

#include "bad_input_fixture.h"
#include "raw_connection.h"

#include <vtpmlab/encoding.h>

#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <map>

namespace vtpmlab::fakes::test {
namespace {

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
        std::vector<std::unique_ptr<RawConnection>> silent;
        for (int i = 0; i < 1000; ++i) {
            silent.push_back(std::make_unique<RawConnection>(origin(service.name)));
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
} // namespace vtpmlab::fakes::test
