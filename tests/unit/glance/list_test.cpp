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
         {"limit=-1", "limit=x", "sort=name:up", "sort_key=x", "marker=none", "visibility=secret",
          "member_status=maybe", "sort=name&sort_key=name"})
        EXPECT_EQ(owner().get(std::string("/v2/images?") + query).status, 400) << query;
}

} // namespace
} // namespace vtpmlab::fakes::glance
