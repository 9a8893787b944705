// Who may do what: role assignments, what roles imply, groups, application credentials.

#include "keystone/store.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace vtpmlab::fakes::keystone {

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs pairs_of(store::Rows rows) {
    Pairs found;
    while (rows.next())
        found.emplace_back(rows.text(0), rows.text(1));
    return found;
}

ApplicationCredential credential_of(const store::Rows& rows) {
    ApplicationCredential credential;
    credential.id = rows.text(0);
    credential.user_id = rows.text(1);
    credential.project_id = rows.text(2);
    credential.name = rows.text(3);
    credential.body = rows.text(4);
    if (!rows.is_null(5))
        credential.expires_at = Clock::Time(std::chrono::microseconds(rows.integer(5)));
    return credential;
}

AccessRule rule_of(const store::Rows& rows) {
    return {rows.text(0), rows.text(1), rows.text(2), rows.text(3), rows.text(4)};
}

#define VTPMLAB_CREDENTIAL_COLUMNS "id, user_id, project_id, name, body, expires_at"
#define VTPMLAB_RULE_COLUMNS "id, user_id, service, path, method"

} // namespace

void Store::assign(const Assignment& assignment) {
    const std::string scope = assignment.scope.key();
    auto session = database_->write();
    session.run("INSERT OR IGNORE INTO assignment (actor_id, scope, role_id, is_group) "
                "VALUES (?, ?, ?, ?)",
                {std::string_view(assignment.actor_id), std::string_view(scope),
                 std::string_view(assignment.role_id),
                 std::int64_t{assignment.actor == Assignment::Actor::group}});
    session.commit();
    ++generation_;
}

bool Store::unassign(const Assignment& assignment) {
    const std::string scope = assignment.scope.key();
    auto session = database_->write();
    const int changed =
        session.run("DELETE FROM assignment WHERE actor_id = ? AND scope = ? AND role_id = ?",
                    {std::string_view(assignment.actor_id), std::string_view(scope),
                     std::string_view(assignment.role_id)});
    if (changed > 0 && assignment.scope.kind == Scope::Kind::project) {
        session.run("DELETE FROM password WHERE holder IN (SELECT id FROM credential "
                    "WHERE user_id = ? AND project_id = ?)",
                    {assignment.actor_id, assignment.scope.id});
        session.run("DELETE FROM credential WHERE user_id = ? AND project_id = ?",
                    {assignment.actor_id, assignment.scope.id});
    }
    session.commit();
    ++generation_;
    return changed > 0;
}

std::vector<Assignment> Store::assignments() {
    std::vector<Assignment> found;
    auto session = database_->read();
    auto rows = session.rows("SELECT actor_id, role_id, scope, is_group FROM assignment");
    while (rows.next())
        found.push_back({rows.text(0), rows.text(1), Scope::from_key(rows.text(2)),
                         rows.integer(3) ? Assignment::Actor::group : Assignment::Actor::user});
    return found;
}

std::vector<std::string> Store::roles_of(std::string_view user_id, const Scope& scope) {
    const std::string key = scope.key();
    std::vector<std::string> found;
    auto session = database_->read();
    // UNION drops what was seen before, so a circle of implications ends.
    auto rows = session.rows(
        "WITH RECURSIVE held (role_id) AS ("
        "SELECT role_id FROM assignment WHERE scope = ?2 AND (actor_id = ?1 OR actor_id IN "
        "(SELECT group_id FROM member WHERE user_id = ?1)) "
        "UNION SELECT implied FROM implication JOIN held ON prior = role_id) "
        "SELECT role_id FROM held",
        {user_id, std::string_view(key)});
    while (rows.next())
        found.push_back(rows.text(0));
    return found;
}

void Store::imply(std::string_view prior_role_id, std::string_view implied_role_id) {
    auto session = database_->write();
    session.run("INSERT OR IGNORE INTO implication (prior, implied) VALUES (?, ?)",
                {prior_role_id, implied_role_id});
    session.commit();
    ++generation_;
}

bool Store::unimply(std::string_view prior_role_id, std::string_view implied_role_id) {
    auto session = database_->write();
    const bool there = session.run("DELETE FROM implication WHERE prior = ? AND implied = ?",
                                   {prior_role_id, implied_role_id}) > 0;
    session.commit();
    ++generation_;
    return there;
}

Pairs Store::implications() {
    auto session = database_->read();
    return pairs_of(session.rows("SELECT prior, implied FROM implication"));
}

