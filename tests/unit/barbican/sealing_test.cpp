// Nothing that is written down anywhere shows a payload.

#include "barbican/cipher.h"
#include "key_manager_fixture.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace vtpmlab::fakes::barbican {
namespace {

namespace fs = std::filesystem;

std::span<const unsigned char> bytes(std::string_view text) {
    return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

std::string content(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST(Cipher, OpensOnlyWhatItSealedForThatId) {
    const auto cipher = std::move(*Cipher::open(""));
    const auto other = std::move(*Cipher::open(""));
    auto sealed = cipher->seal("id-1", bytes("pass"));
    EXPECT_EQ(sealed.size(), 4u + 28u);
    EXPECT_EQ(cipher->open_sealed("id-1", sealed)->reveal(), "pass");
    EXPECT_FALSE(cipher->open_sealed("id-2", sealed));
    EXPECT_FALSE(other->open_sealed("id-1", sealed));
    EXPECT_NE(cipher->seal("id-1", bytes("pass")), sealed);
    for (auto& byte : sealed) {
        byte ^= 1;
        EXPECT_FALSE(cipher->open_sealed("id-1", sealed));
        byte ^= 1;
    }
    sealed.pop_back();
    EXPECT_FALSE(cipher->open_sealed("id-1", sealed));
    EXPECT_FALSE(cipher->open_sealed("id-1", {}));
    EXPECT_TRUE(cipher->open_sealed("id-1", cipher->seal("id-1", {}))->empty());
}

class SealingTest : public KeyManagerTest {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "barbican-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        directory_ = pattern;
        KeyManagerTest::SetUp();
        start_on_file();
    }
    void TearDown() override {
        barbican_.reset();
        fs::remove_all(directory_);
    }
    void start_on_file() {
        start(PolicyDefaults::legacy, {}, (directory_ / "barbican.sqlite").string());
    }

    fs::path directory_;
};

TEST_F(SealingTest, NoPayloadIsInTheJournalOrInTheDatabase) {
    const std::string once = "one-step-payload-0123456789", later = "two-step-payload-0123456789",
                      wrong = "wrong-type-payload-0123456789",
                      refused = "refused-payload-0123456789";
    const auto path = made_by("owner", passphrase(once));
    made_by("owner", {{"name", "t"}, {"payload", once}, {"payload_content_type", "text/plain"}});
    const auto empty = made_by("owner", {{"name", "later"}});
    const auto put = [&](const std::string& body, const char* type) {
        return client_->send("PUT", empty, body, by("owner", {{"Content-Type", type}})).status;
    };
    EXPECT_EQ(put('"' + wrong + '"', "application/json"), 415);
    EXPECT_EQ(put(later, "text/plain"), 204);
    EXPECT_EQ(put(refused, "text/plain"), 409);
    EXPECT_EQ(client_->post("/v1/secrets", passphrase(refused), by("audit")).status, 403);
    EXPECT_EQ(client_->post("/v1/secrets", {{"payload", refused}}, by("owner")).status, 400);
    EXPECT_EQ(
        client_->send("POST", "/v1/secrets", "{\"payload\": \"" + refused, by("owner")).status,
        400);
    EXPECT_EQ(client_->send("POST", "/v1/secrets", '"' + refused + '"', by("owner")).status, 400);
    EXPECT_EQ(client_->get(path + "/payload", by("owner")).body, once);
    EXPECT_EQ(client_->get(empty + "/payload", by("owner")).body, later);
    EXPECT_EQ(client_->get(empty, by("owner", {{"Accept", "text/plain"}})).body, later);
    ASSERT_EQ(client_->remove(path, by("owner")).status, 204);

    std::map<std::string, std::string> written = {{"journal", journal_.to_jsonl()}};
    for (const auto& file : fs::directory_iterator(directory_))
        written[file.path().filename().string()] = content(file.path());
    EXPECT_GE(written.size(), 3u); // with database and key
    EXPECT_NE(written["journal"].find("/v1/secrets"), std::string::npos);
    for (const auto& [name, text] : written)
        for (const auto& secret : {once, later, wrong, refused}) {
            EXPECT_EQ(text.find(secret), std::string::npos) << secret << " in " << name;
            EXPECT_EQ(text.find(base64_encode(secret)), std::string::npos)
                << "base64 of " << secret << " in " << name;
        }
    for (const auto& [name, token] : tokens_)
        EXPECT_EQ(written["journal"].find(token), std::string::npos) << name;
}

TEST_F(SealingTest, TheKeyIsItsOwnersAloneAndOutlivesTheService) {
    const auto path = made_by("owner", passphrase("pass"));
    struct stat facts {};
    ASSERT_EQ(::stat((directory_ / "barbican.sqlite.key").c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600u);
    start_on_file();
    EXPECT_EQ(client_->get(path + "/payload", by("owner")).body, "pass");
}

TEST_F(SealingTest, WithAnotherKeyNothingOpens) {
    const auto path = made_by("owner", passphrase("pass"));
    barbican_.reset();
    fs::remove(directory_ / "barbican.sqlite.key");
    start_on_file();
    EXPECT_EQ(client_->get(path, by("owner")).status, 200);
    const auto answer = client_->get(path + "/payload", by("owner"));
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.json()["title"], "Internal Server Error");
}

TEST_F(SealingTest, AKeyOthersMayReadOrOfWrongLengthIsRefused) {
    const auto key = (directory_ / "other.key").string();
    const auto refusal = [&] {
        const auto cipher = Cipher::open(key);
        return cipher ? std::string() : cipher.error().message;
    };
    std::ofstream(key) << "short";
    fs::permissions(key, fs::perms::owner_read | fs::perms::others_read);
    EXPECT_EQ(refusal(), "cannot use the key of the secrets " + key + ": others may read it");
    fs::permissions(key, fs::perms::owner_read);
    EXPECT_EQ(refusal(), "cannot use the key of the secrets " + key + ": it is not 32 bytes long");
}

} // namespace
} // namespace vtpmlab::fakes::barbican
