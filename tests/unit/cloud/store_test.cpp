#include "cloud/state/records_json.h"
#include "cloud/state/store.h"
#include "core/files.h"
#include "support/state_file.h"

#include <gtest/gtest.h>

#include <thread>

namespace vtpmlab::cloud {
namespace {

ServerRecord server(const std::string& id) {
    ServerRecord record;
    record.id = id;
    record.name = "s";
    record.project_id = "demo";
    return record;
}

class StoreTest : public testing::Test {
protected:
    std::unique_ptr<Store> store_ = Store::open().value();
};

TEST(Store, SaysWhichFileCannotBeOpened) {
    const auto store = Store::open("/proc/no-such-directory/nova.sqlite");
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().message,
              "cannot open the database /proc/no-such-directory/nova.sqlite: unable to open "
              "database file");
    EXPECT_EQ(store.error().hint,
              "is the directory there and writable, and is there room on the disk?");
}

TEST(Store, RefusesAFileOfAnotherVersion) {
    const auto directory = TemporaryDirectory::create("vtpmlab-test");
    ASSERT_TRUE(directory);
    const auto file = directory->path() / "compute.sqlite";
    ASSERT_TRUE(Store::open(file));
    const auto kept = test::read_state_file(file);
    EXPECT_EQ(kept.version, 1);
    // Another digest means other tables or documents: raise the version, in state/store.cpp.
    EXPECT_EQ(test::digest_of(kept.tables), "2074140350219050372");
    EXPECT_EQ(test::digest_of(encode(Flavor()) + encode(ServerRecord()) + encode(InstanceAction()) +
                              encode(Migration())),
              "2278592551555434522");
    test::set_version(file, 2);
    const auto refused = Store::open(file);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message,
              "the database " + file.string() + " is of version 2; this vtpmlab knows version 1");
}

TEST_F(StoreTest, FlavorsKeepTheirOrderAndTheirNamesAreUnique) {
    Flavor flavor;
    flavor.id = "b";
    flavor.name = "one";
    flavor.extra_specs = {{"hw:tpm_version", "2.0"}};
    EXPECT_EQ(store_->add_flavor(flavor).value(), Store::Added::yes);
    EXPECT_EQ(store_->add_flavor(flavor).value(), Store::Added::name_taken);
    flavor.name = "two";
    EXPECT_EQ(store_->add_flavor(flavor).value(), Store::Added::id_taken);
    flavor.id = "a";
    EXPECT_EQ(store_->add_flavor(flavor).value(), Store::Added::yes);
    const auto all = store_->flavors().value();
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].id, "b");
    EXPECT_EQ(store_->flavor("b").value()->extra_specs.at("hw:tpm_version"), "2.0");
    EXPECT_TRUE(store_->remove_flavor("b").value());
    EXPECT_FALSE(store_->remove_flavor("b").value());
    EXPECT_EQ(store_->flavor("b").value(), std::nullopt);
}

TEST_F(StoreTest, ServerComesBackAsItWasPut) {
    auto put = server("1");
    put.description = "text \xff of any kind";
    put.image.properties = {{"hw_tpm_model", "tpm-crb"}};
    put.system_metadata = {{"vtpm_secret_uuid", "u"}};
    put.launched_at = Clock::Time(std::chrono::microseconds(5));
    put.fault = InstanceFault{500, "message", "details", Clock::Time(std::chrono::microseconds(7))};
    put.warnings = {"odd"};
    put.key_name = "mine";
    put.tags = {"a", "b"};
    put.requested_zone = "nova";
    put.locked_by = "admin";
    put.flavor.projects = {"demo"};
    ASSERT_TRUE(store_->add_server(put));
    EXPECT_EQ(put.domain_name(), "instance-00000001");
    const auto got = store_->server("1").value().value();
    EXPECT_EQ(got.number, 1u);
    EXPECT_EQ(got.image.properties, put.image.properties);
    EXPECT_EQ(got.system_metadata, put.system_metadata);
    EXPECT_EQ(got.launched_at, put.launched_at);
    EXPECT_EQ(got.terminated_at, std::nullopt);
    EXPECT_EQ(got.fault->created_at, put.fault->created_at);
    EXPECT_EQ(got.warnings, put.warnings);
    EXPECT_EQ(got.key_name, "mine");
    EXPECT_EQ(got.tags, put.tags);
    EXPECT_EQ(got.requested_zone, "nova");
    EXPECT_EQ(got.locked_by, "admin");
    EXPECT_EQ(got.flavor.projects, put.flavor.projects);
    EXPECT_EQ(store_->count_servers(put.project_id).value(), 1u);
    EXPECT_EQ(store_->count_servers("nobody").value(), 0u);
}

TEST_F(StoreTest, FiltersByProjectAndHostNewestFirst) {
    for (const char* id : {"1", "2", "3"}) {
        auto record = server(id);
        record.project_id = id == std::string("2") ? "other" : "demo";
        ASSERT_TRUE(store_->add_server(record));
    }
    ASSERT_TRUE(store_->change_server("1", [](auto& record) { record.host = "compute-1"; }));
    const auto ids = [&](const ServerFilter& filter) {
        std::string text;
        const auto all = store_->servers(filter).value();
        for (const auto& found : all)
            text += found.id;
        return text;
    };
    EXPECT_EQ(ids({}), "321");
    EXPECT_EQ(ids({"demo", "", ""}), "31");
    EXPECT_EQ(ids({"", "compute-1", ""}), "1");
}

TEST_F(StoreTest, ChangesOfManyThreadsAreAllThere) {
    auto record = server("1");
    ASSERT_TRUE(store_->add_server(record));
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int j = 0; j < 50; ++j)
                ASSERT_TRUE(store_->change_server("1", [](auto& r) { ++r.launch_index; }));
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(store_->server("1").value()->launch_index, 200u);
}

TEST_F(StoreTest, RemovedServerIsFoundNoMore) {
    auto record = server("1");
    ASSERT_TRUE(store_->add_server(record));
    ASSERT_TRUE(store_->remove_server("1"));
    EXPECT_EQ(store_->server("1").value(), std::nullopt);
    EXPECT_EQ(store_->change_server("1", [](auto&) {}).value(), std::nullopt);
}

} // namespace
} // namespace vtpmlab::cloud
