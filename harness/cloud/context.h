#pragma once
// What all parts of one compute cloud share, and who they act for.

#include "client/session.h"
#include "cloud/named_locks.h"
#include "cloud/state/store.h"

#include <vtpmlab/clock.h>
#include <vtpmlab/release_profile.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace vtpmlab::cloud {

// The lines nova's own logs would have, for the artefacts. Never a secret.
class Log {
public:
    explicit Log(std::shared_ptr<const Clock> clock) : clock_(std::move(clock)) {}
    void info(const std::string& service, const std::string& text);
    void warning(const std::string& service, const std::string& text);
    [[nodiscard]] std::string text() const;

private:
    void add(const char* level, const std::string& service, const std::string& text);

    std::shared_ptr<const Clock> clock_;
    mutable std::mutex mutex_;
    std::string text_;
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

struct Context {
    const ReleaseProfile& profile;
    std::shared_ptr<const Clock> clock;
    Store& store;
    client::Session& nova; // the service user
    Log& log;
    // Credentials of [service_user] are configured; mode deployment needs them.
    bool has_service_user = true;
    // Set once, when the cloud goes down: running operations end at their next step.
    std::atomic<bool> stopping = false;
    NamedLocks server_locks{};
};

} // namespace vtpmlab::cloud
