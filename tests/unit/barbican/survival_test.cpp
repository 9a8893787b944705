// A process that is killed in the middle of writing loses nothing it said was stored, and leaves no
// payload behind in the clear.

#include "barbican/store.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace vtpmlab::fakes::barbican {
namespace {

namespace fs = std::filesystem;

constexpr const char* payload = "survives-and-is-never-seen-0123456789";
constexpr int enough = 25;

// Writes secrets until it is killed; says the id of each once it is stored.
[[noreturn]] void write_for_ever(const std::string& database, int out) {
    const auto store = Store::open(database);
    for (std::int64_t i = 0; store; ++i) {
        Secret secret;
        secret.id = random_uuid();
        secret.name = fmt::format("secret {}", i);
        secret.project_id = "p";
        secret.creator_id = "u";
        secret.type = "passphrase";
        secret.content_type = "text/plain";
        const SecretValue value{std::string_view(payload)};
        if (!(*store)->insert(secret, &value) ||
            ::write(out, secret.id.data(), secret.id.size()) < 0)
            break;
    }
    ::_exit(1);
}

std::string content(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST(Survival, AKilledProcessLeavesWholeTransactionsAndNoPlainPayload) {
    std::string pattern = (fs::temp_directory_path() / "barbican-killed-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    const fs::path directory = pattern;
    const auto database = (directory / "barbican.sqlite").string();
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t writer = ::fork();
    ASSERT_GE(writer, 0);
    if (writer == 0)
        write_for_ever(database, ends[1]);
    ::close(ends[1]);

    constexpr std::size_t id_length = 36;
    std::string said(enough * id_length, '\0');
    std::size_t have = 0;
    while (have < said.size()) {
        const auto got = ::read(ends[0], said.data() + have, said.size() - have);
        ASSERT_GT(got, 0) << "the writer ended after " << have / id_length << " secrets";
        have += static_cast<std::size_t>(got);
    }
    ASSERT_EQ(::kill(writer, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(writer, &status, 0), writer);
    EXPECT_TRUE(WIFSIGNALED(status));
    ::close(ends[0]);

    // As the kill left them, the write-ahead log included.
    bool has_log = false;
    for (const auto& file : fs::directory_iterator(directory)) {
        has_log = has_log || file.path().extension() == ".sqlite-wal";
        const auto bytes = content(file.path());
        EXPECT_EQ(bytes.find(payload), std::string::npos) << file.path();
        EXPECT_EQ(bytes.find(base64_encode(std::string_view(payload))), std::string::npos)
            << file.path();
    }
    EXPECT_TRUE(has_log);

    auto store = Store::open(database);
    ASSERT_TRUE(store) << store.error().message;
    for (std::size_t at = 0; at < said.size(); at += id_length) {
        const auto id = said.substr(at, id_length);
        ASSERT_TRUE((*store)->find(id, {})) << id;
        EXPECT_EQ((*store)->payload(id)->reveal(), payload);
    }
    for (const auto& secret : (*store)->all())
        EXPECT_TRUE((*store)->payload(secret.id)) << "half a secret: " << secret.id;
    store->reset();
    fs::remove_all(directory);
}

} // namespace
} // namespace vtpmlab::fakes::barbican
