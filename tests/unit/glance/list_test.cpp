// GET /v2/images: what is listed for whom, filters, order, pages.

#include "glance_cloud.h"

namespace vtpmlab::fakes::glance {
namespace {

using nlohmann::json;

class GlanceList : public GlanceTest {
protected:
    static std::vector<std::string> names(const test::Answer& answer) {
        EXPECT_EQ(answer.status, 200) << answer.body;
        std::vector<std::string> found;
        const auto body = answer.json();
        for (const auto& image : body["images"])
            found.push_back(image["name"].is_string() ? image["name"].get<std::string>() : "");
        return found;
    }
    using Names = std::vector<std::string>;
};

TEST_F(GlanceList, EverybodySeesHisOwnAndThePublicOnes) {
    create(owner(), {{"name", "mine"}, {"visibility", "private"}});
    create(admin(), {{"name", "public"}, {"visibility", "public"}});
    create(owner(), {{"name", "community"}, {"visibility", "community"}});
    create(owner(), {{"name", "shared"}});
    create(owner(), {{"name", "hidden"}, {"os_hidden", true}});
    EXPECT_EQ(names(other().get("/v2/images")), Names{"public"});
    EXPECT_EQ(names(owner().get("/v2/images")), (Names{"shared", "community", "public", "mine"}));
    EXPECT_EQ(names(admin().get("/v2/images")), (Names{"shared", "public", "mine"}));
    EXPECT_EQ(names(other().get("/v2/images?visibility=community")), Names{"community"});
    EXPECT_EQ(names(owner().get("/v2/images?os_hidden=true")), Names{"hidden"});
    EXPECT_EQ(names(owner().get("/v2/images?visibility=private")), Names{"mine"});
}

TEST_F(GlanceList, FiltersNarrow) {
    create(owner(), {{"name", "a"}, {"disk_format", "aki"}, {"container_format", "aki"}});
    const auto b =
        create(owner(), {{"name", "b"}, {"tags", {"x", "y"}}, {"hw_tpm_version", "2.0"}});
    EXPECT_EQ(upload(owner(), b, "data").status, 204);
    EXPECT_EQ(names(owner().get("/v2/images?name=a")), Names{"a"});
    EXPECT_EQ(names(owner().get("/v2/images?name=in:a,b&sort=name:asc")), (Names{"a", "b"}));
    EXPECT_EQ(names(owner().get("/v2/images?status=active")), Names{"b"});
    EXPECT_EQ(names(owner().get("/v2/images?container_format=aki")), Names{"a"});
    EXPECT_EQ(names(owner().get("/v2/images?tag=x&tag=y")), Names{"b"});
    EXPECT_EQ(names(owner().get("/v2/images?tag=x&tag=z")), Names{});
    EXPECT_EQ(names(owner().get("/v2/images?hw_tpm_version=2.0")), Names{"b"});
    EXPECT_EQ(names(owner().get("/v2/images?size_min=4")), Names{"b"});
    EXPECT_EQ(names(owner().get("/v2/images?size_min=5")), Names{});
    EXPECT_EQ(names(owner().get("/v2/images?owner=demo&protected=true")), Names{});
    EXPECT_EQ(names(owner().get("/v2/images?created_at=gt:2000-01-01T00:00:00Z")).size(), 2u);
}

TEST_F(GlanceList, PagesFollowEachOther) {
    for (const char* name : {"a", "b", "c", "d", "e"})
        create(owner(), {{"name", name}});
    Names seen;
    std::string path = "/v2/images?limit=2&sort=name:asc";
    for (int pages = 0; !path.empty() && pages < 5; ++pages) {
        const auto answer = owner().get(path);
        for (const auto& name : names(answer))
            seen.push_back(name);
        EXPECT_EQ(answer.json()["first"], "/v2/images?limit=2&sort=name%3Aasc");
        path = answer.json().value("next", "");
    }
    EXPECT_EQ(seen, (Names{"a", "b", "c", "d", "e"}));
    EXPECT_EQ(names(owner().get("/v2/images?limit=0")), Names{});
    EXPECT_EQ(names(owner().get("/v2/images?sort_key=name&sort_dir=desc&limit=1")), Names{"e"});
}

TEST_F(GlanceList, AQuestionThatMakesNoSenseIsRefused) {
    for (const char* query :
         {"limit=-1", "limit=-99999999999999999999", "limit=1.5", "limit=", "limit=x",
          "sort=name:up", "sort_key=x", "marker=none", "visibility=secret", "member_status=maybe",
          "sort=name&sort_key=name"})
        EXPECT_EQ(owner().get(std::string("/v2/images?") + query).status, 400) << query;
}

TEST_F(GlanceList, NoPageIsLongerThanAThousand) {
    for (int i = 0; i < 26; ++i)
        create(owner(), {{"name", std::to_string(i)}});
    EXPECT_EQ(names(owner().get("/v2/images")).size(), 25u);
    EXPECT_EQ(names(owner().get("/v2/images?limit=99999999999999999999")).size(), 26u);
    EXPECT_EQ(owner().get("/v2/images?limit=26").json().contains("next"), true);
}

TEST_F(GlanceList, AnothersImageIsNoMarker) {
    const auto hidden = create(other(), {{"name", "hidden"}, {"visibility", "private"}});
    const auto answer = owner().get("/v2/images?marker=" + hidden);
    EXPECT_EQ(answer.status, 403);
    EXPECT_NE(answer.body.find("Forbidding request, image " + hidden + " not visible"),
              std::string::npos)
        << answer.body;
}

class MetadefPages : public GlanceTest {
protected:
    void SetUp() override {
        GlanceTest::SetUp();
        const json space = {{"namespace", "n"},
                            {"visibility", "public"},
                            {"objects", {{{"name", "o"}}, {{"name", "p"}}}}};
        ASSERT_EQ(admin().post("/v2/metadefs/namespaces", space).status, 201);
        for (const char* tag : {"b", "c", "a"})
            ASSERT_EQ(admin().send("POST", std::string(path) + "/tags/" + tag).status, 201);
    }
    std::string tags(const std::string& query) {
        const auto answer = owner().get(std::string(path) + "/tags" + query);
        EXPECT_EQ(answer.status, 200) << query << answer.body;
        std::string text;
        const json body = answer.json();
        for (const auto& tag : body["tags"])
            text += tag["name"].get<std::string>();
        return text;
    }
    int refused(const std::string& query) { return owner().get(path + query).status; }

