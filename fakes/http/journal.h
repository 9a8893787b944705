#pragma once
// What happened: every request of every service, in the order it was answered. Bounded in memory:
// the oldest entries go first. Tokens, passwords and payloads never get in (masking.h).

#include <vtpmlab/clock.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::http {

struct JournalEntry {
    std::uint64_t number = 0; // from 1, never reused
    Clock::Time time{};       // when it began
    std::chrono::microseconds duration{};
    std::string service; // "placement"
    std::string method;
    std::string target; // path and query
    std::string route;  // the template that matched, "" if none
    int status = 0;     // 0: no answer was given
    std::string user_id;
    std::string user;
    std::string project_id;
    std::string project;
    std::vector<std::string> roles;
    std::string service_user; // of X-Service-Token
    std::vector<std::string> service_roles;
    std::string microversion; // "1.36", "" on a service without
    std::string request_id;
    std::string cause;        // the caller's own X-Openstack-Request-Id
    std::string request_body; // masked; "<512 bytes>" for what is no JSON
    std::string response_body;
    std::string fault; // what a fault did to it, "" if none
};

class Journal {
public:
    struct Limits {
        std::size_t entries = 20000;
        std::size_t bytes = 16 << 20; // of the texts together
    };

    Journal() : Journal(Limits{}) {}
    explicit Journal(Limits limits) : limits_(limits) {}

    void record(JournalEntry entry); // gives it its number

    // A copy of what is held now, oldest first.
    [[nodiscard]] std::vector<JournalEntry> entries() const;
    [[nodiscard]] std::vector<JournalEntry>
    entries(const std::function<bool(const JournalEntry&)>& wanted) const;
    [[nodiscard]] std::uint64_t total() const; // recorded ever
    // Until more than `total` have been recorded ever, or `patience` is over.
    void wait_beyond(std::uint64_t total, std::chrono::milliseconds patience) const;
    [[nodiscard]] std::uint64_t dropped() const;

    // One JSON object a line.
    [[nodiscard]] std::string to_jsonl() const;
    [[nodiscard]] static std::string to_json(const JournalEntry& entry);

    void clear();

private:
    Limits limits_;
    mutable std::mutex mutex_;
    mutable std::condition_variable grown_;
    std::deque<JournalEntry> entries_;
    std::size_t bytes_ = 0;
    std::uint64_t total_ = 0;
    std::uint64_t dropped_ = 0;
};

} // namespace vtpmlab::http
