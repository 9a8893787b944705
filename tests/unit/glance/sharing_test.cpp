// Images shared with other projects, and tags.

#include "glance_cloud.h"

namespace vtpmlab::fakes::glance {
namespace {

using GlanceSharing = GlanceTest;

TEST_F(GlanceSharing, AMemberSeesTheImageAndListsItOnceAccepted) {
    const auto id = create(owner(), {{"name", "shared"}});
    const std::string path = "/v2/images/" + id;
    EXPECT_EQ(other().get(path).status, 404);
    EXPECT_EQ(owner().post(path + "/members", {{"member", "other"}}).status, 200);
    EXPECT_EQ(owner().post(path + "/members", {{"member", "other"}}).status, 409);
    EXPECT_EQ(other().get(path).status, 200);
    EXPECT_TRUE(other().get("/v2/images").json()["images"].empty());
    EXPECT_EQ(owner().put(path + "/members/other", {{"status", "accepted"}}).status, 403);
    EXPECT_EQ(other().put(path + "/members/other", {{"status", "perhaps"}}).status, 400);
    EXPECT_EQ(other().put(path + "/members/other", {{"status", "accepted"}}).status, 200);
    EXPECT_EQ(other().get("/v2/images").json()["images"].size(), 1u);
    EXPECT_EQ(other().remove(path).status, 403);
    EXPECT_EQ(other().remove(path + "/members/other").status, 403);
    EXPECT_EQ(owner().remove(path + "/members/other").status, 204);
    EXPECT_EQ(other().get(path).status, 404);
}

TEST_F(GlanceSharing, OnlySharedImagesHaveMembers) {
    const auto id = create(owner(), {{"visibility", "private"}});
    const std::string path = "/v2/images/" + id + "/members";
    EXPECT_EQ(owner().post(path, {{"member", "other"}}).status, 403);
    EXPECT_EQ(owner().post(path, {{"project", "other"}}).status, 400);
    EXPECT_EQ(owner().get(path + "/other").status, 404);
}

TEST_F(GlanceSharing, TagsAreASet) {
    const auto id = create(owner(), {{"tags", {"a", "a"}}});
    const std::string path = "/v2/images/" + id;
    EXPECT_EQ(owner().send("PUT", path + "/tags/b").status, 204);
    EXPECT_EQ(owner().send("PUT", path + "/tags/b").status, 204);
    EXPECT_EQ(owner().get(path).json()["tags"], (nlohmann::json{"a", "b"}));
    EXPECT_EQ(owner().remove(path + "/tags/a").status, 204);
    EXPECT_EQ(owner().remove(path + "/tags/a").status, 404);
    EXPECT_EQ(reader().send("PUT", path + "/tags/c").status, 403);
}

} // namespace
} // namespace vtpmlab::fakes::glance