    static constexpr const char* path = "/v2/metadefs/namespaces/n";
};

TEST_F(MetadefPages, TagsComeNewestFirstAndInPages) {
    EXPECT_EQ(tags(""), "acb");
    EXPECT_EQ(tags("?sort_dir=asc"), "bca");
    EXPECT_EQ(tags("?sort_key=name"), "cba");
    EXPECT_EQ(tags("?sort_key=name&sort_dir=asc&limit=2"), "ab");
    EXPECT_EQ(tags("?sort_key=name&sort_dir=asc&limit=2&marker=b"), "c");
    EXPECT_EQ(tags("?marker=b"), "");
    EXPECT_EQ(tags("?limit=0"), "");
    EXPECT_EQ(tags("?limit=&marker="), "acb");
    EXPECT_EQ(owner().get(path).json()["tags"][0]["name"], "a");
    for (const char* query : {"?limit=-1", "?limit=x", "?sort_dir=up", "?visibility=x"})
        EXPECT_EQ(refused(std::string("/tags") + query), 400) << query;
    EXPECT_EQ(refused("/tags?marker=z"), 404);
}

TEST_F(MetadefPages, ObjectsComeAllAtOnceWhateverIsSaid) {
    const auto answer = owner().get(std::string(path) + "/objects?limit=1&marker=zz");
    EXPECT_EQ(answer.json()["objects"].size(), 2u) << answer.body;
    for (const char* query : {"?limit=0", "?limit=-1", "?limit=x", "?sort_dir=up", "?visibility=x"})
        EXPECT_EQ(refused(std::string("/objects") + query), 400) << query;
}

TEST_F(GlanceList, TasksArePagedToo) {
    EXPECT_EQ(admin().get("/v2/tasks?limit=1").json()["tasks"], json::array());
    for (const char* query : {"limit=x", "limit=-1", "marker=zz", "sort_dir=up", "sort_key=x",
                              "marker=00000000-0000-4000-8000-000000000000"})
        EXPECT_EQ(admin().get(std::string("/v2/tasks?") + query).status, 400) << query;
}

} // namespace
} // namespace vtpmlab::fakes::glance
