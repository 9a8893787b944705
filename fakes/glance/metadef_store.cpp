#include "glance/metadef_store.h"

#include "glance/standard_metadefs.h"
#include "http/json.h"
#include "http/timestamp.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vtpmlab::fakes::glance {

using http::Outcome;
using nlohmann::json;

const std::string_view MetadefStore::schema = R"sql(
CREATE TABLE IF NOT EXISTS metadef_namespace (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS metadef_resource_type (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL);
)sql";

tl::unexpected<http::Fault> no_namespace(std::string_view name) {
    return http::refuse(404, fmt::format("Metadata definition namespace={} was not found.", name));
}

void MetadefStore::load_standard(Clock::Time now) {
    // A namespace that was deleted stays so: its resource types are still there.
    if (!resource_types().empty())
        return;
    const std::string time = http::timestamp(now);
    for (json definition : json::parse(standard_metadefs_text)) {
        definition["created_at"] = time;
        for (auto& association : definition["resource_type_associations"]) {
            association["created_at"] = time;
            ensure_resource_type(association["name"].get<std::string>(), time);
        }
        (void)insert(definition);
    }
}

bool MetadefStore::insert(const json& definition) {
    const auto name = definition.at("namespace").get<std::string>();
    const std::string document = http::dump_json(definition);
    auto session = database_.write();
    if (!session.changed("INSERT INTO metadef_namespace (name, document) VALUES (?, ?)",
                         {std::string_view(name), std::string_view(document)}))
        return false;
    session.commit();
    return true;
}

std::optional<json> MetadefStore::find(std::string_view name) {
    auto session = database_.read();
    auto rows = session.rows("SELECT document FROM metadef_namespace WHERE name = ?", {name});
    if (!rows.next())
        return std::nullopt;
    return json::parse(rows.text(0));
}

std::vector<json> MetadefStore::list() {
    std::vector<json> found;
    auto session = database_.read();
    auto rows = session.rows("SELECT document FROM metadef_namespace ORDER BY number DESC");
    while (rows.next())
        found.push_back(json::parse(rows.text(0)));
    return found;
}

Outcome<json> MetadefStore::change(std::string_view name,
                                   const std::function<Outcome<void>(json&)>& change) {
    auto session = database_.write();
    json definition;
    {
        auto rows = session.rows("SELECT document FROM metadef_namespace WHERE name = ?", {name});
        if (!rows.next())
            return no_namespace(name);
        definition = json::parse(rows.text(0));
    }
    VTPMLAB_CHECK(change(definition));
    const auto new_name = definition.at("namespace").get<std::string>();
    const std::string document = http::dump_json(definition);
    if (!session.changed("UPDATE metadef_namespace SET name = ?, document = ? WHERE name = ?",
                         {std::string_view(new_name), std::string_view(document), name}))
        return http::refuse(
            409, fmt::format("The metadata definition namespace={} already exists.", new_name));
    session.commit();
    return definition;
}

bool MetadefStore::remove(std::string_view name) {
    auto session = database_.write();
    const int removed = session.run("DELETE FROM metadef_namespace WHERE name = ?", {name});
    session.commit();
    return removed > 0;
}

std::vector<json> MetadefStore::resource_types() {
    std::vector<json> found;
    auto session = database_.read();
    auto rows = session.rows("SELECT name, created_at FROM metadef_resource_type ORDER BY number");
    while (rows.next())
        found.push_back({{"name", rows.text(0)}, {"created_at", rows.text(1)}});
    return found;
}

void MetadefStore::ensure_resource_type(std::string_view name, std::string_view created_at) {
    auto session = database_.write();
    session.run("INSERT OR IGNORE INTO metadef_resource_type (name, created_at) VALUES (?, ?)",
                {name, created_at});
    session.commit();
}

} // namespace vtpmlab::fakes::glance
