// A real run with real guests, and then every byte it wrote: no token, no password, no passphrase.
// Which ones there were is heard on the wire, in a network namespace that is the run's alone.

#include "core/error_text.h"
#include "core/files.h"
#include "process/process.h"
#include "secret_search.h"
#include "wire_tap.h"

#include <vtpmlab/encoding.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace vtpmlab::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string words(const SearchResult& result) {
    std::string text;
    for (const auto& found : result.found)
        text +=
            found.file.string() + " at " + std::to_string(found.offset) + ": " + found.form + "\n";
    return text;
}

TEST(SecretSearch, FindsASecretInEveryForm) {
    const auto directory = TemporaryDirectory::create("vtpmlab-test").value();
    const std::string secret = "a secret of 24 bytes....";
    const auto bytes = std::vector<unsigned char>(secret.begin(), secret.end());
    const auto file = directory.path() / "file";
    for (const std::string& content :
         {"before " + secret + " after", "id=" + hex(bytes), base64_encode("1" + secret + "after"),
          base64_encode("12" + secret), base64_encode(secret) + "\n"}) {
        ASSERT_TRUE(write_file(file, content));
        EXPECT_THAT(search(directory.path(), {secret}).found, SizeIs(1)) << content;
    }
    ASSERT_TRUE(write_file(file, "a secret of 24 bytes is not here"));
    EXPECT_THAT(search(directory.path(), {secret}).found, IsEmpty());
}

TEST(Secrets, AreCollectedFromWhatWasSaid) {
    Secrets secrets;
    collect_secrets(
        "GET / HTTP/1.1\r\nX-Auth-Token: gAAAAAtoken\r\nX-Service-Token: gAAAAother\r\n\r\n"
        "{\"user\":{\"name\":\"nova\",\"password\":\"pass-word\"}}"
        "{\"payload\":\"" +
            base64_encode(base64_encode("\x01\x02passphrase")) + "\"}",
        secrets);
    EXPECT_THAT(secrets.tokens, ElementsAre("gAAAAAtoken", "gAAAAother"));
    EXPECT_THAT(secrets.passwords, ElementsAre("pass-word"));
    EXPECT_THAT(secrets.passphrases,
                testing::UnorderedElementsAre(base64_encode(base64_encode("\x01\x02passphrase")),
                                              base64_encode("\x01\x02passphrase"),
                                              "\x01\x02passphrase"));
}

// This process and all it starts get a network of their own, with nothing but loopback in it.
bool enter_own_network() {
    if (::unshare(CLONE_NEWNET) != 0)
        return false;
    const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    return ::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0;
}

struct RunOf {
    const char* scenario;
    int code; // what the run ends with
};
// Part of the test's name in ctest.
std::ostream& operator<<(std::ostream& out, const RunOf& run) { return out << run.scenario; }

class RealRun : public testing::TestWithParam<RunOf> {};

TEST_P(RealRun, WritesNoSecretAnywhere) {
    if (!enter_own_network())
        GTEST_SKIP() << "no network namespace may be made here: " << std::strerror(errno);
    auto tap = WireTap::start();
    ASSERT_TRUE(tap) << error_text(tap.error());

    const auto directory = TemporaryDirectory::create("vl-secret").value();
    const fs::path tmp = directory.path() / "t";
    ASSERT_TRUE(make_directories(tmp));
    ProcessSpec spec;
    spec.program = VTPMLAB_PROGRAM;
    spec.arguments = {"run",
                      VTPMLAB_SOURCE + std::string("/") + GetParam().scenario,
                      "--keep",
                      "--out",
                      directory.path() / "out",
                      "--junit",
                      directory.path() / "junit.xml"};
    spec.environment = {{"TMPDIR", tmp}};
    spec.log = directory.path() / "printed";
    auto process = Process::start(spec);
    ASSERT_TRUE(process) << error_text(process.error());
    const auto status = process->wait(Deadline::in(150s));
    const std::string printed = read_file(spec.log).value_or("");
    ASSERT_TRUE(status) << printed;
    if (status->code == 77)
        GTEST_SKIP() << printed;
    ASSERT_EQ(status->code, GetParam().code) << printed;

    const auto streams = (*tap)->stop();
    ASSERT_TRUE(streams) << error_text(streams.error());
    Secrets secrets;
    for (const auto& stream : *streams)
        collect_secrets(stream, secrets);
    // The owner's, an administrator's and Nova's at the least; a passphrase in its three forms.
    EXPECT_GE(secrets.tokens.size(), 3U);
    EXPECT_GE(secrets.passwords.size(), 3U);
    EXPECT_GE(secrets.passphrases.size(), 3U);

    // The artefacts are there, so they were searched.
    EXPECT_TRUE(fs::exists(directory.path() / "junit.xml"));
    EXPECT_TRUE(fs::exists(directory.path() / "out/events.jsonl"));
    EXPECT_THAT(printed, HasSubstr("kept: " + tmp.string()));
    const SearchResult result = search(directory.path(), secrets.all());
    EXPECT_THAT(result.found, IsEmpty()) << words(result);
    EXPECT_GE(result.files, 20U);
    RecordProperty("searched", std::to_string(result.files) + " files, " +
                                   std::to_string(result.bytes) + " bytes");
    std::printf("%zu tokens, %zu passwords, %zu forms of passphrases looked for in %zu files, %zu "
                "bytes\n",
                secrets.tokens.size(), secrets.passwords.size(), secrets.passphrases.size(),
                result.files, result.bytes);
}

// One run that passes, one that fails: a failure is shown with more than a success.
INSTANTIATE_TEST_SUITE_P(
    Scenarios, RealRun,
    testing::Values(RunOf{"scenarios/smoke/two_servers_have_two_tpms.yaml", 0},
                    RunOf{"tests/leftovers/scenarios/expects_the_wrong_model.yaml", 4}),
    [](const auto& row) { return fs::path(row.param.scenario).stem().string(); });

} // namespace
} // namespace vtpmlab::test
