#pragma once
// What Keystone knows: resources (domains, projects, users, roles, services, endpoints, regions) as
// documents, passwords as salted digests, role assignments, and tokens as digests. Every call is
// one transaction.

#include "store/database.h"

#include <vtpmlab/clock.h>
#include <vtpmlab/result.h>

#include <nlohmann/json_fwd.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::fakes::keystone {

// The name is the collection's in the singular: "user", "project".
using Kind = std::string_view;

struct Scope {
    enum class Kind { unscoped, project, domain, system };
    Kind kind = Kind::unscoped;
    std::string id; // of the project or domain

    // As role assignments and tokens keep it: "project:ID", "domain:ID", "system", "".
    [[nodiscard]] std::string key() const;
    static Scope from_key(std::string_view key);
};

struct TokenRecord {
    std::string user_id;
    Scope scope;
    std::vector<std::string> methods;
    std::string audit_id;
    Clock::Time issued_at{};
    Clock::Time expires_at{};
};

struct Assignment {
    std::string user_id;
    std::string role_id;
    Scope scope;
};

class Store {
public:
    static Result<std::unique_ptr<Store>> open(const std::string& path);

    // Documents. `body` holds id, name, domain_id and whatever else the kind has.
    [[nodiscard]] std::optional<nlohmann::json> find(Kind kind, std::string_view id);
    [[nodiscard]] std::optional<nlohmann::json> find_named(Kind kind, std::string_view domain_id,
                                                           std::string_view name);
    [[nodiscard]] std::vector<nlohmann::json> list(Kind kind); // by name
    // False: the id, or the name within its domain, is taken.
    [[nodiscard]] bool insert(Kind kind, const nlohmann::json& body);
    [[nodiscard]] bool update(Kind kind, const nlohmann::json& body);
    bool remove(Kind kind, std::string_view id);

    void set_password(std::string_view user_id, std::string_view password);
    [[nodiscard]] bool password_matches(std::string_view user_id, std::string_view password);

    void assign(const Assignment& assignment);
    bool unassign(const Assignment& assignment);
    [[nodiscard]] std::vector<std::string> roles_of(std::string_view user_id, const Scope& scope);
    [[nodiscard]] std::vector<Assignment> assignments();

    void add_token(std::string_view token, const TokenRecord& record, Clock::Time forget_before);
    [[nodiscard]] std::optional<TokenRecord> token(std::string_view token);
    bool revoke(std::string_view token);

    // Another number after every change of a resource or an assignment: what was derived from them
    // before is out of date.
    [[nodiscard]] std::uint64_t generation() const { return generation_; }

    // Of everything, under a name (store/database.h).
    [[nodiscard]] Status snapshot(const std::string& name) { return database_->snapshot(name); }
    [[nodiscard]] Status restore(const std::string& name);

private:
    explicit Store(std::unique_ptr<store::Database> database);
    std::unique_ptr<store::Database> database_;
    std::atomic<std::uint64_t> generation_ = 0;
};

} // namespace vtpmlab::fakes::keystone
