#pragma once
// One accepted socket, with the bytes that came before anybody asked for them. Reads and writes
// wait at most for the transfer timeout; writes are gathered until flush().

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vtpmlab::http {

// Is told, on the waiting thread itself, when a thread does nothing but wait.
class WaitObserver {
public:
    virtual void begins_to_wait() = 0;
    virtual void goes_on() = 0;

    WaitObserver() = default;
    WaitObserver(const WaitObserver&) = delete;
    WaitObserver& operator=(const WaitObserver&) = delete;
    virtual ~WaitObserver() = default;
};

class Connection {
public:
    Connection(int descriptor, std::uint64_t number, std::chrono::milliseconds transfer_timeout,
               WaitObserver& observer);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] int descriptor() const { return descriptor_; }
    [[nodiscard]] std::uint64_t number() const { return number_; }

    enum class Fill { more, nothing_yet, closed };
    // Takes what the socket has, without waiting, until `limit` bytes are held.
    Fill fill(std::size_t limit);
    [[nodiscard]] std::string_view held() const {
        return std::string_view(input_).substr(consumed_);
    }

    // Bytes read; 0 at the end of the stream; -1 on an error or when nothing comes in time.
    long read(char* to, std::size_t size);
    [[nodiscard]] bool write(std::string_view bytes);
    [[nodiscard]] bool flush();
    [[nodiscard]] bool broken() const { return broken_; }

    // Says goodbye so that the peer can still read the answer: no more from here, and what it sends
    // is thrown away for a short while.
    void close_politely();
    // Nothing more can be read or written, and closing it sends a reset.
    void reset();
    enum class Until { aborted, peer_gone };
    // Waits without reading. False if that happened before the time was over.
    [[nodiscard]] bool hold(std::chrono::milliseconds time, Until until) const;
    // From another thread: wakes a blocked read or write, and hold().
    void abort();

    // A request is taken in hand: its pace is counted from here.
    void begin_exchange();
    // From another thread: its peer keeps a read or write waiting now, for longer than `grace`, or
    // has moved fewer than `bytes_per_second` since begin_exchange(), at least `grace` ago.
    [[nodiscard]] bool is_held_up(std::chrono::milliseconds grace,
                                  std::size_t bytes_per_second) const;

private:
    [[nodiscard]] bool wait_for(short events);
    long receive(char* to, std::size_t size); // as read(), from the socket alone
    [[nodiscard]] bool send_all(std::string_view bytes);

    int descriptor_;
    std::uint64_t number_;
    std::chrono::milliseconds transfer_timeout_;
    WaitObserver& observer_;
    std::string input_;
    std::size_t consumed_ = 0;
    std::string output_;
    bool broken_ = false;
    // Of the exchange in hand; read by others.
    std::atomic<std::chrono::steady_clock::time_point> begun_{}, waiting_since_{};
    std::atomic<std::uint64_t> moved_ = 0;
    std::atomic<bool> is_waiting_ = false;
};

} // namespace vtpmlab::http
