#include "hypervisor/libvirt/state_trial.h"

#include "core/files.h"
#include "process/deadline.h"
#include "process/file_tree.h"
#include "process/process.h"
#include "process/unique_fd.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <string>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto decides_within = 20s;
constexpr auto ends_within = 2s;     // after it hung up
constexpr ssize_t header_bytes = 10; // of an answer: tag, size, and last the code

// Any question will do that a TPM which has opened its state answers with success.
// TPM_GetCapability(TPM_CAP_VERSION_VAL), TPM2_GetCapability(TPM_CAP_TPM_PROPERTIES).
constexpr std::array<unsigned char, 18> question_1_2 = {0x00, 0xc1, 0, 0, 0,    18, 0, 0, 0,
                                                        0x65, 0,    0, 0, 0x1a, 0,  0, 0, 0};
constexpr std::array<unsigned char, 22> question_2_0 = {0x80, 0x01, 0, 0, 0, 22, 0, 0, 1, 0x7a, 0,
                                                        0,    0,    6, 0, 0, 1,  0, 0, 0, 0,    1};

tl::unexpected<Error> cannot(const char* what, const fs::path& where) {
    return fail(ErrorKind::lab, fmt::format("cannot {}: {}", what, std::strerror(errno)),
                where.string());
}

// On no disk and in no argument.
Result<UniqueFd> in_memory(const SecretValue& passphrase) {
    UniqueFd file(memfd_create("passphrase", MFD_CLOEXEC));
    const auto bytes = passphrase.bytes();
    if (!file.is_open() ||
        write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) ||
        lseek(file.get(), 0, SEEK_SET) != 0)
        return cannot("hand swtpm a passphrase", "memfd_create");
    return file;
}

enum class Reply { success, failure, none };

// An answer of any kind, or the end of the line, comes before the deadline; else `none`.
Reply ask(const UniqueFd& line, std::span<const unsigned char> question, const Deadline& deadline) {
    if (send(line.get(), question.data(), question.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(question.size()))
        return Reply::none;
    pollfd waiting{line.get(), POLLIN, 0};
    while (poll(&waiting, 1, static_cast<int>(deadline.left().count())) < 0 && errno == EINTR) {
    }
    std::array<unsigned char, 512> answer{};
    if (recv(line.get(), answer.data(), answer.size(), MSG_DONTWAIT) < header_bytes)
        return Reply::none;
    return std::ranges::all_of(std::span(answer).subspan<6, 4>(), [](auto b) { return b == 0; })
               ? Reply::success
               : Reply::failure;
}

} // namespace

Result<bool> swtpm_opens(const fs::path& state, TpmVersion version, const SecretValue& passphrase,
                         const fs::path& scratch) {
    VTPMLAB_TRY(const auto directory, TemporaryDirectory::create("state", scratch));
    const fs::path copy = directory.path() / "state";
    const fs::path log = directory.path() / "log";
    VTPMLAB_CHECK(copy_file_tree(state / (version == TpmVersion::v1_2 ? "tpm1.2" : "tpm2"), copy));
    VTPMLAB_TRY(const UniqueFd key, in_memory(passphrase));
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return cannot("talk to swtpm", "socketpair");
    const UniqueFd line(ends[0]);
    UniqueFd theirs(ends[1]);
    // A swtpm that was handed its connection ends with it, so it cannot outlive this program.
    ProcessSpec spec{.program = "swtpm",
                     .arguments = {"socket", "--tpmstate", fmt::format("dir={}", copy.string()),
                                   "--key", "pwdfd=3,mode=aes-256-cbc", "--flags",
                                   "not-need-init,startup-clear", "--fd", "4"},
                     .log = log,
                     .descriptors = {key.get(), theirs.get()}};
    if (version == TpmVersion::v2_0)
        spec.arguments.emplace_back("--tpm2");
    VTPMLAB_TRY(Process swtpm, Process::start(spec));
    theirs.reset();

    const auto reply =
        ask(line,
            version == TpmVersion::v1_2 ? std::span<const unsigned char>(question_1_2)
                                        : std::span<const unsigned char>(question_2_0),
            Deadline::in(decides_within));
    if (reply == Reply::success)
        return true;
    const auto ended = swtpm.wait(Deadline::in(ends_within));
    const std::string said = tail_of_file(log, 2000);
    if (reply == Reply::none && ended && said.find("HMAC") != std::string::npos)
        return false;
    return fail(ErrorKind::lab,
                fmt::format("swtpm neither opened a TPM's state nor refused its key ({}): {}",
                            ended ? ended->text() : "it still runs", said),
                state.string(), "see what `vtpmlab doctor` says of this machine's swtpm");
}

} // namespace vtpmlab
