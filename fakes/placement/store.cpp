#include "placement/store.h"

#include "placement/standard_names.h"

#include <charconv>
#include <tuple>

namespace vtpmlab::fakes::placement {

namespace {

constexpr store::Layout layout{1, R"sql(
CREATE TABLE IF NOT EXISTS name (kind TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS provider (
    uuid TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, parent TEXT NOT NULL, root TEXT NOT NULL,
    generation INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inventory (
    provider TEXT NOT NULL, class TEXT NOT NULL, total INTEGER NOT NULL, reserved INTEGER NOT NULL,
    min_unit INTEGER NOT NULL, max_unit INTEGER NOT NULL, step_size INTEGER NOT NULL,
    allocation_ratio REAL NOT NULL, PRIMARY KEY (provider, class)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS provider_trait (
    provider TEXT NOT NULL, trait TEXT NOT NULL, PRIMARY KEY (provider, trait)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS provider_aggregate (
    provider TEXT NOT NULL, aggregate TEXT NOT NULL, PRIMARY KEY (provider, aggregate)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS consumer (
    uuid TEXT PRIMARY KEY, project_id TEXT NOT NULL, user_id TEXT NOT NULL, type TEXT NOT NULL,
    generation INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS allocation (
    consumer TEXT NOT NULL, provider TEXT NOT NULL, class TEXT NOT NULL, amount INTEGER NOT NULL,
    PRIMARY KEY (consumer, provider, class)) WITHOUT ROWID;
)sql"};

using Text = std::string_view;

// "2.9.0" < "2.10.0"
std::tuple<int, int, int> release_number(std::string_view text) {
    int parts[3] = {0, 0, 0};
    const char* at = text.data();
    for (int& part : parts) {
        at = std::from_chars(at, text.data() + text.size(), part).ptr;
        if (at != text.data() + text.size())
            ++at;
    }
    return {parts[0], parts[1], parts[2]};
}

} // namespace

Result<std::unique_ptr<Store>> Store::open(const std::string& path,
                                           std::string_view os_traits_release) {
    VTPMLAB_TRY(auto database, store::Database::open(path, layout));
    std::unique_ptr<Store> opened(new Store(std::move(database), std::string(os_traits_release)));
    opened->load();
    return opened;
}

Status Store::snapshot(const std::string& name) {
    const std::unique_lock lock(mutex_);
    return database_->snapshot(name);
}

Status Store::restore(const std::string& name) {
    const std::unique_lock lock(mutex_);
    VTPMLAB_CHECK(database_->restore(name));
    model_ = Model();
    load();
    return {};
}

void Store::load() {
    const auto newest = release_number(os_traits_release_);
    for (const auto& trait : standard_traits())
        if (release_number(trait.release) <= newest)
            model_.traits.intern(trait.name);
    for (const auto& resource_class : standard_resource_classes())
        model_.classes.intern(resource_class.name);
    auto session = database_->read();
    for (auto rows = session.rows("SELECT kind, name FROM name"); rows.next();)
        (rows.text(0) == "trait" ? model_.traits : model_.classes).intern(rows.text(1));
    std::map<std::string, Provider> providers;
    for (auto rows = session.rows("SELECT uuid, name, parent, root, generation FROM provider");
         rows.next();) {
        Provider& provider = providers[rows.text(0)];
        provider.uuid = rows.text(0);
        provider.name = rows.text(1);
        provider.parent = rows.text(2);
        provider.root = rows.text(3);
        provider.generation = rows.integer(4);
    }
    for (auto rows = session.rows("SELECT provider, class, total, reserved, min_unit, max_unit, "
                                  "step_size, allocation_ratio FROM inventory");
         rows.next();)
        providers[rows.text(0)].inventories[model_.classes.intern(rows.text(1))] = {
            rows.integer(2), rows.integer(3), rows.integer(4),
            rows.integer(5), rows.integer(6), rows.real(7)};
    for (auto rows = session.rows("SELECT provider, trait FROM provider_trait"); rows.next();)
        providers[rows.text(0)].traits.insert(model_.traits.intern(rows.text(1)));
    for (auto rows = session.rows("SELECT provider, aggregate FROM provider_aggregate");
         rows.next();)
        providers[rows.text(0)].aggregates.insert(rows.text(1));
    for (auto& [uuid, provider] : providers)
        model_.put(provider);
    for (auto& [uuid, provider] : providers) // parents that came after their children
        model_.put(*model_.provider(uuid));

    std::map<std::string, Consumer> consumers;
    for (auto rows =
             session.rows("SELECT uuid, project_id, user_id, type, generation FROM consumer");
         rows.next();)
        consumers[rows.text(0)] = {rows.text(0), rows.text(1),    rows.text(2),
                                   rows.text(3), rows.integer(4), {}};
    for (auto rows = session.rows("SELECT consumer, provider, class, amount FROM allocation");
         rows.next();)
        consumers[rows.text(0)].allocations[rows.text(1)][model_.classes.intern(rows.text(2))] =
            rows.integer(3);
    for (auto& [uuid, consumer] : consumers)
        model_.put(std::move(consumer));
}

void Store::Change::put(Provider provider) {
    const Text uuid = provider.uuid;
    session_.run("INSERT OR REPLACE INTO provider (uuid, name, parent, root, generation) "
                 "VALUES (?, ?, ?, ?, ?)",
                 {uuid, Text(provider.name), Text(provider.parent), Text(provider.root),
                  provider.generation});
    const Provider* old = store_.model_.provider(uuid);
    if (!old || old->inventories != provider.inventories) {
        session_.run("DELETE FROM inventory WHERE provider = ?", {uuid});
        for (const auto& [resource_class, inventory] : provider.inventories)
            session_.run(
                "INSERT INTO inventory (provider, class, total, reserved, min_unit, max_unit, "
                "step_size, allocation_ratio) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                {uuid, Text(store_.model_.classes.text(resource_class)), inventory.total,
                 inventory.reserved, inventory.min_unit, inventory.max_unit, inventory.step_size,
                 inventory.allocation_ratio});
    }
    if (!old || !(old->traits == provider.traits)) {
        session_.run("DELETE FROM provider_trait WHERE provider = ?", {uuid});
        for (const int trait : provider.traits.ids())
            session_.run("INSERT INTO provider_trait (provider, trait) VALUES (?, ?)",
                         {uuid, Text(store_.model_.traits.text(trait))});
    }
    if (!old || old->aggregates != provider.aggregates) {
        session_.run("DELETE FROM provider_aggregate WHERE provider = ?", {uuid});
        for (const auto& aggregate : provider.aggregates)
            session_.run("INSERT INTO provider_aggregate (provider, aggregate) VALUES (?, ?)",
                         {uuid, Text(aggregate)});
    }
    pending_.push_back([provider = std::move(provider)](Model& model) mutable {
        // What other changes of this batch keep up to date must not be set back.
        if (const Provider* now = model.provider(provider.uuid)) {
            provider.used = now->used;
            provider.consumers = now->consumers;
            provider.children = now->children;
        }
        model.put(std::move(provider));
    });
}

void Store::Change::erase_provider(std::string uuid) {
    for (const char* sql :
         {"DELETE FROM provider WHERE uuid = ?", "DELETE FROM inventory WHERE provider = ?",
          "DELETE FROM provider_trait WHERE provider = ?",
          "DELETE FROM provider_aggregate WHERE provider = ?"})
        session_.run(sql, {Text(uuid)});
    pending_.push_back([uuid = std::move(uuid)](Model& model) { model.erase_provider(uuid); });
}

void Store::Change::put(Consumer consumer) {
    const Text uuid = consumer.uuid;
    session_.run("DELETE FROM allocation WHERE consumer = ?", {uuid});
    session_.run("INSERT OR REPLACE INTO consumer (uuid, project_id, user_id, type, generation) "
                 "VALUES (?, ?, ?, ?, ?)",
                 {uuid, Text(consumer.project_id), Text(consumer.user_id), Text(consumer.type),
                  consumer.generation});
    for (const auto& [provider, amounts] : consumer.allocations)
        for (const auto& [resource_class, amount] : amounts)
            session_.run(
                "INSERT INTO allocation (consumer, provider, class, amount) "
                "VALUES (?, ?, ?, ?)",
                {uuid, Text(provider), Text(store_.model_.classes.text(resource_class)), amount});
    pending_.push_back(
        [consumer = std::move(consumer)](Model& model) mutable { model.put(std::move(consumer)); });
}

void Store::Change::erase_consumer(std::string uuid) {
    session_.run("DELETE FROM allocation WHERE consumer = ?", {Text(uuid)});
    session_.run("DELETE FROM consumer WHERE uuid = ?", {Text(uuid)});
    pending_.push_back([uuid = std::move(uuid)](Model& model) { model.erase_consumer(uuid); });
}

void Store::Change::add_trait(std::string name) {
    session_.run("INSERT OR IGNORE INTO name (kind, name) VALUES ('trait', ?)", {Text(name)});
    pending_.push_back([name = std::move(name)](Model& model) { model.traits.intern(name); });
}

void Store::Change::remove_trait(std::string name) {
    session_.run("DELETE FROM name WHERE kind = 'trait' AND name = ?", {Text(name)});
    pending_.push_back([name = std::move(name)](Model& model) {
        if (const auto id = model.traits.find(name))
            model.traits.remove(*id);
    });
}

void Store::Change::add_class(std::string name) {
    session_.run("INSERT OR IGNORE INTO name (kind, name) VALUES ('class', ?)", {Text(name)});
    pending_.push_back([name = std::move(name)](Model& model) { model.classes.intern(name); });
}

void Store::Change::rename_class(std::string name, std::string renamed) {
    session_.run("UPDATE name SET name = ? WHERE kind = 'class' AND name = ?",
                 {Text(renamed), Text(name)});
    session_.run("UPDATE inventory SET class = ? WHERE class = ?", {Text(renamed), Text(name)});
    session_.run("UPDATE allocation SET class = ? WHERE class = ?", {Text(renamed), Text(name)});
    pending_.push_back([name = std::move(name), renamed = std::move(renamed)](Model& model) {
        if (const auto id = model.classes.find(name))
            model.rename_class(*id, renamed);
    });
}

void Store::Change::remove_class(std::string name) {
    session_.run("DELETE FROM name WHERE kind = 'class' AND name = ?", {Text(name)});
    pending_.push_back([name = std::move(name)](Model& model) {
        if (const auto id = model.classes.find(name))
            model.classes.remove(*id);
    });
}

void Store::Change::commit() {
    session_.commit();
    for (auto& apply : pending_)
        apply(store_.model_);
    pending_.clear();
}

} // namespace vtpmlab::fakes::placement
