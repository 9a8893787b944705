#include "http/listener.h"

#include "http/binding.h"
#include "http/headers.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

namespace vtpmlab::http {

namespace {

using SteadyClock = std::chrono::steady_clock;

// Numbers of the epoll set that are no connection.
enum : std::uint64_t { listening = 0, waking = 1, first_client = 16 };

constexpr auto tick = std::chrono::seconds(1);
// When threads run short: how often is looked, and how long every exchange may take before its pace
// is judged.
constexpr auto short_tick = std::chrono::milliseconds(100);
constexpr auto grace = std::chrono::milliseconds(250);

// How far a request has come.
struct Progress {
    enum class State { incomplete, complete, too_long };
    State state = State::incomplete;
};

std::optional<std::size_t> head_length(std::string_view bytes) {
    const auto end = bytes.find("\r\n\r\n");
    if (end != std::string_view::npos)
        return end + 4;
    return std::nullopt;
}

// The announced length of the body, or nothing if the body must be read piece by piece.
std::optional<std::size_t> short_body_length(std::string_view head, std::size_t limit) {
    std::size_t length = 0;
    while (!head.empty()) {
        const auto end = head.find("\r\n");
        const std::string_view line = head.substr(0, end);
        head = end == std::string_view::npos ? std::string_view() : head.substr(end + 2);
        const auto colon = line.find(':');
        if (colon == std::string_view::npos)
            continue;
        const std::string_view name = line.substr(0, colon);
        if (equals_ignoring_case(name, "Expect") || equals_ignoring_case(name, "Transfer-Encoding"))
            return std::nullopt;
        if (equals_ignoring_case(name, "Content-Length")) {
            std::string_view value = line.substr(colon + 1);
            while (!value.empty() && value.front() == ' ')
                value.remove_prefix(1);
            const auto [rest, error] =
                std::from_chars(value.data(), value.data() + value.size(), length);
            if (error != std::errc() || length > limit)
                return std::nullopt;
        }
    }
    return length;
}

Progress progress_of(std::string_view bytes, const ListenerConfig& config) {
    const auto head = head_length(bytes.substr(0, config.max_head_bytes));
    if (!head)
        return {bytes.size() >= config.max_head_bytes ? Progress::State::too_long
                                                      : Progress::State::incomplete};
    const auto body = short_body_length(bytes.substr(0, *head), config.max_prefetched_body);
    const bool whole = !body || bytes.size() >= *head + *body;
    return {whole ? Progress::State::complete : Progress::State::incomplete};
}

tl::unexpected<Error> system_failure(const std::string& what, int code) {
    return fail(ErrorKind::lab, fmt::format("{}: {}", what, std::strerror(code)), {},
                code == EADDRINUSE ? "choose another port, or 0 to let the kernel choose"
                : code == EMFILE || code == ENFILE ? "raise the limit of open files (ulimit -n)"
                                                   : "");
}

bool add_to(int epoll, int descriptor, std::uint64_t number, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = number;
    return ::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

} // namespace

struct Listener::Client {
    Client(int descriptor, std::uint64_t number, std::chrono::milliseconds transfer_timeout,
           WaitObserver& observer)
        : connection(descriptor, number, transfer_timeout, observer) {}

