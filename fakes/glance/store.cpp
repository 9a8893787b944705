#include "glance/store.h"

#include "glance/metadef_store.h"

#include <fmt/format.h>

namespace vtpmlab::fakes::glance {

using http::Outcome;

namespace {

// Of these tables and of the metadata definitions'.
constexpr int layout_version = 1;
constexpr std::string_view schema = R"sql(
CREATE TABLE IF NOT EXISTS image (id TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deleted_image (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS member (
    image_id TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE, member_id TEXT NOT NULL,
    status TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
    PRIMARY KEY (image_id, member_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS task (
    number INTEGER PRIMARY KEY, expires_at INTEGER, document TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS member_by_project ON member (member_id);
CREATE INDEX IF NOT EXISTS image_by_age ON image (json_extract(document, '$.created_at'));
CREATE INDEX IF NOT EXISTS image_by_name ON image (json_extract(document, '$.name'));
)sql";

std::int64_t ticks(Clock::Time time) { return time.time_since_epoch().count(); }
Clock::Time time_of(std::int64_t value) { return Clock::Time(std::chrono::microseconds(value)); }

std::optional<Image> read(store::Session& session, std::string_view id) {
    auto rows = session.rows("SELECT document FROM image WHERE id = ?", {id});
    if (!rows.next())
        return std::nullopt;
    return image_from(rows.text(0));
}

void write(store::Session& session, const Image& image) {
    const std::string document = document_of(image);
    session.run("UPDATE image SET document = ? WHERE id = ?",
                {std::string_view(document), std::string_view(image.id)});
}

std::vector<Member> members_of(store::Rows rows) {
    std::vector<Member> found;
    while (rows.next())
        found.push_back({rows.text(0), rows.text(1), rows.text(2), time_of(rows.integer(3)),
                         time_of(rows.integer(4))});
    return found;
}

} // namespace

tl::unexpected<http::Fault> no_image(std::string_view id) {
    return http::refuse(404, fmt::format("No image found with ID {}", id));
}

Result<std::unique_ptr<Store>> Store::open(const std::string& path) {
    const std::string tables = std::string(schema) + std::string(MetadefStore::schema);
    VTPMLAB_TRY(auto database, store::Database::open(path, {layout_version, tables}));
    return std::unique_ptr<Store>(new Store(std::move(database)));
}

bool Store::insert(const Image& image) {
    const std::string document = document_of(image);
    auto session = database_->write();
    {
        auto deleted =
            session.rows("SELECT 1 FROM deleted_image WHERE id = ?", {std::string_view(image.id)});
        if (deleted.next())
            return false;
    }
    if (!session.changed("INSERT INTO image (id, document) VALUES (?, ?)",
                         {std::string_view(image.id), std::string_view(document)}))
        return false;
    session.commit();
    return true;
}

std::optional<Image> Store::find(std::string_view id) {
    auto session = database_->read();
    return read(session, id);
}

void Store::visit(const std::string* name, const std::function<bool(Image&&)>& visit) {
    auto session = database_->read();
    auto rows =
        name ? session.rows("SELECT document FROM image WHERE json_extract(document, '$.name') = ? "
                            "ORDER BY json_extract(document, '$.created_at') DESC, id DESC",
                            {std::string_view(*name)})
             : session.rows("SELECT document FROM image "
                            "ORDER BY json_extract(document, '$.created_at') DESC, id DESC");
    while (rows.next())
        if (!visit(image_from(rows.text(0))))
            return;
}

Outcome<Image> Store::change(std::string_view id,
                             const std::function<Outcome<void>(Image&)>& change) {
    auto session = database_->write();
    auto image = read(session, id);
    if (!image)
        return no_image(id);
    VTPMLAB_CHECK(change(*image));
    write(session, *image);
    session.commit();
    return std::move(*image);
}

Outcome<Image> Store::remove(std::string_view id,
                             const std::function<Outcome<void>(const Image&)>& check) {
    auto session = database_->write();
    auto image = read(session, id);
    if (!image)
        return no_image(id);
    VTPMLAB_CHECK(check(*image));
    session.run("DELETE FROM image WHERE id = ?", {id});
    session.run("INSERT OR IGNORE INTO deleted_image (id) VALUES (?)", {id});
    session.commit();
    return std::move(*image);
}

bool Store::insert(const Member& member) {
    auto session = database_->write();
    if (!session.changed("INSERT INTO member (image_id, member_id, status, created_at, updated_at) "
                         "VALUES (?, ?, ?, ?, ?)",
                         {std::string_view(member.image_id), std::string_view(member.member_id),
                          std::string_view(member.status), ticks(member.created_at),
                          ticks(member.updated_at)}))
        return false;
    session.commit();
    return true;
}

std::optional<Member> Store::member(std::string_view image_id, std::string_view member_id) {
    auto session = database_->read();
    auto found = members_of(
        session.rows("SELECT image_id, member_id, status, created_at, updated_at FROM member "
                     "WHERE image_id = ? AND member_id = ?",
                     {image_id, member_id}));
    if (found.empty())
        return std::nullopt;
    return std::move(found.front());
}

std::vector<Member> Store::members(std::string_view image_id) {
    auto session = database_->read();
    return members_of(
        session.rows("SELECT image_id, member_id, status, created_at, updated_at FROM member "
                     "WHERE image_id = ? ORDER BY created_at, member_id",
                     {image_id}));
}

std::vector<Member> Store::memberships(std::string_view member_id) {
    auto session = database_->read();
    return members_of(
        session.rows("SELECT image_id, member_id, status, created_at, updated_at FROM member "
                     "WHERE member_id = ?",
                     {member_id}));
}

bool Store::update(const Member& member) {
    auto session = database_->write();
    const int changed = session.run(
        "UPDATE member SET status = ?, updated_at = ? WHERE image_id = ? AND member_id = ?",
        {std::string_view(member.status), ticks(member.updated_at),
         std::string_view(member.image_id), std::string_view(member.member_id)});
    session.commit();
    return changed > 0;
}

bool Store::remove_member(std::string_view image_id, std::string_view member_id) {
    auto session = database_->write();
    const int changed = session.run("DELETE FROM member WHERE image_id = ? AND member_id = ?",
                                    {image_id, member_id});
    session.commit();
    return changed > 0;
}

void Store::insert(const Task& task) {
    const std::string document = document_of(task);
    auto session = database_->write();
    session.run("INSERT INTO task (expires_at, document) VALUES (?, ?)",
                {task.expires_at ? store::Value(ticks(*task.expires_at)) : store::Value(nullptr),
                 std::string_view(document)});
    session.commit();
}

std::vector<Task> Store::tasks(Clock::Time now) {
    std::vector<Task> found;
    auto session = database_->write();
    session.run("DELETE FROM task WHERE expires_at < ?", {ticks(now)});
    {
        auto rows = session.rows("SELECT document FROM task ORDER BY number");
        while (rows.next())
            found.push_back(task_from(rows.text(0)));
    }
    session.commit();
    return found;
}

} // namespace vtpmlab::fakes::glance
