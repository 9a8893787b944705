// Pages: every list of Barbican's has the same ones, whatever is in it.

#include "key_manager_fixture.h"

namespace vtpmlab::fakes::barbican {
namespace {

using nlohmann::json;

struct List {
    const char* name; // of the test
    const char* key;  // of the body
    const char* who;
};

void PrintTo(const List& list, std::ostream* out) { *out << list.name; }

class Paging : public KeyManagerTest, public ::testing::WithParamInterface<List> {
protected:
    void SetUp() override {
        KeyManagerTest::SetUp();
        person("operator", "demo", {"key-manager:service-admin"});
    }
    // Links say project_quotas where the path says project-quotas; so does Barbican.
    [[nodiscard]] std::string link(std::string path, const std::string& query) const {
        if (const auto dash = path.find("project-quotas"); dash != std::string::npos)
            path[dash + 7] = '_';
        return barbican_->url() + path + query;
    }
    // Five of them, and the path of the list.
    std::string filled() {
        const std::string name = GetParam().name;
        if (name == "SecretConsumers" || name == "ContainerConsumers") {
            const std::string path =
                (name == "SecretConsumers" ? made_by("owner") : container("")) + "/consumers";
            for (const char* one : {"a", "b", "c", "d", "e"})
                sent("POST", path, 200,
                     {{"service", "compute"},
                      {"resource_type", "instance"},
                      {"resource_id", one},
                      {"name", one},
                      {"URL", std::string("http://") + one}});
            return path;
        }
        for (const char* one : {"a", "b", "c", "d", "e"})
            if (name == "Secrets")
                made_by("owner", {{"name", one}});
            else if (name == "Containers")
                container(one);
            else if (name == "Orders")
                sent("POST", "/v1/orders", 202,
                     {{"type", "key"},
                      {"meta", {{"algorithm", "aes"}, {"bit_length", 128}, {"name", one}}}});
            else
                sent("PUT", std::string("/v1/project-quotas/") + one, 204,
                     {{"project_quotas", {{"secrets", 5}}}});
        return std::string("/v1/") + (name == "ProjectQuotas" ? "project-quotas" : GetParam().key);
    }
    json page(const std::string& path) {
        const auto answer = client_->get(path, by(GetParam().who));
        EXPECT_EQ(answer.status, 200) << path << " " << answer.body;
        return answer.json();
    }
    std::size_t shown(const std::string& path) { return page(path)[GetParam().key].size(); }

private:
    void sent(const char* method, const std::string& path, int status, const json& body) {
        const auto answer = client_->send(method, path, body.dump(), by(GetParam().who));
        ASSERT_EQ(answer.status, status) << answer.body;
    }
    std::string container(const std::string& name) {
        const auto answer =
            client_->post("/v1/containers", {{"type", "generic"}, {"name", name}}, by("owner"));
        EXPECT_EQ(answer.status, 201) << answer.body;
        const auto reference = answer.json().value("container_ref", "");
        return reference.substr(reference.find("/v1/"));
    }
};

TEST_P(Paging, FollowEachOtherBothWays) {
    const auto path = filled();
    const json first = page(path + "?limit=2");
    EXPECT_EQ(first["total"], 5);
    EXPECT_EQ(first[GetParam().key].size(), 2u);
    EXPECT_FALSE(first.contains("previous"));
    EXPECT_EQ(first["next"], link(path, "?limit=2&offset=2"));
    const json middle = page(path + "?limit=2&offset=2");
    EXPECT_EQ(middle["previous"], link(path, "?limit=2&offset=0"));
    EXPECT_EQ(middle["next"], link(path, "?limit=2&offset=4"));
    const json last = page(path + "?limit=2&offset=4");
    EXPECT_EQ(last[GetParam().key].size(), 1u);
    EXPECT_FALSE(last.contains("next"));
    json all = page(path)[GetParam().key], in_pages = json::array();
    for (const auto& one : {first, middle, last})
        for (const auto& item : one[GetParam().key])
            in_pages.push_back(item);
    EXPECT_EQ(in_pages, all);
}

TEST_P(Paging, TakeNonsenseForNothingAndTooMuchForTheMost) {
    const auto path = filled();
    EXPECT_EQ(shown(path + "?limit=0"), 1u);
    EXPECT_EQ(shown(path + "?limit=-7"), 1u);
    EXPECT_EQ(shown(path + "?limit=none&offset=none"), 5u);
    EXPECT_EQ(shown(path + "?limit=&offset="), 5u);
    EXPECT_EQ(shown(path + "?offset=-3"), 5u);
    EXPECT_EQ(shown(path + "?offset=9223372036854775808"), 5u);
    for (const char* far : {"5", "101", "9223372036854775800"}) {
        const json beyond = page(path + "?offset=" + far);
        EXPECT_EQ(beyond[GetParam().key], json::array()) << far;
        EXPECT_EQ(beyond["total"], 5) << far;
        EXPECT_FALSE(beyond.contains("previous")) << far;
    }
    // No page is longer than a hundred, and the links say so.
    for (const char* many : {"101", "9223372036854775807", "99999999999999999999"})
        EXPECT_EQ(page(path + "?offset=1&limit=" + many)["previous"],
                  link(path, "?limit=100&offset=0"))
            << many;
}

INSTANTIATE_TEST_SUITE_P(Lists, Paging,
                         ::testing::Values(List{"Secrets", "secrets", "owner"},
                                           List{"Containers", "containers", "owner"},
                                           List{"Orders", "orders", "owner"},
                                           List{"SecretConsumers", "consumers", "owner"},
                                           List{"ContainerConsumers", "consumers", "owner"},
                                           List{"ProjectQuotas", "project_quotas", "operator"}),
                         [](const auto& test) { return std::string(test.param.name); });

} // namespace
} // namespace vtpmlab::fakes::barbican
