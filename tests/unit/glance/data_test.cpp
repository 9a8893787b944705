// Data of images: up, down, and what is left of an upload that failed.

#include "glance_cloud.h"
#include "unit/http/raw_client.h"

#include <vtpmlab/encoding.h>

#include <openssl/evp.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>

namespace vtpmlab::fakes::glance {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string digest_of(const std::string& data, const EVP_MD* algorithm) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> value;
    unsigned size = 0;
    EVP_Digest(data.data(), data.size(), value.data(), &size, algorithm, nullptr);
    return hex({value.data(), size});
}

class GlanceData : public GlanceTest {
protected:
    void SetUp() override {
        directory_ = fs::temp_directory_path() / ("glance-data-" + random_uuid());
        start_on_disk();
    }
    void TearDown() override {
        glance_.reset();
        fs::remove_all(directory_);
    }
    void start_on_disk() {
        fs::create_directories(directory_);
        GlanceConfig config;
        config.data_directory = directory_ / "images";
        config.database = (directory_ / "glance.sqlite").string();
        config.image_size_cap = cap_;
        config.user_storage_quota = quota_;
        start(std::move(config));
    }
    [[nodiscard]] std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(directory_ / "images"), fs::directory_iterator()));
    }
    [[nodiscard]] std::uint16_t port() const {
        const std::string url = glance_->url();
        return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    }
    [[nodiscard]] json show(const std::string& id) const {
        return owner().get("/v2/images/" + id).json();
    }
    // Waits, as long as many requests take, not for a time.
    [[nodiscard]] bool becomes(const std::string& id, const std::string& status) const {
        for (int i = 0; i < 2000; ++i)
            if (show(id)["status"] == status)
                return true;
        return false;
    }
    // Two halves, too long to be read ahead; `between` runs when the image is being saved, and
    // ends the upload with false.
    [[nodiscard]] httplib::Result upload_in_halves(const std::string& id,
                                                   const std::function<bool()>& between) const {
        const std::string half(512 << 10, 'x');
        httplib::Client client(glance_->url());
        return client.Put(
            "/v2/images/" + id + "/file", {{"X-Auth-Token", "owner@demo:member"}}, 2 * half.size(),
            [&](std::size_t offset, std::size_t, httplib::DataSink& sink) {
                if (offset > 0) {
                    EXPECT_TRUE(becomes(id, "saving"));
                    if (!between())
                        return false;
                }
                return sink.write(half.data(), half.size());
            },
            "application/octet-stream");
    }

    fs::path directory_;
    std::uint64_t cap_ = 64 << 20;
    std::uint64_t quota_ = 0;
};

TEST_F(GlanceData, WhatGoesUpComesDownWithItsDigests) {
    std::string data(3'000'001, '\0');
    for (std::size_t i = 0; i < data.size(); ++i)
        data[i] = static_cast<char>(i * 7 + i / 251);
    const auto id = create(owner(), {{"visibility", "private"}});
    EXPECT_EQ(upload(owner(), id, data).status, 204);
    const auto image = show(id);
    EXPECT_EQ(image["status"], "active");
    EXPECT_EQ(image["size"], data.size());
    EXPECT_EQ(image["checksum"], digest_of(data, EVP_md5()));
    EXPECT_EQ(image["os_hash_algo"], "sha512");
    EXPECT_EQ(image["os_hash_value"], digest_of(data, EVP_sha512()));
    const auto down = owner().get("/v2/images/" + id + "/file");
    EXPECT_EQ(down.status, 200);
    EXPECT_TRUE(down.body == data);
    EXPECT_EQ(down.header("Content-MD5"), digest_of(data, EVP_md5()));
    EXPECT_EQ(files(), 1u);
    EXPECT_EQ(owner().remove("/v2/images/" + id).status, 204);
    EXPECT_EQ(files(), 0u);
}

TEST_F(GlanceData, AnEmptyUploadIsAnImageToo) {
    const auto id = create(owner());
    EXPECT_EQ(upload(owner(), id, "").status, 204);
    EXPECT_EQ(show(id)["status"], "active");
    EXPECT_EQ(show(id)["size"], 0);
    EXPECT_EQ(owner().get("/v2/images/" + id + "/file").status, 200);
}

