// Lists as Nova gives them: who sees what, which parameters there are, in which order, and pages.

#include "cloud_fixture.h"

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Listing : public CloudTest {
protected:
    // Names in the order of the answer.
    [[nodiscard]] std::vector<std::string> names(const std::string& query,
                                                 const std::string& persona = "owner",
                                                 const std::string& microversion = "latest") {
        const auto answer = call(persona, "GET", "/servers" + query, nullptr, microversion);
        EXPECT_EQ(answer.status, 200) << answer.body;
        std::vector<std::string> found;
        for (const auto& server : answer.body.value("servers", json::array()))
            found.push_back(server.at("name"));
        return found;
    }
    void make(const std::string& name, const json& more = json::object()) {
        json body = more;
        body["name"] = name;
        const auto made = try_create(flavor_, image_, "owner", body);
        ASSERT_EQ(made.status, 202) << made.body;
        ids_[name] = made.body.at("server").at("id");
        static_cast<void>(wait_for(ids_[name], "ACTIVE"));
    }
    void start_with_three() {
        start();
        flavor_ = make_flavor();
        image_ = make_image();
        for (const char* name : {"one", "two", "three"})
            make(name);
    }

    std::string flavor_, image_;
    std::map<std::string, std::string> ids_;
};

TEST_F(Listing, ServersComeInPagesThatEnd) {
    start_with_three();
    const auto first = call("owner", "GET", "/servers/detail?limit=2&name=");
    EXPECT_EQ(first.body.at("servers").size(), 2u);
    const std::string next = first.body.at("servers_links").at(0).at("href");
    EXPECT_EQ(next, cloud_->endpoint() + "/servers/detail?limit=2&name=&marker=" + ids_["two"]);
    EXPECT_THAT(names("?limit=2&marker=" + ids_["two"]), ElementsAre("one"));
    EXPECT_FALSE(call("owner", "GET", "/servers?limit=2&marker=" + ids_["two"])
                     .body.contains("servers_links"));
    // What a client does that asks for everything, page by page.
    EXPECT_THAT(names("?marker=" + ids_["one"]), IsEmpty());
    EXPECT_THAT(names("?limit=0"), IsEmpty());
    EXPECT_EQ(refusal(call("owner", "GET", "/servers?marker=none")), "400 marker [none] not found");
    EXPECT_EQ(refusal(call("owner", "GET", "/servers?limit=-1")),
              "400 Invalid input for query parameters limit. Value: -1. '-1' does not match "
              "'^[0-9]*$'");
    EXPECT_EQ(names("?limit=99999999999999999999999").size(), 3u);
}

TEST_F(Listing, ServersAreSortedAsAsked) {
    start_with_three();
    EXPECT_THAT(names(""), ElementsAre("three", "two", "one"));
    EXPECT_THAT(names("?sort_key=display_name&sort_dir=asc"), ElementsAre("one", "three", "two"));
    EXPECT_THAT(names("?sort_key=display_name"), ElementsAre("two", "three", "one"));
    EXPECT_THAT(names("?sort_key=vm_state&sort_key=created_at&sort_dir=asc"),
                ElementsAre("one", "two", "three"));
    EXPECT_THAT(names("?sort_key=created_at&sort_dir=asc&limit=1&marker=" + ids_["one"]),
                ElementsAre("two"));
    const auto refused = [&](const std::string& query, const std::string& microversion = "latest") {
        return refusal(call("owner", "GET", "/servers" + query, nullptr, microversion));
    };
    EXPECT_THAT(refused("?sort_key=nonsense", "2.1"),
                HasSubstr("400 Invalid input for query parameters sort_key. Value: nonsense."));
    // Known once, and never obeyed.
    EXPECT_EQ(names("?sort_key=vcpus", "owner", "2.74").size(), 3u);
    EXPECT_THAT(refused("?sort_key=vcpus"), HasSubstr("400 "));
    EXPECT_EQ(refused("?sort_key=host"), "403 Only administrators can sort servers by host");
    EXPECT_EQ(refused("?sort_dir=asc&sort_dir=asc"),
              "400 Sort direction array size exceeds sort key array size.");
}

