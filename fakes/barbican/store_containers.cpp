// Containers, and orders with what they made.

#include "barbican/store.h"
#include "barbican/store_rows.h"

namespace vtpmlab::fakes::barbican {

using namespace rows;

namespace {

#define VTPMLAB_CONTAINER_COLUMNS "id, name, type, project_id, creator_id, created, updated"
#define VTPMLAB_ORDER_COLUMNS                                                                      \
    "id, type, meta, project_id, creator_id, status, sub_status, sub_status_message, "             \
    "error_status_code, error_reason, secret_id, container_id, created, updated"

Container container_of(const store::Rows& rows) {
    Container container;
    container.id = rows.text(0);
    container.name = rows.optional_text(1);
    container.type = rows.text(2);
    container.project_id = rows.text(3);
    container.creator_id = rows.text(4);
    container.created = time_of(rows.integer(5));
    container.updated = time_of(rows.integer(6));
    return container;
}

Order order_of(const store::Rows& rows) {
    Order order;
    order.id = rows.text(0);
    order.type = rows.text(1);
    order.meta = rows.text(2);
    order.project_id = rows.text(3);
    order.creator_id = rows.text(4);
    order.status = rows.text(5);
    order.sub_status = rows.text(6);
    order.sub_status_message = rows.text(7);
    order.error_status_code = rows.optional_text(8);
    order.error_reason = rows.optional_text(9);
    order.secret_id = rows.optional_text(10);
    order.container_id = rows.optional_text(11);
    order.created = time_of(rows.integer(12));
    order.updated = time_of(rows.integer(13));
    return order;
}

std::vector<SecretReference> references(store::Session& session, std::string_view container_id) {
    std::vector<SecretReference> found;
    auto rows = session.rows(
        "SELECT name, secret_id FROM container_secret WHERE container_id = ? ORDER BY number",
        {container_id});
    while (rows.next())
        found.push_back({rows.optional_text(0), rows.text(1)});
    return found;
}

void insert_reference(store::Session& session, std::string_view container_id,
                      const SecretReference& which) {
    // Nothing where the secret has gone meanwhile.
    (void)session.changed(
        "INSERT INTO container_secret (container_id, secret_id, name) VALUES (?, ?, ?)",
        {container_id, which.secret_id, or_null(which.name)});
}

} // namespace

void Store::insert_container(store::Session& session, const Container& container) {
    session.run("INSERT INTO container (" VTPMLAB_CONTAINER_COLUMNS
                ") VALUES (?, ?, ?, ?, ?, ?, ?)",
                {container.id, or_null(container.name), container.type, container.project_id,
                 container.creator_id, ticks(container.created), ticks(container.updated)});
    for (const auto& reference : container.secrets)
        insert_reference(session, container.id, reference);
}

bool Store::insert(const Container& container) {
    auto session = database_->write();
    if (quota_is_reached(session, container.project_id, Counted::containers))
        return false;
    insert_container(session, container);
    session.commit();
    return true;
}

std::optional<Container> Store::find_container(std::string_view id) {
    auto session = database_->read();
    std::optional<Container> found;
    {
        auto rows =
            session.rows("SELECT " VTPMLAB_CONTAINER_COLUMNS " FROM container WHERE id = ?", {id});
        if (!rows.next())
            return std::nullopt;
        found = container_of(rows);
    }
    found->secrets = references(session, id);
    return found;
}

Page<Container> Store::list(const ContainerFilter& filter) {
    Page<Container> page;
    auto session = database_->read();
    {
        auto rows = session.rows(
            "SELECT count(*) FROM container WHERE project_id = ?1 AND (?2 IS NULL OR name = ?2) "
            "AND (?3 IS NULL OR type = ?3)",
            {filter.project_id, or_null(filter.name), or_null(filter.type)});
        page.total = rows.next() ? rows.integer(0) : 0;
    }
    {
        auto rows =
            session.rows("SELECT " VTPMLAB_CONTAINER_COLUMNS
                         " FROM container WHERE project_id = ?1 AND (?2 IS NULL OR name = ?2) "
                         "AND (?3 IS NULL OR type = ?3) ORDER BY number LIMIT ?4 OFFSET ?5",
                         {filter.project_id, or_null(filter.name), or_null(filter.type),
                          filter.paging.limit, filter.paging.offset});
        while (rows.next())
            page.items.push_back(container_of(rows));
    }
    for (auto& container : page.items)
        container.secrets = references(session, container.id);
    return page;
}

bool Store::remove_container(std::string_view id) {
    auto session = database_->write();
    const bool removed = session.run("DELETE FROM container WHERE id = ?", {id}) > 0;
    session.commit();
    return removed;
}

bool Store::add_reference(std::string_view container_id, const SecretReference& which) {
    auto session = database_->write();
    for (const auto& there : references(session, container_id))
        if (there == which)
            return false;
    insert_reference(session, container_id, which);
    session.commit();
    return true;
}

bool Store::remove_reference(std::string_view container_id, const SecretReference& which) {
    auto session = database_->write();
    const bool there = session.run("DELETE FROM container_secret WHERE container_id = ? AND "
                                   "secret_id = ? AND name IS ?",
                                   {container_id, which.secret_id, or_null(which.name)}) > 0;
    session.commit();
    return there;
}

bool Store::insert(const Order& order, const Generated& generated) {
    std::vector<std::vector<unsigned char>> sealed;
    for (const auto& [secret, payload] : generated.secrets)
        sealed.push_back(cipher_->seal(secret.id, payload.bytes()));
    auto session = database_->write();
    if (quota_is_reached(session, order.project_id, Counted::orders))
        return false;
    for (std::size_t i = 0; i < sealed.size(); ++i)
        insert_secret(session, generated.secrets[i].first, &sealed[i]);
    if (generated.container)
        insert_container(session, *generated.container);
    session.run("INSERT INTO \"order\" (" VTPMLAB_ORDER_COLUMNS
                ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                {order.id, order.type, order.meta, order.project_id, order.creator_id, order.status,
                 order.sub_status, order.sub_status_message, or_null(order.error_status_code),
                 or_null(order.error_reason), or_null(order.secret_id), or_null(order.container_id),
                 ticks(order.created), ticks(order.updated)});
    session.commit();
    return true;
}

std::optional<Order> Store::find_order(std::string_view id, std::string_view project_id) {
    auto session = database_->read();
    auto rows = session.rows("SELECT " VTPMLAB_ORDER_COLUMNS
                             " FROM \"order\" WHERE id = ? AND project_id = ?",
                             {id, project_id});
    if (!rows.next())
        return std::nullopt;
    return order_of(rows);
}

Page<Order> Store::list(const OrderFilter& filter) {
    Page<Order> page;
    auto session = database_->read();
    {
        auto rows = session.rows("SELECT count(*) FROM \"order\" WHERE project_id = ?1 "
                                 "AND (?2 IS NULL OR instr(meta, ?2) > 0)",
                                 {filter.project_id, or_null(filter.meta)});
        page.total = rows.next() ? rows.integer(0) : 0;
    }
    auto rows = session.rows(
        "SELECT " VTPMLAB_ORDER_COLUMNS " FROM \"order\" WHERE project_id = ?1 AND (?2 IS NULL OR "
        "instr(meta, ?2) > 0) ORDER BY number LIMIT ?3 OFFSET ?4",
        {filter.project_id, or_null(filter.meta), filter.paging.limit, filter.paging.offset});
    while (rows.next())
        page.items.push_back(order_of(rows));
    return page;
}

bool Store::remove_order(std::string_view id) {
    auto session = database_->write();
    const bool removed = session.run("DELETE FROM \"order\" WHERE id = ?", {id}) > 0;
    session.commit();
    return removed;
}

} // namespace vtpmlab::fakes::barbican
