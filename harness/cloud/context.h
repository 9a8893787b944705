#pragma once
// What all parts of one compute cloud share, and who they act for.

#include "client/session.h"
#include "cloud/named_locks.h"
#include "cloud/options.h"
#include "cloud/state/store.h"

#include <vtpmlab/clock.h>
#include <vtpmlab/release_profile.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace vtpmlab::cloud {

// The lines nova's own logs would have, for the artefacts. Never a secret. Bounded: the oldest
// lines go first.
class Log {
public:
    static constexpr std::size_t default_limit = std::size_t{8} << 20; // bytes

    explicit Log(std::shared_ptr<const Clock> clock, std::size_t limit = default_limit)
        : clock_(std::move(clock)), limit_(limit) {}
    void info(const std::string& service, const std::string& text);
    void warning(const std::string& service, const std::string& text);
    [[nodiscard]] std::string text() const;
    // Those that came after line `number`, counted from 1; that becomes the number of the last.
    [[nodiscard]] std::string text_after(std::uint64_t& number) const;

private:
    void add(const char* level, const std::string& service, const std::string& text);

    std::shared_ptr<const Clock> clock_;
    const std::size_t limit_;
    mutable std::mutex mutex_;
    std::deque<std::string> lines_;
    std::size_t bytes_ = 0;
    std::uint64_t total_ = 0;
};

// The person whose request an operation belongs to: a token, and what was known of its bearer when
// the request came. Shared by the tasks of one request.
struct Requester {
    std::string user_id;
    std::string project_id;
    std::string request_id;
    client::TokenSession plain;        // the user's token alone: Barbican
    client::TokenSession with_service; // with Nova's beside it: Glance
};

// The compute services' own errands: nobody's token, and a catalog with nothing in it, so that no
// request reaches anybody.
// spec: nova-vtpm §KEY-9
[[nodiscard]] std::shared_ptr<Requester> system_requester();

struct Context {
    const ReleaseProfile& profile;
    std::shared_ptr<const Clock> clock;
    Store& store;
    client::Session& nova; // the service user
    Log& log;
    // Credentials of [service_user] are configured; mode deployment needs them.
    bool has_service_user = true;
    ComputeOptions options{};
    // Set once, when the cloud goes down: running operations end at their next step.
    std::atomic<bool> stopping = false;
    NamedLocks server_locks{};
};

} // namespace vtpmlab::cloud