    Connection connection;
    // Whoever turns this from false to true owns the connection: a worker, or the sweep.
    std::atomic<bool> taken = false;
    std::atomic<SteadyClock::time_point> deadline{};
};

Result<std::unique_ptr<Listener>> Listener::start(ListenerConfig config, ProtocolFactory factory) {
    std::unique_ptr<Listener> listener(new Listener(std::move(config), std::move(factory)));
    VTPMLAB_CHECK(listener->open());
    listener->add_worker();
    listener->watch_ = std::thread([self = listener.get()] { self->keep_watch(); });
    return listener;
}

Listener::Listener(ListenerConfig config, ProtocolFactory factory)
    : config_(std::move(config)), factory_(std::move(factory)), next_number_(first_client) {}

Status Listener::open() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(config_.port);
    if (::inet_pton(AF_INET, config_.address.c_str(), &address.sin_addr) != 1)
        return fail(ErrorKind::usage, fmt::format("'{}' is not an IPv4 address", config_.address),
                    {}, "use 127.0.0.1");
    if ((ntohl(address.sin_addr.s_addr) >> 24) != 127 && !is_allowed_beyond_loopback())
        return fail(
            ErrorKind::usage,
            fmt::format("refusing to listen on {}: not a loopback address", config_.address), {},
            "use 127.0.0.1");
    if (address.sin_addr.s_addr == htonl(INADDR_ANY))
        return fail(ErrorKind::usage,
                    fmt::format("refusing to listen on {}: clients could not be told where",
                                config_.address),
                    {}, "name one address of this machine");
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0)
        return system_failure("cannot make a socket", errno);
    const int yes = 1;
    ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(socket_, 1024) != 0)
        return system_failure(fmt::format("cannot listen on {}:{}", config_.address, config_.port),
                              errno);
    socklen_t length = sizeof address;
    if (::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length) != 0)
        return system_failure("cannot find out the port", errno);
    port_ = ntohs(address.sin_port);

    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    timer_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (epoll_ < 0 || wake_ < 0 || timer_ < 0 || !add_to(epoll_, socket_, listening, EPOLLIN) ||
        !add_to(epoll_, wake_, waking, EPOLLIN))
        return system_failure("cannot wait for connections", errno);
    return {};
}

Listener::~Listener() {
    stop();
    for (const int descriptor : {socket_, epoll_, wake_, timer_})
        if (descriptor >= 0)
            ::close(descriptor);
}

void Listener::stop() {
    std::vector<std::thread> workers;
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(stopped_, true))
            return;
        stopping_ = true;
        for (auto& [number, client] : clients_)
            client->connection.abort();
        workers.swap(workers_);
    }
    const std::uint64_t one = 1;
    if (wake_ >= 0 && ::write(wake_, &one, sizeof one) < 0) {
        // The counter cannot overflow with a single write; nothing else can go wrong here.
    }
    for (auto& worker : workers)
        worker.join();
    if (watch_.joinable())
        watch_.join();
    // Only now: a handler that was running may still have had its connection in hand.
    clients_.clear();
    if (socket_ >= 0)
        ::close(std::exchange(socket_, -1));
}

void Listener::add_worker() {
    const std::lock_guard lock(mutex_);
    if (stopping_ ||
        workers_.size() >=
            config_.max_threads + std::min<unsigned>(waiting_, config_.max_waiting_threads))
        return;
    workers_.emplace_back([this] { work(); });
}

void Listener::work() {
    const auto protocol = factory_();
    while (!stopping_) {
        epoll_event event{};
        ++idle_;
        const int ready = ::epoll_wait(epoll_, &event, 1, -1);
        // The last idle one hires another before it goes to work, so that somebody always listens.
        const bool nobody_left = --idle_ == 0;
        if (ready != 1 || stopping_)
            continue;
        if (event.data.u64 == listening) {
            accept_all();
        } else {
            if (nobody_left)
                add_worker();
            attend(event.data.u64, *protocol);
        }
    }
}

void Listener::accept_all() {
    while (!stopping_) {
        const int descriptor = ::accept4(socket_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor < 0) {
            if (errno == EINTR || errno == ECONNABORTED)
                continue;
            return; // EAGAIN; or no descriptors left, in which case the backlog holds them
        }
        const int yes = 1;
        ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        const std::lock_guard lock(mutex_);
        if (stopping_ || clients_.size() >= config_.max_connections) {
            ::close(descriptor);
            continue;
        }
        const std::uint64_t number = next_number_++;
        WaitObserver& observer = *this;
        auto client =
            std::make_unique<Client>(descriptor, number, config_.transfer_timeout, observer);
        client->deadline = SteadyClock::now() + config_.idle_timeout;
        if (clients_.empty()) {
            const itimerspec every{{tick.count(), 0}, {tick.count(), 0}};
            ::timerfd_settime(timer_, 0, &every, nullptr);
        }
        if (add_to(epoll_, descriptor, number, EPOLLIN | EPOLLRDHUP | EPOLLONESHOT))
            clients_.emplace(number, std::move(client));
    }
}

