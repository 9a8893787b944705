#pragma once
// What Keystone knows: resources (domains, projects, users, groups, roles, services, endpoints,
// regions) as documents, passwords and the secrets of application credentials as salted digests,
// who is in which group and has which role where, and tokens as digests. Every call is one
// transaction.

#include "keystone/password_hash.h"
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
#include <utility>
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
    std::string application_credential_id = {}; // "" if it comes from none
};

struct Assignment {
    enum class Actor { user, group };
    std::string actor_id;
    std::string role_id;
    Scope scope;
    Actor actor = Actor::user;
};

// What a user may do on a project without the user's password.
struct ApplicationCredential {
    std::string id;
    std::string name;
    std::string user_id;
    std::string project_id;
    std::string body; // JSON: description, roles (ids), access_rules (ids), unrestricted
    std::optional<Clock::Time> expires_at;
};

// One request an application credential is allowed. A user has each once.
struct AccessRule {
    std::string id;
    std::string user_id;
    std::string service;
    std::string path;
    std::string method;
};

class Store {
public:
    static Result<std::unique_ptr<Store>> open(const std::string& path);

    // Documents. `body` holds id, name, domain_id and whatever else the kind has.
    [[nodiscard]] std::optional<nlohmann::json> find(Kind kind, std::string_view id);
    [[nodiscard]] std::optional<nlohmann::json> find_named(Kind kind, std::string_view domain_id,
                                                           std::string_view name);
    // In the order of their names; with `name`, those of that name alone may be given (a hint: the
    // caller still looks).
    [[nodiscard]] std::vector<nlohmann::json> list(Kind kind, const std::string* name = nullptr);
    // False: the id, or the name within its domain, is taken.
    [[nodiscard]] bool insert(Kind kind, const nlohmann::json& body);
    [[nodiscard]] bool update(Kind kind, const nlohmann::json& body);
    bool remove(Kind kind, std::string_view id);

    // `holder` is the id of a user or of an application credential.
    void set_password(std::string_view holder, std::string_view password,
                      PasswordOrigin origin = PasswordOrigin::chosen);
    [[nodiscard]] bool password_matches(std::string_view holder, std::string_view password);

    void assign(const Assignment& assignment);
    // A user who loses a role on a project loses the application credentials there.
    bool unassign(const Assignment& assignment);
    [[nodiscard]] std::vector<Assignment> assignments();
    // Direct ones, those of the user's groups, and what these imply.
    [[nodiscard]] std::vector<std::string> roles_of(std::string_view user_id, const Scope& scope);

    void imply(std::string_view prior_role_id, std::string_view implied_role_id);
    bool unimply(std::string_view prior_role_id, std::string_view implied_role_id);
    // Pairs of prior and implied.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> implications();

    void add_member(std::string_view group_id, std::string_view user_id);
    bool remove_member(std::string_view group_id, std::string_view user_id);
    // Pairs of group and user.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> members();

    // False: the user has one of that name. The rules of other credentials are used again.
    [[nodiscard]] bool insert(const ApplicationCredential& credential, std::string_view secret);
    [[nodiscard]] std::optional<ApplicationCredential> credential(std::string_view id);
    [[nodiscard]] std::vector<ApplicationCredential> credentials_of(std::string_view user_id);
    bool remove_credential(std::string_view id);
    void remove_credentials_of(std::string_view user_id);

    // The id of the user's rule like that, which may be older than this one.
    [[nodiscard]] std::string ensure_rule(const AccessRule& rule);
    [[nodiscard]] std::optional<AccessRule> access_rule(std::string_view id);
    [[nodiscard]] std::vector<AccessRule> access_rules_of(std::string_view user_id);
    bool remove_access_rule(std::string_view id);

    void add_token(std::string_view token, const TokenRecord& record, Clock::Time forget_before);
    [[nodiscard]] std::optional<TokenRecord> token(std::string_view token);
    bool revoke(std::string_view token);
    void revoke_all_of(std::string_view user_id);

    // Another number after every change of a resource or an assignment: what was derived from them
    // before is out of date.
    [[nodiscard]] std::uint64_t generation() const { return generation_; }

    // Of everything, under a name (store/database.h).
    [[nodiscard]] Status snapshot(const std::string& name) { return database_->snapshot(name); }
    [[nodiscard]] Status restore(const std::string& name);

private:
    explicit Store(std::unique_ptr<store::Database> database);
    static void write_password(store::Session& session, std::string_view holder,
                               const PasswordHash& hash);
    std::unique_ptr<store::Database> database_;
    std::atomic<std::uint64_t> generation_ = 0;
};

} // namespace vtpmlab::fakes::keystone
