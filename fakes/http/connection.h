#pragma once
// One accepted socket, with the bytes that came before anybody asked for them. Reads and writes
// wait at most for the transfer timeout; writes are gathered until flush().

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vtpmlab::http {

class Connection {
public:
    Connection(int descriptor, std::uint64_t number, std::chrono::milliseconds transfer_timeout);
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

private:
    [[nodiscard]] bool wait_for(short events) const;
    long receive(char* to, std::size_t size); // as read(), from the socket alone
    [[nodiscard]] bool send_all(std::string_view bytes);

    int descriptor_;
    std::uint64_t number_;
    std::chrono::milliseconds transfer_timeout_;
    std::string input_;
    std::size_t consumed_ = 0;
    std::string output_;
    bool broken_ = false;
};

} // namespace vtpmlab::http
