// The witness of a TPM 1.2 on a real swtpm, without a guest: ownership, the NV space and what is
// left of them when the TPM is started again.

#include "core/error_text.h"
#include "core/files.h"
#include "probe/tpm.h"
#include "process/deadline.h"
#include "process/process.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <filesystem>

namespace vtpmlab::probe {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class SocketTransport final : public Transport {
public:
    explicit SocketTransport(int socket) : socket_(socket) {}
    ~SocketTransport() override { close(socket_); }

    Result<Bytes> transmit(std::span<const unsigned char> command) override {
        std::array<unsigned char, 4096> answer{};
        if (write(socket_, command.data(), command.size()) != static_cast<ssize_t>(command.size()))
            return fail(ErrorKind::lab, "swtpm takes no command");
        const ssize_t length = read(socket_, answer.data(), answer.size());
        if (length <= 0)
            return fail(ErrorKind::lab, "swtpm gives no answer");
        return Bytes(answer.begin(), answer.begin() + length);
    }

private:
    int socket_;
};

class Tpm12Witness : public testing::Test {
protected:
    void SetUp() override {
        for (const char* tool : {"swtpm", "swtpm_setup"})
            if (!find_program(tool))
                GTEST_SKIP() << tool << " is not installed";
        const auto made = run_to_end(
            {.program = "swtpm_setup",
             .arguments = {"--tpmstate", directory_.path().string(), "--createek", "--lock-nvram"}},
            60s);
        ASSERT_TRUE(made) << error_text(made.error());
        ASSERT_TRUE(made->status.is_success()) << made->output;
    }

    // With the power on, or off and on again.
    void start() {
        tpm_.reset();
        swtpm_.reset();
        const fs::path path = directory_.path() / "data";
        fs::remove(path);
        auto started = Process::start(
            {.program = "swtpm",
             .arguments = {"socket", "--tpmstate",
                           fmt::format("dir={}", directory_.path().string()), "--server",
                           fmt::format("type=unixio,path={}", path.string()), "--flags",
                           "not-need-init,startup-clear"},
             .log = directory_.path() / "log"});
        ASSERT_TRUE(started) << error_text(started.error());
        swtpm_.emplace(std::move(*started));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        ASSERT_LT(path.string().size(), sizeof address.sun_path);
        path.string().copy(address.sun_path, path.string().size());
        int line = -1;
        ASSERT_TRUE(wait_until(Deadline::in(10s), [&] {
            line = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
            if (connect(line, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
                return true;
            close(line);
            return false;
        })) << tail_of_file(directory_.path() / "log", 1000);
        tpm_ = make_tpm12(std::make_unique<SocketTransport>(line));
    }

    TemporaryDirectory directory_ = TemporaryDirectory::create("vtpmlab-tpm12").value();
    std::optional<Process> swtpm_;
    std::unique_ptr<Tpm> tpm_;
};

// spec: nova-vtpm §4.6
TEST_F(Tpm12Witness, StaysInTheTpmAndLeavesItsEndorsementKeyReadable) {
    const Bytes nonce(32, 0x5a);
    start();
    ASSERT_FALSE(HasFatalFailure());
    const auto key = tpm_->endorsement_key();
    ASSERT_TRUE(key) << error_text(key.error());
    EXPECT_EQ(tpm_->witness({}).nv.value(), std::nullopt);

    const auto permission = SoftwareTpm::prove(*tpm_);
    ASSERT_TRUE(permission) << error_text(permission.error());
    const auto planted = tpm_->plant_witness(*permission, nonce);
    ASSERT_TRUE(planted) << error_text(planted.error());
    EXPECT_EQ(tpm_->witness({}).nv.value(), nonce);
    EXPECT_NE(tpm_->witness({}).pcr.value(), Bytes(20, 0));
    EXPECT_FALSE(tpm_->plant_witness(*permission, nonce)) << "it has an owner now";

    start();
    ASSERT_FALSE(HasFatalFailure());
    const auto later = tpm_->endorsement_key();
    ASSERT_TRUE(later) << error_text(later.error());
    EXPECT_EQ(later->modulus, key->modulus);
    EXPECT_EQ(tpm_->witness({}).nv.value(), nonce);
    EXPECT_EQ(tpm_->witness({}).pcr.value(), Bytes(20, 0));
}

} // namespace
} // namespace vtpmlab::probe