void Listener::attend(std::uint64_t number, Protocol& protocol) {
    Client* client = nullptr;
    {
        const std::lock_guard lock(mutex_);
        const auto found = clients_.find(number);
        if (found == clients_.end() || found->second->taken.exchange(true))
            return;
        client = found->second.get();
    }
    if (serve_all(*client, protocol) && !stopping_)
        rearm(*client);
    else
        close(*client);
}

bool Listener::serve_all(Client& client, Protocol& protocol) {
    Connection& connection = client.connection;
    const bool was_empty = connection.held().empty();
    const auto filled = connection.fill(config_.max_head_bytes + config_.max_prefetched_body);
    bool served = false;
    while (!stopping_) {
        switch (progress_of(connection.held(), config_).state) {
        case Progress::State::too_long:
            protocol.reject(connection, 431);
            return false;
        case Progress::State::incomplete:
            if (filled == Connection::Fill::closed)
                return false;
            if (connection.held().empty())
                client.deadline = SteadyClock::now() + config_.idle_timeout;
            else if (was_empty || served) // the head's clock runs from its first byte
                client.deadline = SteadyClock::now() + config_.head_timeout;
            return true;
        case Progress::State::complete:
            connection.begin_exchange();
            if (protocol.serve(connection) == Protocol::Next::close)
                return false;
            served = true;
        }
    }
    return false;
}

void Listener::rearm(Client& client) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;
    event.data.u64 = client.connection.number();
    const int descriptor = client.connection.descriptor();
    // Under the lock, so that neither the sweep nor stop() takes it away in between.
    const std::lock_guard lock(mutex_);
    client.taken = false;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event);
}

void Listener::close(Client& client) {
    const std::uint64_t number = client.connection.number();
    const std::lock_guard lock(mutex_);
    if (stopping_)
        return; // stop() clears the table when everybody is out
    clients_.erase(number);
    if (clients_.empty()) {
        const itimerspec never{};
        ::timerfd_settime(timer_, 0, &never, nullptr);
    }
}

void Listener::begins_to_wait() {
    ++waiting_;
    if (idle_ == 0)
        add_worker();
}

void Listener::goes_on() { --waiting_; }

void Listener::keep_watch() {
    bool is_short = false;
    while (!stopping_) {
        std::array<pollfd, 2> woken{pollfd{timer_, POLLIN, 0}, pollfd{wake_, POLLIN, 0}};
        ::poll(woken.data(), woken.size(), is_short ? static_cast<int>(short_tick.count()) : -1);
        std::uint64_t ticks = 0;
        if (::read(timer_, &ticks, sizeof ticks) > 0)
            close_late_ones();
        is_short = let_slow_ones_go();
    }
}

void Listener::close_late_ones() {
    const auto now = SteadyClock::now();
    const std::lock_guard lock(mutex_);
    if (stopping_)
        return;
    std::erase_if(clients_, [now](const auto& entry) {
        Client& client = *entry.second;
        return client.deadline.load() < now && !client.taken.exchange(true);
    });
}

bool Listener::let_slow_ones_go() {
    if (idle_ > 0)
        return false;
    const std::lock_guard lock(mutex_);
    for (const auto& [number, client] : clients_)
        if (client->taken && client->connection.is_held_up(grace, config_.slow_bytes_per_second))
            client->connection.abort();
    return true;
}

} // namespace vtpmlab::http
