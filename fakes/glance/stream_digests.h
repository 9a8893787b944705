#pragma once
// md5 and sha512 of one stream while it passes, each on a thread of its own: together on one they
// would be the slowest part of an upload by far. Constant memory: a ring of buffers that the two
// read after the writer; who is ahead waits.
//
// A stream that fits into the first buffer costs no thread.

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace vtpmlab::fakes::glance {

class StreamDigests {
public:
    StreamDigests();
    ~StreamDigests(); // gives up what was not finished
    StreamDigests(const StreamDigests&) = delete;
    StreamDigests& operator=(const StreamDigests&) = delete;

    static constexpr std::size_t buffer_bytes = std::size_t{512} << 10;

    // Of the stream, at most so much of `bytes` as the buffer in hand has room for: how many.
    std::size_t add(std::string_view bytes);
    [[nodiscard]] bool is_full() const { return filled_ == buffer_bytes; }
    // What was added since the last pass().
    [[nodiscard]] std::string_view in_hand() const { return {slot(written_).get(), filled_}; }
    // Hands the buffer over to be hashed and takes up another one, when there is one.
    void pass();

    struct Values {
        std::string md5; // hexadecimal; empty where OpenSSL refuses (md5 is not allowed everywhere)
        std::string sha512;
    };
    [[nodiscard]] Values finish();

private:
    class Digest;
    static constexpr std::size_t slots = 6;

    [[nodiscard]] const std::unique_ptr<char[]>& slot(std::uint64_t number) const {
        return slots_[number % slots];
    }
    void hash(std::size_t reader);
    void start_readers();
    void join_readers();

    std::array<std::unique_ptr<char[]>, slots> slots_; // made when first used
    std::array<std::size_t, slots> sizes_{};
    std::size_t filled_ = 0;
    std::array<std::unique_ptr<Digest>, 2> digests_;
    std::array<std::thread, 2> readers_;

    std::mutex mutex_; // of all below
    std::condition_variable moved_;
    std::uint64_t written_ = 0; // buffers handed over; read without the lock by the writer alone
    std::array<std::uint64_t, 2> read_{};
    bool at_end_ = false;
};

} // namespace vtpmlab::fakes::glance
