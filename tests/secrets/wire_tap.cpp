#include "wire_tap.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace vtpmlab::test {
namespace {

// A segment on loopback may be as large as an IP packet.
constexpr std::size_t largest_packet = 1 << 16;
// What may come while the tap is not scheduled: an image, on a busy machine.
constexpr int kernel_buffer = 256 << 20;

tl::unexpected<Error> failure(const char* what) {
    return fail(ErrorKind::lab, fmt::format("cannot {}: {}", what, std::strerror(errno)));
}

} // namespace

Result<std::unique_ptr<WireTap>> WireTap::start() {
    UniqueFd socket(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_IP)));
    if (!socket.is_open())
        return failure("listen on the loopback device");
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kernel_buffer,
                     sizeof kernel_buffer) != 0)
        return failure("make room for packets");
    sockaddr_ll device{};
    device.sll_family = AF_PACKET;
    device.sll_protocol = htons(ETH_P_IP);
    device.sll_ifindex = static_cast<int>(::if_nametoindex("lo"));
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&device), sizeof device) != 0)
        return failure("bind to the loopback device");
    return std::unique_ptr<WireTap>(new WireTap(std::move(socket)));
}

WireTap::WireTap(UniqueFd socket) : socket_(std::move(socket)), thread_([this] { run(); }) {}

WireTap::~WireTap() {
    stopping_ = true;
    if (thread_.joinable())
        thread_.join();
}

Result<std::vector<std::string>> WireTap::stop() {
    stopping_ = true;
    thread_.join();
    tpacket_stats statistics{};
    socklen_t size = sizeof statistics;
    if (::getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &statistics, &size) != 0)
        return failure("count the packets");
    for (const auto& stream : streams_)
        gaps_ += stream.early.size();
    if (statistics.tp_drops > 0 || gaps_ > 0)
        return fail(ErrorKind::lab,
                    fmt::format("the tap missed {} packets, {} gaps", statistics.tp_drops, gaps_));
    std::vector<std::string> texts;
    for (auto& stream : streams_)
        texts.push_back(std::move(stream.bytes));
    return texts;
}

void WireTap::run() {
    std::vector<unsigned char> packet(largest_packet);
    for (;;) {
        pollfd readable{socket_.get(), POLLIN, 0};
        if (::poll(&readable, 1, 50) <= 0) {
            if (stopping_)
                return; // nothing is waiting any more
            continue;
        }
        sockaddr_ll from{};
        socklen_t size = sizeof from;
        const ssize_t got = ::recvfrom(socket_.get(), packet.data(), packet.size(), MSG_TRUNC,
                                       reinterpret_cast<sockaddr*>(&from), &size);
        // On loopback each packet is seen going out and coming in.
        if (got <= 0 || from.sll_pkttype == PACKET_OUTGOING)
            continue;
        if (static_cast<std::size_t>(got) > packet.size())
            ++gaps_;
        else
            take(packet.data(), static_cast<std::size_t>(got));
    }
}

void WireTap::take(const unsigned char* packet, std::size_t size) {
    iphdr ip{};
    if (size < sizeof ip)
        return;
    std::memcpy(&ip, packet, sizeof ip);
    const std::size_t ip_size = ip.ihl * 4U;
    tcphdr tcp{};
    if (ip.protocol != IPPROTO_TCP || size < ip_size + sizeof tcp)
        return;
    std::memcpy(&tcp, packet + ip_size, sizeof tcp);
    const auto ports = std::pair(ntohs(tcp.source), ntohs(tcp.dest));
    std::uint32_t sequence = ntohl(tcp.seq);
    if (tcp.syn) {
        open_[ports] = streams_.size();
        streams_.push_back({{}, sequence + 1});
        return;
    }
    const auto found = open_.find(ports);
    const std::size_t head = ip_size + tcp.doff * 4U;
    if (found == open_.end() || size <= head)
        return;
    Stream& stream = streams_[found->second];
    const std::string_view bytes(reinterpret_cast<const char*>(packet) + head, size - head);
    if (static_cast<std::int32_t>(sequence - stream.next) > 0) {
        stream.early.emplace(sequence, bytes);
        return;
    }
    append(stream, sequence, bytes);
    for (auto early = stream.early.begin(); early != stream.early.end();) {
        if (static_cast<std::int32_t>(early->first - stream.next) > 0)
            break;
        append(stream, early->first, early->second);
        early = stream.early.erase(early);
    }
}

void WireTap::append(Stream& stream, std::uint32_t sequence, std::string_view bytes) {
    const std::size_t known = stream.next - sequence;
    if (known >= bytes.size())
        return; // sent again
    stream.bytes += bytes.substr(known);
    stream.next = sequence + static_cast<std::uint32_t>(bytes.size());
}

} // namespace vtpmlab::test
