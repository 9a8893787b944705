#pragma once
// Metadata definitions: namespaces of properties, objects and tags that say what flavors and images
// may be given. A namespace is one document with all it holds, nearly as answers show it:
//
//   namespace, display_name, description, visibility, protected, owner, created_at, updated_at
//   resource_type_associations  [{name, prefix, properties_target, created_at, updated_at}]
//   properties                  {NAME: {title, type, …}}
//   objects                     [{name, description, required, properties, created_at, …}]
//   tags                        [{name, created_at, updated_at}]
//
// What was not given is not there. Every call is one transaction.

#include "http/fault.h"
#include "store/database.h"

#include <vtpmlab/clock.h>

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::fakes::glance {

class MetadefStore {
public:
    static const std::string_view schema; // its tables

    explicit MetadefStore(store::Database& database) : database_(database) {}

    // Into a new database, what every Glance is delivered with for TPMs.
    // spec: nova-vtpm §REQ-12
    void load_standard(Clock::Time now);

    [[nodiscard]] bool insert(const nlohmann::json& definition); // false: the name is taken
    [[nodiscard]] std::optional<nlohmann::json> find(std::string_view name);
    [[nodiscard]] std::vector<nlohmann::json> list(); // newest first
    // Reads, changes and writes in one go; nothing is written when `change` refuses. A missing
    // namespace is a 404, a new name that is taken a 409.
    [[nodiscard]] http::Outcome<nlohmann::json>
    change(std::string_view name,
           const std::function<http::Outcome<void>(nlohmann::json&)>& change);
    bool remove(std::string_view name);

    // Every name that was ever associated: {name, created_at}, oldest first.
    [[nodiscard]] std::vector<nlohmann::json> resource_types();
    void ensure_resource_type(std::string_view name, std::string_view created_at);

private:
    store::Database& database_;
};

[[nodiscard]] tl::unexpected<http::Fault> no_namespace(std::string_view name);

} // namespace vtpmlab::fakes::glance