TEST_F(GlanceData, DataIsSentOnce) {
    const auto id = create(owner());
    EXPECT_EQ(upload(owner(), id, "one").status, 204);
    EXPECT_EQ(upload(owner(), id, "two").status, 409);
    EXPECT_EQ(owner().get("/v2/images/" + id + "/file").body, "one");
}

TEST_F(GlanceData, ARangeIsAPieceOfTheFile) {
    const auto id = create(owner());
    EXPECT_EQ(upload(owner(), id, "0123456789").status, 204);
    const auto piece = [&](const std::string& range) {
        return owner().get("/v2/images/" + id + "/file", {{"Range", range}});
    };
    EXPECT_EQ(piece("bytes=2-5").body, "2345");
    EXPECT_EQ(piece("bytes=8-").body, "89");
    EXPECT_EQ(piece("bytes=-3").body, "789");
    EXPECT_EQ(piece("bytes=-30").body, "0123456789");
    EXPECT_EQ(piece("bytes=5-500").header("Content-Range"), "bytes 5-9/10");
    EXPECT_EQ(piece("bytes=10-").status, 416);
    EXPECT_EQ(piece("bytes=-0").body, "0123456789"); // as the real one has it
    EXPECT_EQ(piece("bytes=-").status, 416);
    EXPECT_EQ(piece("bytes=0-1,3-4").status, 400);
}

TEST_F(GlanceData, AnUploadThatIsCutOffLeavesAQueuedImage) {
    const auto id = create(owner());
    EXPECT_FALSE(upload_in_halves(id, [&] { return false; }));
    // The server sees the end of the connection a moment later.
    EXPECT_TRUE(becomes(id, "queued"));
    EXPECT_EQ(show(id)["size"], nullptr);
    EXPECT_EQ(files(), 0u);
    EXPECT_EQ(upload(owner(), id, "whole").status, 204);
    EXPECT_EQ(owner().get("/v2/images/" + id + "/file").body, "whole");
}

TEST_F(GlanceData, AnImageDeletedDuringItsUploadLeavesNothing) {
    const auto id = create(owner());
    const auto result = upload_in_halves(id, [&] {
        EXPECT_EQ(upload(owner(), id, "x").status, 409);
        EXPECT_EQ(owner().remove("/v2/images/" + id).status, 204);
        return true;
    });
    ASSERT_TRUE(result);
    EXPECT_EQ(result->status, 410);
    EXPECT_EQ(files(), 0u);
}

TEST_F(GlanceData, WhatIsTooLargeIsRefusedAndLeavesNothing) {
    cap_ = 1000;
    start_on_disk();
    const auto id = create(owner());
    const auto refused = upload(owner(), id, std::string(1001, 'x'));
    EXPECT_EQ(refused.status, 413);
    EXPECT_NE(
        refused.body.find("The incoming image is too large: The provided image is too large."),
        std::string::npos);
    EXPECT_EQ(show(id)["status"], "queued");
    EXPECT_EQ(files(), 0u);
    EXPECT_EQ(upload(owner(), id, std::string(1000, 'x')).status, 204);
}

TEST_F(GlanceData, AProjectStoresNoMoreThanItsQuota) {
    quota_ = 1000;
    start_on_disk();
    EXPECT_EQ(upload(owner(), create(owner()), std::string(600, 'x')).status, 204);
    const auto id = create(owner());
    const auto refused = upload(owner(), id, std::string(401, 'x'));
    EXPECT_EQ(refused.status, 413);
    EXPECT_NE(refused.body.find("Image exceeds the storage quota: The size of the data 401 will "
                                "exceed the limit. 400 bytes remaining."),
              std::string::npos);
    EXPECT_EQ(show(id)["status"], "queued");
    EXPECT_EQ(files(), 1u);
    EXPECT_EQ(upload(owner(), id, std::string(400, 'x')).status, 204);
    EXPECT_EQ(upload(other(), create(other()), std::string(600, 'x')).status, 204);
}

