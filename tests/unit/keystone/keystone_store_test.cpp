#include "keystone/store.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace vtpmlab::fakes::keystone {
namespace {

TEST(KeystoneStore, NamesAreUniqueInTheirDomain) {
    const auto store = std::move(*Store::open(""));
    EXPECT_TRUE(store->insert("user", {{"id", "1"}, {"name", "ann"}, {"domain_id", "d"}}));
    EXPECT_FALSE(store->insert("user", {{"id", "2"}, {"name", "ann"}, {"domain_id", "d"}}));
    EXPECT_TRUE(store->insert("user", {{"id", "2"}, {"name", "ann"}, {"domain_id", "e"}}));
    EXPECT_FALSE(store->insert("user", {{"id", "2"}, {"name", "bob"}, {"domain_id", "e"}}));
    EXPECT_EQ((*store->find_named("user", "e", "ann"))["id"], "2");
}

TEST(KeystoneStore, RemovingAUserRemovesWhatHangsOnIt) {
    const auto store = std::move(*Store::open(""));
    ASSERT_TRUE(store->insert("user", {{"id", "u"}, {"name", "ann"}, {"domain_id", "d"}}));
    store->set_password("u", "pw");
    const Scope scope{Scope::Kind::project, "p"};
    store->assign({"u", "r", scope});
    store->add_token("token", {"u", scope, {"password"}, "a", {}, {}}, Clock::Time{});
    EXPECT_TRUE(store->remove("user", "u"));
    EXPECT_FALSE(store->password_matches("u", "pw"));
    EXPECT_TRUE(store->roles_of("u", scope).empty());
    EXPECT_FALSE(store->token("token"));
}

TEST(KeystoneStore, RolesComeDirectlyByGroupAndByImplication) {
    const auto store = std::move(*Store::open(""));
    const Scope scope{Scope::Kind::project, "p"};
    const auto roles = [&] {
        auto found = store->roles_of("u", scope);
        std::sort(found.begin(), found.end());
        return found;
    };
    store->assign({"u", "a", scope});
    store->assign({"g", "b", scope, Assignment::Actor::group});
    EXPECT_EQ(roles(), (std::vector<std::string>{"a"}));
    store->add_member("g", "u");
    EXPECT_EQ(roles(), (std::vector<std::string>{"a", "b"}));
    store->imply("b", "c");
    store->imply("c", "b"); // a circle ends
    EXPECT_EQ(roles(), (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_TRUE(store->remove_member("g", "u"));
    EXPECT_EQ(roles(), (std::vector<std::string>{"a"}));
}

TEST(KeystoneStore, AnApplicationCredentialGoesWithTheRoleOnItsProject) {
    const auto store = std::move(*Store::open(""));
    const Scope scope{Scope::Kind::project, "p"};
    store->assign({"u", "r", scope});
    EXPECT_TRUE(store->insert({"c", "name", "u", "p", "{}", {}}, "its secret"));
    EXPECT_FALSE(store->insert({"d", "name", "u", "q", "{}", {}}, "its secret"));
    EXPECT_TRUE(store->password_matches("c", "its secret"));
    EXPECT_TRUE(store->unassign({"u", "r", scope}));
    EXPECT_FALSE(store->credential("c"));
    EXPECT_FALSE(store->password_matches("c", "its secret"));
}

TEST(KeystoneStore, SurvivesInAFileWithoutAnySecretInIt) {
    const auto directory =
        std::filesystem::temp_directory_path() / ("vtpmlab-keystone-" + std::to_string(::getpid()));
    std::filesystem::create_directory(directory);
    const auto file = directory / "keystone.sqlite";
    {
        const auto store = std::move(*Store::open(file));
        ASSERT_TRUE(store->insert("user", {{"id", "u"}, {"name", "ann"}, {"domain_id", "d"}}));
        store->set_password("u", "the-password");
        store->add_token("the-token", {"u", {}, {"password"}, "a", {}, {}}, Clock::Time{});
        ASSERT_TRUE(store->insert({"c", "name", "u", "p", "{}", {}}, "the-secret"));
    }
    const auto store = std::move(*Store::open(file));
    EXPECT_TRUE(store->password_matches("u", "the-password"));
    EXPECT_TRUE(store->token("the-token"));
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        std::ifstream in(entry.path(), std::ios::binary);
        const std::string bytes((std::istreambuf_iterator<char>(in)), {});
        EXPECT_EQ(bytes.find("the-password"), std::string::npos) << entry.path();
        EXPECT_EQ(bytes.find("the-token"), std::string::npos) << entry.path();
        EXPECT_EQ(bytes.find("the-secret"), std::string::npos) << entry.path();
    }
    std::filesystem::remove_all(directory);
}

} // namespace
} // namespace vtpmlab::fakes::keystone
