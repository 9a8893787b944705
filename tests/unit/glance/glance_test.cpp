// Images over HTTP: create, show, patch, delete, and who may.

#include "glance_cloud.h"

namespace vtpmlab::fakes::glance {
namespace {

using nlohmann::json;

TEST_F(GlanceTest, AFieldOutsideTheSchemaIsAProperty) {
    const auto created = owner().post(
        "/v2/images", {{"name", "micro"}, {"kernel_id", "k"}, {"os_command_line", "quiet"}});
    ASSERT_EQ(created.status, 201);
    const auto id = created.json()["id"].get<std::string>();
    EXPECT_EQ(created.json()["kernel_id"], "k");
    EXPECT_EQ(created.json()["owner"], "demo");
    const auto schema = owner().get("/v2/schemas/image").json();
    EXPECT_FALSE(schema["properties"].contains("kernel_id"));
    EXPECT_TRUE(schema["properties"].contains("status"));
    EXPECT_EQ(owner().get("/v2/images/" + id).json(), created.json());
}

TEST_F(GlanceTest, HeadIsRefusedEverywhereButForVersions) {
    const auto id = create(owner());
    const auto head = [](test::ApiClient client, const std::string& path) {
        return client.send("HEAD", path);
    };
    for (const auto& path : {std::string("/v2/images"), "/v2/images/" + id,
                             "/v2/images/" + id + "/file", std::string("/v2/schemas/image")})
        EXPECT_EQ(head(owner(), path).status, 405) << path;
    EXPECT_EQ(head(owner(), "/v2/images/" + id).header("Allow"), "GET, PATCH, DELETE");
    EXPECT_EQ(head(as("nobody"), "/v2/images").status, 401);
    EXPECT_EQ(head(as("nobody"), "/versions").status, 200);
}

TEST_F(GlanceTest, APrivateImageDoesNotExistForOtherProjects) {
    const auto id = create(owner(), {{"visibility", "private"}});
    const std::string path = "/v2/images/" + id;
    EXPECT_EQ(other().get(path).status, 404);
    EXPECT_EQ(other().get(path).json()["message"],
              "No image found with ID " + id + "<br /><br />\n\n\n");
    EXPECT_EQ(other().get(path + "/file").status, 404);
    EXPECT_EQ(upload(other(), id, "x").status, 404);
    EXPECT_EQ(patch(other(), id, json::array()).status, 404);
    EXPECT_EQ(other().remove(path).status, 404);
    EXPECT_EQ(admin().get(path).status, 200);
    EXPECT_EQ(owner().get(path).status, 200);
}

TEST_F(GlanceTest, APublicImageIsReadByAllAndChangedByItsOwner) {
    EXPECT_EQ(owner().post("/v2/images", {{"visibility", "public"}}).status, 403);
    const auto id = create(admin(), {{"visibility", "public"}});
    EXPECT_EQ(upload(admin(), id, "data").status, 204);
    EXPECT_EQ(other().get("/v2/images/" + id + "/file").body, "data");
    const auto refused = other().remove("/v2/images/" + id);
    EXPECT_EQ(refused.status, 403);
    EXPECT_NE(refused.body.find("You are not authorized to complete delete_image action."),
              std::string::npos);
    EXPECT_EQ(patch(other(), id, {{{"op", "add"}, {"path", "/a"}, {"value", "b"}}}).status, 403);
    EXPECT_EQ(patch(owner(), create(owner()),
                    {{{"op", "replace"}, {"path", "/visibility"}, {"value", "public"}}})
                  .status,
              403);
}

TEST_F(GlanceTest, ReadersChangeNothing) {
    const auto id = create(owner());
    EXPECT_EQ(reader().post("/v2/images", {{"name", "x"}}).status, 403);
    EXPECT_EQ(reader().get("/v2/images/" + id).status, 200);
    EXPECT_EQ(upload(reader(), id, "x").status, 403);
    EXPECT_EQ(patch(reader(), id, {{{"op", "add"}, {"path", "/a"}, {"value", "b"}}}).status, 403);
    EXPECT_EQ(reader().remove("/v2/images/" + id).status, 403);
}

TEST_F(GlanceTest, AnIdIsUsedOnce) {
    const std::string id = "00000000-0000-4000-8000-000000000001";
    EXPECT_EQ(owner().post("/v2/images", {{"id", id}}).status, 201);
    EXPECT_EQ(other().post("/v2/images", {{"id", id}}).status, 409);
    EXPECT_EQ(owner().remove("/v2/images/" + id).status, 204);
    EXPECT_EQ(owner().post("/v2/images", {{"id", id}}).status, 409);
    EXPECT_EQ(owner().post("/v2/images", {{"id", "../../etc/passwd"}}).status, 400);
}

TEST_F(GlanceTest, APatchIsTakenWholeOrNotAtAll) {
    const auto id = create(owner(), {{"a", "1"}});
    const auto refused = patch(owner(), id,
                               {{{"op", "add"}, {"path", "/b"}, {"value", "2"}},
                                {{"op", "remove"}, {"path", "/missing"}}});
    EXPECT_EQ(refused.status, 409);
    EXPECT_FALSE(owner().get("/v2/images/" + id).json().contains("b"));
    const auto changed = patch(owner(), id,
                               {{{"op", "replace"}, {"path", "/name"}, {"value", "new"}},
                                {{"op", "add"}, {"path", "/a~1b"}, {"value", "2"}},
                                {{"op", "remove"}, {"path", "/a"}}});
    EXPECT_EQ(changed.status, 200) << changed.body;
    EXPECT_EQ(changed.json()["name"], "new");
    EXPECT_EQ(changed.json()["a/b"], "2");
    EXPECT_FALSE(changed.json().contains("a"));
}

TEST_F(GlanceTest, APatchThatMakesNoSenseIsRefused) {
    const auto id = create(owner(), {{"a", "1"}});
    const auto one = [&](const json& operation) {
        return patch(owner(), id, json::array({operation})).status;
    };
    EXPECT_EQ(patch(owner(), id, json::object()).status, 400);
    EXPECT_EQ(patch(owner(), id, {1}).status, 400);
    EXPECT_EQ(one({{"op", "add"}, {"path", "/a"}}), 400);
    EXPECT_EQ(one({{"op", "add"}, {"value", "x"}}), 400);
    EXPECT_EQ(one({{"op", 1}, {"path", "/a"}, {"value", "x"}}), 400);
    EXPECT_EQ(one({{"op", "add"}, {"path", "a"}, {"value", "x"}}), 400);
    EXPECT_EQ(one({{"op", "add"}, {"path", "/a/b"}, {"value", "x"}}), 400);
    EXPECT_EQ(one({{"op", "add"}, {"path", "/a~2"}, {"value", "x"}}), 400);
    EXPECT_EQ(one({{"op", "add"}, {"path", "/a"}, {"value", 1}}), 400);
    EXPECT_EQ(one({{"op", "replace"}, {"path", "/protected"}, {"value", "yes"}}), 400);
    EXPECT_EQ(one({{"op", "replace"}, {"path", "/min_ram"}, {"value", -1}}), 400);
    EXPECT_EQ(one({{"op", "replace"}, {"path", "/id"}, {"value", "x"}}), 403);
    EXPECT_EQ(one({{"op", "replace"}, {"path", "/owner"}, {"value", "other"}}), 403);
    EXPECT_EQ(one({{"op", "remove"}, {"path", "/name"}}), 403);
    EXPECT_EQ(one({{"op", "add"}, {"path", "/locations"}, {"value", json::array()}}), 400);
    EXPECT_EQ(one({{"op", "replace"}, {"path", "/locations"}, {"value", json::array()}}), 403);
    EXPECT_EQ(owner()
                  .send("PATCH", "/v2/images/" + id, "[",
                        {{"Content-Type", "application/openstack-images-v2.1-json-patch"}})
                  .status,
              400);
    EXPECT_EQ(owner()
                  .send("PATCH", "/v2/images/" + id, R"([{"add": "/b", "value": "2"}])",
                        {{"Content-Type", "application/openstack-images-v2.0-json-patch"}})
                  .status,
              200);
}

TEST_F(GlanceTest, AProtectedImageStays) {
    const auto id = create(owner(), {{"protected", true}});
    EXPECT_EQ(owner().remove("/v2/images/" + id).status, 403);
    EXPECT_EQ(admin().remove("/v2/images/" + id).status, 403);
    EXPECT_EQ(
        patch(owner(), id, {{{"op", "replace"}, {"path", "/protected"}, {"value", false}}}).status,
        200);
    EXPECT_EQ(owner().remove("/v2/images/" + id).status, 204);
    EXPECT_EQ(owner().get("/v2/images/" + id).status, 404);
}

TEST_F(GlanceTest, RefusalsComeAsTheClientReadsThem) {
    const std::string path = "/v2/images/none";
    const auto page = owner().with("Accept", "*/*").get(path);
    EXPECT_EQ(page.header("Content-Type"), "text/html; charset=UTF-8");
    EXPECT_EQ(page.body, "<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n  "
                         "<h1>404 Not Found</h1>\n  No image found with ID none<br /><br />\n\n\n"
                         "\n </body>\n</html>");
    const auto text = owner().with("Accept", "text/plain").get(path);
    EXPECT_EQ(text.body, "404 Not Found\n\nNo image found with ID none\n\n   ");
    EXPECT_EQ(owner().get(path).json()["code"], "404 Not Found");
}

} // namespace
} // namespace vtpmlab::fakes::glance
