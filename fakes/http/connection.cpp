#include "http/connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace vtpmlab::http {

namespace {
using SteadyClock = std::chrono::steady_clock;
constexpr std::size_t gathered_bytes = 64 << 10;
constexpr std::size_t read_ahead = 64 << 10;
constexpr auto farewell = std::chrono::milliseconds(200);

class Wait {
public:
    explicit Wait(WaitObserver& observer) : observer_(observer) { observer_.begins_to_wait(); }
    ~Wait() { observer_.goes_on(); }
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;

private:
    WaitObserver& observer_;
};
} // namespace

Connection::Connection(int descriptor, std::uint64_t number,
                       std::chrono::milliseconds transfer_timeout, WaitObserver& observer)
    : descriptor_(descriptor), number_(number), transfer_timeout_(transfer_timeout),
      observer_(observer) {}

Connection::~Connection() { ::close(descriptor_); }

Connection::Fill Connection::fill(std::size_t limit) {
    if (consumed_ > 0) {
        input_.erase(0, consumed_);
        consumed_ = 0;
    }
    std::array<char, 16384> piece;
    while (input_.size() < limit) {
        const ssize_t got = ::recv(descriptor_, piece.data(),
                                   std::min(piece.size(), limit - input_.size()), MSG_DONTWAIT);
        if (got > 0) {
            input_.append(piece.data(), static_cast<std::size_t>(got));
            // A short read means the socket is empty; asking again would cost a system call.
            if (static_cast<std::size_t>(got) < piece.size())
                return Fill::nothing_yet;
        } else if (got < 0 && errno == EINTR) {
            continue;
        } else {
            return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? Fill::nothing_yet
                                                                        : Fill::closed;
        }
    }
    return Fill::more;
}

bool Connection::wait_for(short events) {
    const Wait wait(observer_);
    waiting_since_ = SteadyClock::now();
    is_waiting_ = true;
    pollfd waiting{descriptor_, events, 0};
    int ready = 0;
    do
        ready = ::poll(&waiting, 1, static_cast<int>(transfer_timeout_.count()));
    while (ready < 0 && errno == EINTR);
    is_waiting_ = false;
    return ready > 0;
}

long Connection::read(char* to, std::size_t size) {
    // What is asked for in large pieces goes where it is wanted, without a stop on the way.
    if (consumed_ == input_.size() && size >= read_ahead)
        return receive(to, size);
    if (consumed_ == input_.size()) {
        input_.resize(read_ahead);
        consumed_ = 0;
        const long got = receive(input_.data(), input_.size());
        input_.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        if (got <= 0)
            return got;
    }
    const std::size_t count = std::min(size, input_.size() - consumed_);
    std::memcpy(to, input_.data() + consumed_, count);
    consumed_ += count;
    return static_cast<long>(count);
}

long Connection::receive(char* to, std::size_t size) {
    while (!broken_) {
        const ssize_t got = ::recv(descriptor_, to, size, MSG_DONTWAIT);
        if (got >= 0) {
            moved_ += static_cast<std::uint64_t>(got);
            return got;
        }
        if (errno != EINTR && ((errno != EAGAIN && errno != EWOULDBLOCK) || !wait_for(POLLIN)))
            broken_ = true;
    }
    return -1;
}

bool Connection::write(std::string_view bytes) {
    if (broken_)
        return false;
    if (output_.size() + bytes.size() < gathered_bytes) {
        output_ += bytes;
        return true;
    }
    return flush() && send_all(bytes);
}

bool Connection::flush() {
    const bool sent = !broken_ && send_all(output_);
    output_.clear();
    return sent;
}

bool Connection::send_all(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent =
            ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0) {
            moved_ += static_cast<std::uint64_t>(sent);
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno != EINTR &&
                   ((errno != EAGAIN && errno != EWOULDBLOCK) || !wait_for(POLLOUT))) {
            broken_ = true;
            return false;
        }
    }
    return true;
}

void Connection::close_politely() {
    // Closing with unread bytes makes the kernel send a reset, which can overtake the answer.
    ::shutdown(descriptor_, SHUT_WR);
    const Wait wait(observer_);
    const auto deadline = SteadyClock::now() + farewell;
    std::array<char, 65536> discarded;
    while (true) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now());
        pollfd waiting{descriptor_, POLLIN, 0};
        if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) <= 0 ||
            ::recv(descriptor_, discarded.data(), discarded.size(), MSG_DONTWAIT) <= 0)
            return;
    }
}

void Connection::reset() {
    const linger at_once{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    broken_ = true;
}

bool Connection::hold(std::chrono::milliseconds time, Until until) const {
    const auto deadline = SteadyClock::now() + time;
    const Wait wait(observer_);
    // abort() shows as POLLHUP, which is always reported; a peer that closed, as POLLRDHUP.
    const short events = until == Until::peer_gone ? POLLRDHUP : 0;
    while (true) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
        if (left.count() <= 0)
            return true;
        pollfd waiting{descriptor_, events, 0};
        const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
        if (ready == 0)
            return true;
        if (ready > 0 || errno != EINTR)
            return false;
    }
}

void Connection::begin_exchange() {
    begun_ = SteadyClock::now();
    moved_ = 0;
}

bool Connection::is_held_up(std::chrono::milliseconds grace, std::size_t bytes_per_second) const {
    const auto now = SteadyClock::now();
    const auto elapsed = now - begun_.load();
    if (!is_waiting_ || elapsed < grace)
        return false;
    return now - waiting_since_.load() >= grace ||
           static_cast<double>(moved_) < std::chrono::duration<double>(elapsed).count() *
                                             static_cast<double>(bytes_per_second);
}

void Connection::abort() { ::shutdown(descriptor_, SHUT_RDWR); }

} // namespace vtpmlab::http