void Store::add_member(std::string_view group_id, std::string_view user_id) {
    auto session = database_->write();
    session.run("INSERT OR IGNORE INTO member (group_id, user_id) VALUES (?, ?)",
                {group_id, user_id});
    session.commit();
    ++generation_;
}

bool Store::remove_member(std::string_view group_id, std::string_view user_id) {
    auto session = database_->write();
    const bool there = session.run("DELETE FROM member WHERE group_id = ? AND user_id = ?",
                                   {group_id, user_id}) > 0;
    session.commit();
    ++generation_;
    return there;
}

Pairs Store::members() {
    auto session = database_->read();
    return pairs_of(session.rows("SELECT group_id, user_id FROM member"));
}

bool Store::insert(const ApplicationCredential& credential, std::string_view secret) {
    const PasswordHash hash = hashed(secret, PasswordOrigin::chosen);
    const auto& expires = credential.expires_at;
    auto session = database_->write();
    if (!session.changed("INSERT INTO credential (" VTPMLAB_CREDENTIAL_COLUMNS
                         ") VALUES (?, ?, ?, ?, ?, ?)",
                         {credential.id, credential.user_id, credential.project_id, credential.name,
                          credential.body,
                          expires ? store::Value(std::int64_t{expires->time_since_epoch().count()})
                                  : store::Value(nullptr)}))
        return false;
    write_password(session, credential.id, hash);
    session.commit();
    return true;
}

std::optional<ApplicationCredential> Store::credential(std::string_view id) {
    auto session = database_->read();
    auto rows =
        session.rows("SELECT " VTPMLAB_CREDENTIAL_COLUMNS " FROM credential WHERE id = ?", {id});
    if (!rows.next())
        return std::nullopt;
    return credential_of(rows);
}

std::vector<ApplicationCredential> Store::credentials_of(std::string_view user_id) {
    std::vector<ApplicationCredential> found;
    auto session = database_->read();
    auto rows = session.rows("SELECT " VTPMLAB_CREDENTIAL_COLUMNS
                             " FROM credential WHERE user_id = ? ORDER BY name",
                             {user_id});
    while (rows.next())
        found.push_back(credential_of(rows));
    return found;
}

bool Store::remove_credential(std::string_view id) {
    auto session = database_->write();
    const bool there = session.run("DELETE FROM credential WHERE id = ?", {id}) > 0;
    session.run("DELETE FROM password WHERE holder = ?", {id});
    session.commit();
    ++generation_;
    return there;
}

void Store::remove_credentials_of(std::string_view user_id) {
    auto session = database_->write();
    session.run(
        "DELETE FROM password WHERE holder IN (SELECT id FROM credential WHERE user_id = ?)",
        {user_id});
    session.run("DELETE FROM credential WHERE user_id = ?", {user_id});
    session.run("DELETE FROM access_rule WHERE user_id = ?", {user_id});
    session.commit();
    ++generation_;
}

std::string Store::ensure_rule(const AccessRule& rule) {
    auto session = database_->write();
    session.run("INSERT OR IGNORE INTO access_rule (" VTPMLAB_RULE_COLUMNS
                ") VALUES (?, ?, ?, ?, ?)",
                {rule.id, rule.user_id, rule.service, rule.path, rule.method});
    std::string id;
    {
        auto rows = session.rows("SELECT id FROM access_rule WHERE user_id = ? AND service = ? AND "
                                 "path = ? AND method = ?",
                                 {rule.user_id, rule.service, rule.path, rule.method});
        id = rows.next() ? rows.text(0) : rule.id;
    }
    session.commit();
    return id;
}

std::optional<AccessRule> Store::access_rule(std::string_view id) {
    auto session = database_->read();
    auto rows = session.rows("SELECT " VTPMLAB_RULE_COLUMNS " FROM access_rule WHERE id = ?", {id});
    if (!rows.next())
        return std::nullopt;
    return rule_of(rows);
}

std::vector<AccessRule> Store::access_rules_of(std::string_view user_id) {
    std::vector<AccessRule> found;
    auto session = database_->read();
    auto rows = session.rows("SELECT " VTPMLAB_RULE_COLUMNS " FROM access_rule WHERE user_id = ?",
                             {user_id});
    while (rows.next())
        found.push_back(rule_of(rows));
    return found;
}

bool Store::remove_access_rule(std::string_view id) {
    auto session = database_->write();
    const bool there = session.run("DELETE FROM access_rule WHERE id = ?", {id}) > 0;
    session.commit();
    return there;
}

} // namespace vtpmlab::fakes::keystone
