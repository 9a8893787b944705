// Who else has to do with a secret or a container: ACLs, consumers; and the quotas of projects.

#include "barbican/store.h"
#include "barbican/store_rows.h"

namespace vtpmlab::fakes::barbican {

using namespace rows;

namespace {

Quotas quotas_of(const store::Rows& rows) {
    Quotas quotas;
    for (std::size_t i = 0; i < quotas.size(); ++i)
        if (const int column = static_cast<int>(i) + 1; !rows.is_null(column))
            quotas[i] = rows.integer(column);
    return quotas;
}

std::int64_t count_of(store::Session& session, std::string_view project_id, Counted what) {
    const auto counted = [&](std::string_view sql) {
        auto rows = session.rows(sql, {project_id});
        return rows.next() ? rows.integer(0) : 0;
    };
    switch (what) {
    case Counted::secrets:
        return counted("SELECT count(*) FROM secret WHERE project_id = ?");
    case Counted::orders:
        return counted("SELECT count(*) FROM \"order\" WHERE project_id = ?");
    case Counted::containers:
        return counted("SELECT count(*) FROM container WHERE project_id = ?");
    case Counted::consumers:
        break;
    }
    return counted("SELECT count(*) FROM consumer WHERE project_id = ?");
}

} // namespace

bool rows::quota_is_reached(store::Session& session, std::string_view project_id, Counted what) {
    std::optional<std::int64_t> most;
    {
        auto found = session.rows("SELECT project_id, secrets, orders, containers, consumers, cas "
                                  "FROM quota WHERE project_id = ?",
                                  {project_id});
        if (!found.next())
            return false; // Barbican's own defaults are without limit
        most = quotas_of(found)[static_cast<std::size_t>(what)];
    }
    return most && *most >= 0 && count_of(session, project_id, what) >= *most;
}

std::optional<Acl> Store::acl(std::string_view owner) {
    Acl acl;
    auto session = database_->read();
    {
        auto rows = session.rows(
            "SELECT project_access, created, updated FROM owner_acl WHERE owner = ?", {owner});
        if (!rows.next())
            return std::nullopt;
        acl.project_access = rows.integer(0) != 0;
        acl.created = time_of(rows.integer(1));
        acl.updated = time_of(rows.integer(2));
    }
    auto rows =
        session.rows("SELECT user_id FROM owner_acl_user WHERE owner = ? ORDER BY number", {owner});
    while (rows.next())
        acl.users.push_back(rows.text(0));
    return acl;
}

void Store::set_acl(std::string_view owner, const Acl& acl) {
    auto session = database_->write();
    session.run("DELETE FROM owner_acl WHERE owner = ?", {owner});
    // The owner may have gone meanwhile: then there is nothing to guard.
    if (session.run(
            "INSERT INTO owner_acl (owner, project_access, created, updated) "
            "SELECT ?1, ?2, ?3, ?4 WHERE EXISTS (SELECT 1 FROM secret WHERE id = ?1) "
            "OR EXISTS (SELECT 1 FROM container WHERE id = ?1)",
            {owner, std::int64_t{acl.project_access}, ticks(acl.created), ticks(acl.updated)}) == 0)
        return;
    std::int64_t number = 0;
    for (const auto& user : acl.users)
        session.run("INSERT INTO owner_acl_user (owner, number, user_id) VALUES (?, ?, ?)",
                    {owner, number++, user});
    session.commit();
}

void Store::remove_acl(std::string_view owner) {
    auto session = database_->write();
    session.run("DELETE FROM owner_acl WHERE owner = ?", {owner});
    session.commit();
}

bool Store::add_consumer(const Consumer& consumer) {
    auto session = database_->write();
    if (quota_is_reached(session, consumer.project_id, Counted::consumers))
        return false;
    const auto& [first, second, third] = consumer.fields;
    session.run("INSERT OR IGNORE INTO consumer (id, owner, project_id, first, second, third, "
                "created) VALUES (?, ?, ?, ?, ?, ?, ?)",
                {consumer.id, consumer.owner, consumer.project_id, first, second, third,
                 ticks(consumer.created)});
    session.commit();
    return true;
}

std::vector<Consumer> Store::consumers(std::string_view owner) {
    std::vector<Consumer> found;
    auto session = database_->read();
    auto rows = session.rows("SELECT id, owner, project_id, first, second, third, created "
                             "FROM consumer WHERE owner = ? ORDER BY number",
                             {owner});
    while (rows.next())
        found.push_back({rows.text(0),
                         rows.text(1),
                         rows.text(2),
                         {rows.text(3), rows.text(4), rows.text(5)},
                         time_of(rows.integer(6))});
    return found;
}

void Store::remove_consumer(std::string_view id) {
    auto session = database_->write();
    session.run("DELETE FROM consumer WHERE id = ?", {id});
    session.commit();
}

std::optional<Quotas> Store::quotas(std::string_view project_id) {
    auto session = database_->read();
    auto rows = session.rows("SELECT project_id, secrets, orders, containers, consumers, cas "
                             "FROM quota WHERE project_id = ?",
                             {project_id});
    if (!rows.next())
        return std::nullopt;
    return quotas_of(rows);
}

Page<ProjectQuotas> Store::all_quotas(Paging paging) {
    Page<ProjectQuotas> page;
    auto session = database_->read();
    {
        auto rows = session.rows("SELECT count(*) FROM quota");
        page.total = rows.next() ? rows.integer(0) : 0;
    }
    auto rows = session.rows("SELECT project_id, secrets, orders, containers, consumers, cas "
                             "FROM quota ORDER BY number LIMIT ? OFFSET ?",
                             {paging.limit, paging.offset});
    while (rows.next())
        page.items.push_back({rows.text(0), quotas_of(rows)});
    return page;
}

void Store::set_quotas(std::string_view project_id, const Quotas& quotas) {
    auto session = database_->write();
    session.run("INSERT INTO quota (project_id, secrets, orders, containers, consumers, cas) "
                "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (project_id) DO UPDATE SET "
                "secrets = ?2, orders = ?3, containers = ?4, consumers = ?5, cas = ?6",
                {project_id, or_null(quotas[0]), or_null(quotas[1]), or_null(quotas[2]),
                 or_null(quotas[3]), or_null(quotas[4])});
    session.commit();
}

bool Store::remove_quotas(std::string_view project_id) {
    auto session = database_->write();
    const bool there = session.run("DELETE FROM quota WHERE project_id = ?", {project_id}) > 0;
    session.commit();
    return there;
}

} // namespace vtpmlab::fakes::barbican