TEST_F(Listing, ServersAreFilteredAsAsked) {
    start_with_three();
    EXPECT_THAT(names("?name=%5Et"), ElementsAre("three", "two"));
    EXPECT_EQ(names("?flavor=" + flavor_).size(), 3u);
    EXPECT_THAT(names("?flavor=none"), IsEmpty());
    EXPECT_EQ(names("?image=" + image_).size(), 3u);
    EXPECT_EQ(names("?status=active").size(), 3u);
    EXPECT_THAT(names("?status=SHUTOFF"), IsEmpty());
    EXPECT_EQ(names("?status=SHUTOFF&status=ACTIVE").size(), 3u);
    EXPECT_EQ(refusal(call("owner", "GET", "/servers?status=HAPPY")), "400 Invalid status value");
    EXPECT_THAT(names("?status=HAPPY", "owner", "2.37"), IsEmpty());
    EXPECT_EQ(refusal(call("owner", "GET", "/servers?status=DELETED")),
              "403 Only administrators may list deleted instances");
    EXPECT_THAT(names("?ip=10.0"), IsEmpty());
    EXPECT_EQ(names("?changes-since=2020-01-01T00:00:00Z").size(), 3u);
    EXPECT_THAT(names("?changes-before=2020-01-01T00:00:00Z"), IsEmpty());
    EXPECT_EQ(refusal(call("owner", "GET",
                           "/servers?changes-since=2021-01-01T00:00:00Z&"
                           "changes-before=2020-01-01T00:00:00Z")),
              "400 The value of changes-since must be less than or equal to changes-before.");
    EXPECT_THAT(refusal(call("owner", "GET", "/servers?changes-since=yesterday")),
                HasSubstr("'yesterday' is not a 'date-time'"));

    EXPECT_EQ(act(ids_["two"], "lock").status, 202);
    EXPECT_THAT(names("?locked=true"), ElementsAre("two"));
    // The host is an administrator's to search for; anybody else's wish is not heard.
    EXPECT_THAT(names("?all_tenants=1&host=nowhere", "admin"), IsEmpty());
    EXPECT_EQ(names("?all_tenants=1&host=compute-1", "admin").size(), 3u);
    EXPECT_EQ(names("?host=nowhere").size(), 3u);
    EXPECT_EQ(names("?all_tenants=1&project_id=" + who("owner").project_id, "admin").size(), 3u);
    EXPECT_THAT(names("?all_tenants=1&tenant_id=none", "admin"), IsEmpty());
    EXPECT_THAT(names("?project_id=" + who("owner").project_id, "admin"), IsEmpty());
    EXPECT_THAT(names("?all_tenants=1&user_id=none", "admin"), IsEmpty());
}

TEST_F(Listing, WhatIsNoParameterIsRefusedSince275) {
    start();
    EXPECT_THAT(names("?nonsense=1", "owner", "2.74"), IsEmpty());
    EXPECT_EQ(refusal(call("owner", "GET", "/servers?nonsense=1", nullptr, "2.75")),
              "400 Additional properties are not allowed ('nonsense' was unexpected)");
    EXPECT_EQ(refusal(call("owner", "GET", "/servers?metadata=1", nullptr, "2.1")),
              "400 Invalid filter field: metadata.");
    // Not there yet.
    EXPECT_THAT(names("?locked=true", "owner", "2.72"), IsEmpty());
}

// A pattern of eight characters that std::regex never comes to an end with.
TEST_F(Listing, NoPatternHoldsTheService) {
    start();
    flavor_ = make_flavor();
    image_ = make_image();
    make(std::string(200, 'a'));
    EXPECT_THAT(names("?name=(a%7Ca)*b"), IsEmpty());
    EXPECT_THAT(names("?name=(a*)*b"), IsEmpty());
    EXPECT_THAT(names("?name=%5E(a%2B)%2B%24").size(), 1u);
    EXPECT_EQ(refusal(call("owner", "GET", "/servers?name=(")),
              "400 Invalid input for query parameters name. Value: (. '(' is not a 'regex'");
    EXPECT_THAT(refusal(call("owner", "GET", "/servers?name=((a%7B1000%7D)%7B1000%7D)%7B1000%7D")),
                HasSubstr("is not a 'regex'"));
}

