#pragma once
// The faults in force in one cloud, shared by all its services like the journal. Every call is held
// against the rules in the order they came; each rule that fits counts it, the first that is due
// acts. What a rule does to its nth call depends on rule, seed and n alone.
//
// Thread-safe; without a rule it costs one load.

#include <vtpmlab/fault_rule.h>
#include <vtpmlab/result.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::http {

struct Route;

class FaultPlan {
public:
    static constexpr std::size_t most_rules = 1000;

    // A service tells which routes it has, so that a rule for any other is refused.
    void know(const std::string& service, const std::vector<Route>& routes);

    // Service → method and path of each route: all that a rule may name.
    using Routes =
        std::map<std::string, std::vector<std::pair<std::string, std::string>>, std::less<>>;
    [[nodiscard]] Routes routes() const;

    // The rule's id. Kind scenario if no such service or route is known, or there are too many.
    [[nodiscard]] Result<std::uint64_t> add(FaultRule rule);
    // False if there is none of that id for that service.
    bool remove(std::string_view service, std::uint64_t id);
    void clear();
    void clear(std::string_view service);
    [[nodiscard]] std::vector<FaultRecord> list() const;

    struct Call {
        std::string_view service;
        std::string_view method;
        std::string_view route; // "" if none matched
        std::string_view user;  // "" without a good token
        const std::vector<std::string>* roles = nullptr;
        std::string_view project;
        std::string_view service_user; // "" without a good service token
    };
    struct Hit {
        std::uint64_t id = 0;
        FaultRule rule;
        std::uint64_t number = 0;          // of this rule's hits, from 1
        std::chrono::milliseconds delay{}; // with this hit's jitter
    };
    [[nodiscard]] std::optional<Hit> hit(const Call& call);

private:
    [[nodiscard]] Status check(const FaultRule& rule) const;
    void count_rules() { rules_there_ = !rules_.empty(); }

    mutable std::mutex mutex_;
    Routes routes_;
    std::vector<FaultRecord> rules_;
    std::uint64_t next_id_ = 1;
    std::atomic<bool> rules_there_ = false;
};

} // namespace vtpmlab::http
