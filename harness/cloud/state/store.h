#pragma once
// The compute cloud's database: SQLite in memory, one for each cloud. A record is a JSON document
// beside the few columns that are searched for. Thread-safe; a change is read, made and written
// under one lock, so two workers never lose each other's.

#include "cloud/state/records.h"

#include <vtpmlab/result.h>

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
    [[nodiscard]] static Result<std::unique_ptr<Store>> open();
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

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
    [[nodiscard]] Result<std::optional<ServerRecord>>
    change_server(const std::string& id, const std::function<void(ServerRecord&)>& change);
    [[nodiscard]] Status remove_server(const std::string& id);

private:
    class Impl;
    explicit Store(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace vtpmlab::cloud
