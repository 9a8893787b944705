#include "cli/signals.h"

#include <vtpmlab/exit_code.h>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

namespace vtpmlab::cli {
namespace {

constexpr std::array<int, 3> watched = {SIGINT, SIGTERM, SIGHUP};

// The only state a handler may touch.
std::atomic<int> handler_pipe{-1};
static_assert(std::atomic<int>::is_always_lock_free);

extern "C" void on_signal(int) {
    const int saved = errno;
    const char byte = 's';
    if (const int fd = handler_pipe.load(); fd >= 0)
        // A full pipe holds more signals than anybody needs.
        [[maybe_unused]]
        const auto ignored = ::write(fd, &byte, 1);
    errno = saved;
}

extern "C" void on_broken_pipe(int) {}

} // namespace

struct SignalWatch::State {
    std::array<int, 2> pipe{-1, -1};
    std::array<struct sigaction, watched.size()> before{};
    struct sigaction pipe_before {};
    std::thread thread;

    ~State() {
        for (int fd : pipe)
            if (fd >= 0)
                ::close(fd);
    }
};

SignalWatch::SignalWatch(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<SignalWatch>> SignalWatch::start(runner::Interruption& interruption) {
    auto state = std::make_unique<State>();
    if (::pipe2(state->pipe.data(), O_CLOEXEC) != 0)
        return fail(ErrorKind::lab, fmt::format("cannot make a pipe: {}", std::strerror(errno)),
                    "pipe2", "raise the limit of open files (ulimit -n)");
    (void)::fcntl(state->pipe[1], F_SETFL, O_NONBLOCK);
    state->thread = std::thread([read_end = state->pipe[0], &interruption] {
        for (int signals = 0;;) {
            char byte = 0;
            const auto count = ::read(read_end, &byte, 1);
            if (count < 0 && errno == EINTR)
                continue;
            if (count <= 0 || byte == 'q')
                return;
            if (++signals > 2)
                ::_exit(static_cast<int>(ExitCode::interrupted));
            interruption.request();
        }
    });
    handler_pipe = state->pipe[1];
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < watched.size(); ++i)
        (void)::sigaction(watched[i], &action, &state->before[i]);
    action.sa_handler = on_broken_pipe;
    (void)::sigaction(SIGPIPE, &action, &state->pipe_before);
    return std::unique_ptr<SignalWatch>(new SignalWatch(std::move(state)));
}

SignalWatch::~SignalWatch() {
    for (std::size_t i = 0; i < watched.size(); ++i)
        (void)::sigaction(watched[i], &state_->before[i], nullptr);
    (void)::sigaction(SIGPIPE, &state_->pipe_before, nullptr);
    handler_pipe = -1;
    const char quit = 'q';
    [[maybe_unused]] const auto ignored = ::write(state_->pipe[1], &quit, 1);
    state_->thread.join();
}

} // namespace vtpmlab::cli