TEST_F(GlanceData, StagedDataBecomesTheImageWhenItIsImported) {
    const std::string data(1'500'000, 's');
    const auto id = create(owner());
    const std::string path = "/v2/images/" + id;
    EXPECT_EQ(
        owner()
            .send("PUT", path + "/stage", data, {{"Content-Type", "application/octet-stream"}})
            .status,
        204);
    EXPECT_EQ(show(id)["status"], "uploading");
    EXPECT_EQ(show(id)["size"], data.size());
    EXPECT_EQ(show(id)["checksum"], nullptr);
    EXPECT_EQ(owner().get(path + "/file").status, 204);
    start_on_disk(); // staged data outlives the process
    EXPECT_EQ(files(), 1u);
    EXPECT_EQ(owner().post(path + "/import", {{"method", {{"name", "glance-direct"}}}}).status,
              202);
    EXPECT_EQ(show(id)["status"], "active");
    EXPECT_EQ(show(id)["checksum"], digest_of(data, EVP_md5()));
    EXPECT_EQ(show(id)["virtual_size"], data.size());
    EXPECT_TRUE(owner().get(path + "/file").body == data);
    const auto tasks = owner().get(path + "/tasks").json()["tasks"];
    ASSERT_EQ(tasks.size(), 1u);
    EXPECT_EQ(tasks[0]["status"], "success");
    EXPECT_EQ(tasks[0]["message"], "Copied 1 MiB");
    EXPECT_EQ(admin().get("/v2/tasks").json()["tasks"].size(), 1u);
    clock_->advance(std::chrono::hours(49));
    EXPECT_EQ(admin().get("/v2/tasks").json()["tasks"].size(), 0u);
    EXPECT_EQ(files(), 1u);
    EXPECT_EQ(owner().remove(path).status, 204);
    EXPECT_EQ(files(), 0u);
}

TEST_F(GlanceData, StagedDataGoesWithItsImage) {
    const auto id = create(owner());
    EXPECT_EQ(owner()
                  .send("PUT", "/v2/images/" + id + "/stage", "x",
                        {{"Content-Type", "application/octet-stream"}})
                  .status,
              204);
    EXPECT_EQ(files(), 1u);
    EXPECT_EQ(owner().remove("/v2/images/" + id).status, 204);
    EXPECT_EQ(files(), 0u);
}

TEST_F(GlanceData, BrokenChunksLeaveAQueuedImage) {
    const std::string head = "\r\nHost: x\r\nX-Auth-Token: owner@demo:member\r\nContent-Type: "
                             "application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const std::string body :
         {"5\r\nhello\r\nZ\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "5\nhello\r\n0\r\n\r\n",
          "-5\r\nhello\r\n0\r\n\r\n", "fffffffffffffffff\r\nhello", "0x5\r\nhello\r\n0\r\n\r\n"}) {
        const auto id = create(owner());
        http::test::RawClient client(port());
        client.send("PUT /v2/images/" + id + "/file HTTP/1.1" + head + body);
        client.finish_sending();
        EXPECT_NE(client.read_all().find("HTTP/1.1 400 "), std::string::npos) << body;
        EXPECT_EQ(show(id)["status"], "queued") << body;
    }
    EXPECT_EQ(files(), 0u);
}

TEST_F(GlanceData, ChunksWithExtensionsAndATrailerAreData) {
    const auto id = create(owner());
    http::test::RawClient client(port());
    client.send("PUT /v2/images/" + id +
                "/file HTTP/1.1\r\nHost: x\r\nX-Auth-Token: owner@demo:member\r\nContent-Type: "
                "application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                "5;name=value\r\nhello\r\n6\r\n world\r\n0\r\nMore: x\r\n\r\n");
    client.finish_sending();
    EXPECT_NE(client.read_all().find("HTTP/1.1 204 "), std::string::npos);
    EXPECT_EQ(owner().get("/v2/images/" + id + "/file").body, "hello world");
}

TEST_F(GlanceData, WhoAsksIsToldToContinueOrRefusedBeforeTheBody) {
    const auto head = [](const std::string& id, std::size_t length) {
        return "PUT /v2/images/" + id +
               "/file HTTP/1.1\r\nHost: x\r\nX-Auth-Token: owner@demo:member\r\nContent-Type: "
               "application/octet-stream\r\nExpect: 100-continue\r\nContent-Length: " +
               std::to_string(length) + "\r\n\r\n";
    };
    const auto id = create(owner());
    http::test::RawClient client(port());
    client.send(head(id, 4));
    EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("data");
    client.finish_sending();
    EXPECT_NE(client.read_all().find("HTTP/1.1 204 "), std::string::npos);
    http::test::RawClient refused(port());
    refused.send(head(id, 4)); // the image has its data
    EXPECT_EQ(refused.read_until("\r\n").substr(0, 13), "HTTP/1.1 409 ");
}

TEST_F(GlanceData, AnImageDeletedDuringItsDownloadIsSentToTheEnd) {
    const std::string data(8 << 20, 'd');
    const auto id = create(owner());
    EXPECT_EQ(upload(owner(), id, data).status, 204);
    httplib::Client client(glance_->url());
    std::size_t came = 0;
    const auto result =
        client.Get("/v2/images/" + id + "/file", {{"X-Auth-Token", "owner@demo:member"}},
                   [&](const char*, std::size_t size) {
                       if (came == 0) {
                           EXPECT_EQ(owner().remove("/v2/images/" + id).status, 204);
                       }
                       came += size;
                       return true;
                   });
    ASSERT_TRUE(result);
    EXPECT_EQ(came, data.size());
    EXPECT_EQ(files(), 0u);
}

TEST_F(GlanceData, AFullDiskIsA413AndLeavesNothing) {
    const auto id = create(owner());
    // A limit on file sizes stands for a full disk: the same code path, and no mount is needed.
    struct rlimit before {};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    struct rlimit small = before;
    small.rlim_cur = 512 << 10;
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto refused = upload(owner(), id, std::string(2 << 20, 'x'));
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, handler);
    EXPECT_EQ(refused.status, 413);
    EXPECT_NE(refused.body.find("Image storage media is full: There is not enough disk space on "
                                "the image storage media."),
              std::string::npos);
    EXPECT_EQ(show(id)["status"], "queued");
    EXPECT_EQ(files(), 0u);
}