TEST_F(Listing, FlavorsComeByTheirIdsAndInPages) {
    start();
    for (const char* id : {"c", "a", "b"}) {
        const auto made = call("admin", "POST", "/flavors",
                               {{"flavor",
                                 {{"name", std::string("flavor-") + id},
                                  {"id", id},
                                  {"ram", id[0] == 'a' ? 64 : 128},
                                  {"vcpus", 1},
                                  {"disk", 0}}}});
        ASSERT_EQ(made.status, 200) << made.body;
    }
    const auto ids = [&](const std::string& query) {
        std::vector<std::string> found;
        const auto listed = call("owner", "GET", "/flavors" + query);
        for (const auto& flavor : listed.body.at("flavors"))
            found.push_back(flavor.at("id"));
        return found;
    };
    EXPECT_THAT(ids(""), ElementsAre("a", "b", "c"));
    EXPECT_THAT(ids("?sort_key=memory_mb&sort_dir=desc"), ElementsAre("b", "c", "a"));
    EXPECT_THAT(ids("?minRam=100"), ElementsAre("b", "c"));
    EXPECT_THAT(ids("?limit=1&marker=a"), ElementsAre("b"));
    EXPECT_THAT(call("owner", "GET", "/flavors?limit=1")
                    .body.at("flavors_links")[0]
                    .at("href")
                    .get<std::string>(),
                HasSubstr("/v2.1/flavors?limit=1&marker=a"));
    EXPECT_EQ(refusal(call("owner", "GET", "/flavors?marker=z")), "400 marker [z] not found");
    EXPECT_EQ(refusal(call("owner", "GET", "/flavors?minRam=much")),
              "400 Invalid minRam filter [much]");
    EXPECT_THAT(refusal(call("owner", "GET", "/flavors?sort_key=taste")),
                HasSubstr("400 Invalid input for query parameters sort_key."));
    EXPECT_EQ(call("owner", "GET", "/flavors?colour=red").status, 400);
}

TEST_F(Listing, ActionsAndMigrationsComeInPagesFrom258And259On) {
    start_with_three();
    const auto id = ids_["one"];
    EXPECT_EQ(act(id, "os-stop").status, 202);
    static_cast<void>(wait_for(id, "SHUTOFF"));
    const auto path = "/servers/" + id + "/os-instance-actions";
    const auto first = call("owner", "GET", path + "?limit=1").body;
    ASSERT_EQ(first.at("instanceActions").size(), 1u);
    EXPECT_EQ(first.at("instanceActions")[0].at("action"), "stop");
    const auto marker = first.at("instanceActions")[0].at("request_id").get<std::string>();
    EXPECT_THAT(first.at("links")[0].at("href").get<std::string>(), HasSubstr("marker=" + marker));
    const auto rest = call("owner", "GET", path + "?marker=" + marker).body;
    EXPECT_EQ(rest.at("instanceActions")[0].at("action"), "create");
    EXPECT_FALSE(rest.contains("links"));
    EXPECT_EQ(
        call("owner", "GET", path + "?limit=1", nullptr, "2.57").body.at("instanceActions").size(),
        2u);
    EXPECT_EQ(refusal(call("owner", "GET", path + "?marker=req-0")),
              "400 Marker req-0 could not be found.");
    EXPECT_THAT(call("owner", "GET", path + "?changes-since=2100-01-01T00:00:00Z")
                    .body.at("instanceActions"),
                IsEmpty());

    EXPECT_EQ(refusal(call("admin", "GET", "/os-migrations?marker=none")),
              "400 Marker none could not be found.");
    EXPECT_EQ(call("admin", "GET", "/os-migrations?nonsense=1").status, 400);
    EXPECT_EQ(call("admin", "GET", "/os-migrations?nonsense=1", nullptr, "2.58").status, 200);
}

TEST_F(Listing, SoftDeletedServersAreShownToWhoAsks) {
    CloudOptions options;
    options.compute.reclaim_instance_interval = std::chrono::hours(1);
    start(options);
    const auto id = create(make_flavor(), make_image());
    static_cast<void>(wait_for(id, "ACTIVE"));
    EXPECT_EQ(call("owner", "DELETE", "/servers/" + id).status, 204);
    static_cast<void>(wait_for(id, "SOFT_DELETED"));
    EXPECT_THAT(names(""), IsEmpty());
    EXPECT_EQ(names("?all_tenants=1&deleted=true", "admin").size(), 1u);
    EXPECT_EQ(names("?all_tenants=1&soft_deleted=true", "admin").size(), 1u);
    EXPECT_THAT(names("?deleted=true"), IsEmpty());
}

} // namespace
} // namespace vtpmlab::cloud
