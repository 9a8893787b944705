#pragma once
// Everything that goes over TCP on this network namespace's loopback device while it lives: what
// the simulated cloud, all of it plain HTTP, really said. Needs CAP_NET_RAW.

#include "process/unique_fd.h"

#include <vtpmlab/result.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace vtpmlab::test {

class WireTap {
public:
    [[nodiscard]] static Result<std::unique_ptr<WireTap>> start();
    ~WireTap();
    WireTap(const WireTap&) = delete;
    WireTap& operator=(const WireTap&) = delete;

    // Ends the tap. One text for each direction of each connection, in the order of their first
    // byte. An error when a single packet was missed: then nothing is proven.
    [[nodiscard]] Result<std::vector<std::string>> stop();

private:
    struct Stream {
        std::string bytes;
        std::uint32_t next = 0; // sequence number
        // Seen before what comes before them: two processors may hand packets on in any order.
        std::map<std::uint32_t, std::string> early = {};
    };

    explicit WireTap(UniqueFd socket);
    void run();
    void take(const unsigned char* packet, std::size_t size);
    static void append(Stream& stream, std::uint32_t sequence, std::string_view bytes);

    UniqueFd socket_;
    std::map<std::pair<std::uint16_t, std::uint16_t>, std::size_t> open_; // by ports
    std::vector<Stream> streams_;
    std::uint64_t gaps_ = 0;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

} // namespace vtpmlab::test