TEST_F(GlanceData, ImagesOutliveTheProcess) {
    const auto kept = create(owner(), {{"name", "kept"}});
    EXPECT_EQ(upload(owner(), kept, "data").status, 204);
    const auto before = show(kept);
    start_on_disk();
    EXPECT_EQ(show(kept), before);
    EXPECT_EQ(owner().get("/v2/images/" + kept + "/file").body, "data");
}

TEST_F(GlanceData, OnlyItsOwnLeftoversAreSweptAway) {
    glance_.reset();
    const auto images = directory_ / "images";
    const std::string stray = random_uuid();
    for (const std::string& name : {stray, stray + ".part", std::string("notes.txt")})
        std::ofstream(images / name) << "x";
    start_on_disk();
    EXPECT_EQ(files(), 1u);
    EXPECT_TRUE(fs::exists(images / "notes.txt"));
}

TEST_F(GlanceData, AQcow2ImageSaysHowLargeItsDiskIs) {
    std::string header = "QFI\xfb";
    header += std::string(20, '\0') + std::string("\0\0\0\0\x40\0\0\0", 8) + std::string(72, '\0');
    const auto id = create(owner(), {{"disk_format", "qcow2"}});
    EXPECT_EQ(upload(owner(), id, header).status, 204);
    EXPECT_EQ(show(id)["virtual_size"], 1 << 30);
}

TEST_F(GlanceData, ADeactivatedImageIsNotSent) {
    const auto id = create(owner());
    const std::string path = "/v2/images/" + id;
    EXPECT_EQ(owner().send("POST", path + "/actions/deactivate").status, 403); // no data yet
    EXPECT_EQ(upload(owner(), id, "data").status, 204);
    EXPECT_EQ(owner().send("POST", path + "/actions/deactivate").status, 204);
    EXPECT_EQ(owner().get(path + "/file").status, 403);
    EXPECT_EQ(owner().send("POST", path + "/actions/reactivate").status, 204);
    EXPECT_EQ(owner().get(path + "/file").status, 200);
}

TEST(GlanceTemporaryData, GoesWithTheService) {
    const auto count = [] {
        int found = 0;
        for (const auto& entry : fs::directory_iterator(fs::temp_directory_path()))
            found += entry.path().filename().string().rfind("vtpmlab-glance-", 0) == 0;
        return found;
    };
    const auto private_temp = fs::temp_directory_path() / ("glance-temp-" + random_uuid());
    fs::create_directories(private_temp);
    const char* old = std::getenv("TMPDIR");
    const std::string saved = old ? old : "";
    setenv("TMPDIR", private_temp.c_str(), 1);
    {
        auto glance = Glance::start({});
        ASSERT_TRUE(glance);
        EXPECT_EQ(count(), 1);
    }
    EXPECT_EQ(count(), 0);
    old ? setenv("TMPDIR", saved.c_str(), 1) : unsetenv("TMPDIR");
    fs::remove_all(private_temp);
}

} // namespace
} // namespace vtpmlab::fakes::glance
