#pragma once
// The compute cloud's database: SQLite, one for each cloud, in memory or in a file. A record is a
// JSON document beside the few columns that are searched for. Thread-safe; a change is read, made
// and written under one lock, so two workers never lose each other's.

#include "cloud/key_pair.h"
#include "cloud/state/records.h"

#include <vtpmlab/result.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vtpmlab::cloud {

// Empty fields do not restrict.
struct ServerFilter {
    std::string project_id;
    std::string host;
    std::string name; // exactly
};

class Store {
public:
    // A file that is there already is gone on with; "" keeps everything in memory.
    [[nodiscard]] static Result<std::unique_ptr<Store>>
    open(const std::filesystem::path& file = {});
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    // The UUID a compute host is known by in Placement: made once, the same ever after.
    [[nodiscard]] Result<std::string> node_id(const std::string& host);

    enum class Added { yes, id_taken, name_taken };
    [[nodiscard]] Result<Added> add_flavor(const Flavor& flavor);
    [[nodiscard]] Result<std::optional<Flavor>> flavor(const std::string& id);
    [[nodiscard]] Result<std::vector<Flavor>> flavors(); // in the order they were made
    // Nothing when there is no such flavor; else the flavor as it is after the change.
    [[nodiscard]] Result<std::optional<Flavor>>
    change_flavor(const std::string& id, const std::function<void(Flavor&)>& change);
    [[nodiscard]] Result<bool> remove_flavor(const std::string& id);

    // Gives the record its number.
    [[nodiscard]] Status add_server(ServerRecord& server);
    // A removed server is found no more.
    [[nodiscard]] Result<std::optional<ServerRecord>> server(const std::string& id);
    [[nodiscard]] Result<std::vector<ServerRecord>> servers(const ServerFilter& filter = {});
    [[nodiscard]] Result<std::size_t> count_servers(const std::string& project_id);
    [[nodiscard]] Result<std::optional<ServerRecord>>
    change_server(const std::string& id, const std::function<void(ServerRecord&)>& change);
    [[nodiscard]] Status remove_server(const std::string& id);

    [[nodiscard]] Status add_action(const InstanceAction& action);
    // Of one server, newest first; also of one that is gone.
    [[nodiscard]] Result<std::vector<InstanceAction>> actions(const std::string& server_id);
    // No such action is not an error: a request that began before its server was known has none.
    [[nodiscard]] Status change_action(const std::string& server_id, const std::string& request_id,
                                       const std::function<void(InstanceAction&)>& change);

    // Gives the record its number.
    [[nodiscard]] Status add_migration(Migration& migration);
    // Newest first; of all servers when `server_id` is empty.
    [[nodiscard]] Result<std::vector<Migration>> migrations(const std::string& server_id = {});
    [[nodiscard]] Status change_migration(const std::string& uuid,
                                          const std::function<void(Migration&)>& change);

    // Gives the pair its number. False: the user has one of that name.
    [[nodiscard]] Result<bool> add_key_pair(KeyPair& pair);
    [[nodiscard]] Result<std::vector<KeyPair>> key_pairs(const std::string& user_id); // by name
    [[nodiscard]] Result<bool> remove_key_pair(const std::string& user_id, const std::string& name);

private:
    class Impl;
    explicit Store(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace vtpmlab::cloud
