#include "cloud/api/server_list.h"

#include "cloud/api/paging.h"
#include "cloud/api/pattern.h"
#include "cloud/api/policy.h"
#include "cloud/api/query_check.h"
#include "cloud/api/server_columns.h"
#include "cloud/api/server_request.h"
#include "http/timestamp.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <set>
#include <sstream>

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using Kind = QueryField::Kind;
using Column = ServerColumn;

// A query parameter that compares a column: as it is, or as a pattern.
struct Filter {
    std::string_view name;
    std::string_view column;
    Kind kind = Kind::pattern;
    enum class For { admins, all, all_since_283 } whose = For::admins;
};
constexpr Filter filters[] = {
    {"access_ip_v4", "access_ip_v4"},
    {"access_ip_v6", "access_ip_v6"},
    {"auto_disk_config", "auto_disk_config"},
    {"availability_zone", "availability_zone", Kind::pattern, Filter::For::all_since_283},
    {"config_drive", "config_drive", Kind::pattern, Filter::For::all_since_283},
    {"created_at", "created_at", Kind::pattern, Filter::For::all_since_283},
    {"description", "display_description"},
    {"display_description", "display_description"},
    {"display_name", "display_name"},
    {"flavor", "instance_type_id", Kind::text, Filter::For::all},
    {"host", "host", Kind::text},
    {"hostname", "hostname"},
    {"image", "image_ref", Kind::text, Filter::For::all},
    {"image_ref", "image_ref", Kind::text},
    {"kernel_id", "kernel_id"},
    {"key_name", "key_name", Kind::pattern, Filter::For::all_since_283},
    {"launch_index", "launch_index", Kind::text},
    {"launched_at", "launched_at", Kind::pattern, Filter::For::all_since_283},
    {"locked_by", "locked_by"},
    {"name", "display_name", Kind::pattern, Filter::For::all},
    {"node", "node"},
    {"power_state", "power_state", Kind::pattern, Filter::For::all_since_283},
    {"progress", "progress", Kind::pattern, Filter::For::all_since_283},
    {"project_id", "project_id", Kind::text},
    {"ramdisk_id", "ramdisk_id"},
    {"reservation_id", "reservation_id", Kind::pattern, Filter::For::all},
    {"root_device_name", "root_device_name"},
    {"task_state", "task_state", Kind::text, Filter::For::all_since_283},
    {"tenant_id", "project_id", Kind::text},
    {"terminated_at", "terminated_at", Kind::pattern, Filter::For::all_since_283},
    {"user_id", "user_id", Kind::text, Filter::For::all_since_283},
    {"uuid", "uuid", Kind::text},
    {"vm_state", "vm_state", Kind::text, Filter::For::all_since_283},
};

// Names of tables beside the servers', which nobody may search.
const std::set<std::string_view> joined = {"block_device_mapping", "services",   "metadata",
                                           "system_metadata",      "info_cache", "security_groups",
                                           "pci_devices"};

// Let pass before 2.75 and then not obeyed.
const std::set<std::string_view> ignored_sort_keys = {"architecture", "cell_name",
                                                      "cleaned",      "default_ephemeral_device",
                                                      "deleted",      "deleted_at",
                                                      "os_type",      "default_swap_device",
                                                      "ephemeral_gb", "id",
                                                      "key_data",     "disable_terminate",
                                                      "launched_on",  "memory_mb",
                                                      "root_gb",      "ephemeral_key_uuid",
                                                      "user_data",    "reservation_id",
                                                      "vcpus",        "shutdown_terminate",
                                                      "vm_mode"};
const std::set<std::string_view> no_sort_keys = {"reservation_id", "locked"};

const std::vector<QueryField>& fields() {
    static const std::vector<QueryField> all = [] {
        std::vector<QueryField> known = {{"limit", Kind::number},
                                         {"marker"},
                                         {"sort_key"},
                                         {"sort_dir"},
                                         {"all_tenants"},
                                         {"deleted"},
                                         {"soft_deleted"},
                                         {"status"},
                                         {"changes-since", Kind::time},
                                         {"changes-before", Kind::time, 66},
                                         {"ip", Kind::pattern},
                                         {"ip6", Kind::pattern},
                                         {"tags", Kind::pattern, 26},
                                         {"tags-any", Kind::pattern, 26},
                                         {"not-tags", Kind::pattern, 26},
                                         {"not-tags-any", Kind::pattern, 26},
                                         {"locked", Kind::text, 73}};
        for (const auto& filter : filters)
            known.push_back({filter.name, filter.kind});
        for (const auto name : joined)
            known.push_back({name});
        return known;
    }();
    return all;
}

using Condition = std::function<bool(const ServerRecord&)>;

class Search {
public:
    Search(Api& api, const http::Request& request) : api_(api), request_(request) {}

    [[nodiscard]] http::Outcome<void> read(const std::string& rule) {
        VTPMLAB_CHECK(check_query(request_, fields(), 75));
        for (const auto& [name, value] : request_.query)
            if (joined.count(name) != 0 || name.starts_with('_'))
                return http::refuse(400, fmt::format("Invalid filter field: {}.", name));
        VTPMLAB_CHECK(read_status());
        VTPMLAB_CHECK(read_times());
        VTPMLAB_CHECK(read_tenants(rule));
        read_deleted();
        read_server_columns();
        read_tags();
        // No server has an address here, so none has a certain one.
        if (request_.query.contains("ip") || request_.query.contains("ip6"))
            conditions_.push_back([](const ServerRecord&) { return false; });
        return read_order();
    }

    [[nodiscard]] http::Outcome<std::vector<ServerRecord>> run() const {
        ServerFilter filter;
        filter.project_id = project_;
        VTPMLAB_TRY(auto found, or_unexpected(api_.cloud.store.servers(filter)));
        std::erase_if(found, [&](const ServerRecord& server) {
            return !std::all_of(conditions_.begin(), conditions_.end(),
                                [&](const Condition& holds) { return holds(server); });
        });
        // The last key first: equals stay in the order of the others.
        for (auto key = order_.rbegin(); key != order_.rend(); ++key)
            sort(found, *key);
        return found;
    }

private:
    enum class Direction { up, down };
    struct SortKey {
        Column column;
        Direction direction;
    };

    [[nodiscard]] bool since(int minor) const { return request_.microversion.minor >= minor; }
    [[nodiscard]] bool is_for_admin() const { return is_admin(*request_.caller); }

    static void sort(std::vector<ServerRecord>& servers, const SortKey& key) {
        std::vector<std::pair<json, std::size_t>> rows;
        for (std::size_t i = 0; i < servers.size(); ++i)
            rows.emplace_back(key.column(servers[i]), i);
        std::stable_sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) {
            return key.direction == Direction::up ? a.first < b.first : b.first < a.first;
        });
        std::vector<ServerRecord> sorted;
        sorted.reserve(servers.size());
        for (const auto& row : rows)
            sorted.push_back(std::move(servers[row.second]));
        servers = std::move(sorted);
    }

    // A status is the states that give it: some tell tasks apart, some do not.
    http::Outcome<void> read_status() {
        const auto asked = request_.query.all("status");
        if (asked.empty())
            return {};
        std::set<VmState> vm_states;
        std::set<TaskState> tasks;
        bool any_task = false;
        for (auto text : asked) {
            std::string status(text);
            std::transform(status.begin(), status.end(), status.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
            for (int vm = 0; vm <= static_cast<int>(VmState::shelved_offloaded); ++vm)
                for (int task = 0; task <= static_cast<int>(TaskState::unshelving); ++task)
                    if (server_status(static_cast<VmState>(vm), static_cast<TaskState>(task)) ==
                        status) {
                        vm_states.insert(static_cast<VmState>(vm));
                        tasks.insert(static_cast<TaskState>(task));
                        any_task = any_task || task == static_cast<int>(TaskState::none);
                    }
        }
        if (vm_states.empty() && since(38))
            return http::refuse(400, "Invalid status value");
        if (vm_states == std::set{VmState::deleted} && !is_for_admin())
            return http::refuse(403, "Only administrators may list deleted instances");
        conditions_.push_back([=](const ServerRecord& server) {
            return vm_states.count(server.vm_state) != 0 &&
                   (any_task || tasks.count(server.task_state) != 0);
        });
        return {};
    }

    // Deleted servers are forgotten here, so changes-since cannot show them.
    http::Outcome<void> read_times() {
        const auto time = [&](const char* name) {
            const auto* text = request_.query.find(name);
            return text ? http::parse_timestamp(*text) : std::nullopt;
        };
        const auto from = time("changes-since");
        const auto to = since(66) ? time("changes-before") : std::nullopt;
        if (from && to && *to < *from)
            return http::refuse(
                400, "The value of changes-since must be less than or equal to changes-before.");
        if (from || to)
            conditions_.push_back([=](const ServerRecord& server) {
                return (!from || server.updated_at >= *from) && (!to || server.updated_at <= *to);
            });
        return {};
    }

    http::Outcome<void> read_tenants(const std::string& rule) {
        const auto* all = request_.query.find("all_tenants");
        all_tenants_ = all && (all->empty() || is_true(json(*all)));
        if (!all_tenants_) {
            project_ = request_.caller->project_id;
            return {};
        }
        return authorize(api_.cloud.profile, *request_.caller, Need::admin,
                         rule + ":get_all_tenants", "");
    }

    // A server that is only marked as deleted is not shown either, if nobody asks for it.
    void read_deleted() {
        const auto asks = [&](const char* name) {
            const auto* value = is_for_admin() ? request_.query.find(name) : nullptr;
            return value && is_true(json(*value));
        };
        if (asks("deleted"))
            conditions_.push_back(
                [](const ServerRecord& s) { return s.vm_state == VmState::soft_deleted; });
        else if (!asks("soft_deleted") && !request_.query.contains("changes-since"))
            conditions_.push_back(
                [](const ServerRecord& s) { return s.vm_state != VmState::soft_deleted; });
    }

    [[nodiscard]] bool may_use(const Filter& filter) const {
        return is_for_admin() || filter.whose == Filter::For::all ||
               (filter.whose == Filter::For::all_since_283 && since(83));
    }

    void read_server_columns() {
        for (const auto& filter : filters) {
            const auto* value = request_.query.find(filter.name);
            // Without all_tenants a project is the caller's own, whatever is asked.
            if (!value || !may_use(filter) || (filter.column == "project_id" && !all_tenants_))
                continue;
            const auto column = server_columns().at(filter.column);
            if (filter.kind == Kind::text)
                conditions_.push_back([column, value](const ServerRecord& server) {
                    return as_text(column(server)) == *value;
                });
            else
                conditions_.push_back(
                    [column, pattern = Pattern::parse(*value)](const ServerRecord& server) {
                        const auto text = as_text(column(server));
                        return text && pattern->occurs_in(*text);
                    });
        }
        if (const auto* locked = request_.query.find("locked"); locked && since(73))
            conditions_.push_back([wanted = is_true(json(*locked))](const ServerRecord& server) {
                return server.locked == wanted;
            });
    }

    static std::optional<std::string> as_text(const json& value) {
        if (value.is_null())
            return std::nullopt;
        return value.is_string() ? value.get<std::string>() : value.dump();
    }

    void read_tags() {
        if (!since(26))
            return;
        const auto asked = [&](const char* name) {
            std::vector<std::string> tags;
            const auto* value = request_.query.find(name);
            std::istringstream parts(value ? *value : std::string());
            for (std::string part; std::getline(parts, part, ',');)
                tags.push_back(part);
            return tags;
        };
        const auto count = [](const ServerRecord& server, const std::vector<std::string>& tags) {
            return std::count_if(tags.begin(), tags.end(), [&](const std::string& tag) {
                return std::find(server.tags.begin(), server.tags.end(), tag) != server.tags.end();
            });
        };
        const auto all = asked("tags"), any = asked("tags-any"), not_all = asked("not-tags"),
                   none = asked("not-tags-any");
        const auto fits = [=](const ServerRecord& server) {
            const auto has = [&](const std::vector<std::string>& tags) {
                return count(server, tags) == static_cast<std::ptrdiff_t>(tags.size());
            };
            return has(all) && (any.empty() || count(server, any) > 0) &&
                   (not_all.empty() || !has(not_all)) && count(server, none) == 0;
        };
        if (!all.empty() || !any.empty() || !not_all.empty() || !none.empty())
            conditions_.push_back(fits);
    }

    // Newest first, as the store gives them, unless there are keys.
    http::Outcome<void> read_order() {
        const auto keys = request_.query.all("sort_key");
        const auto directions = request_.query.all("sort_dir");
        if (keys.empty() && directions.empty())
            return {};
        if (directions.size() > std::max<std::size_t>(keys.size(), 1))
            return http::refuse(400, "Sort direction array size exceeds sort key array size.");
        for (std::size_t i = 0; i < std::max<std::size_t>(keys.size(), 1); ++i) {
            const auto key = i < keys.size() ? keys[i] : std::string_view("created_at");
            const auto direction = i < directions.size() ? directions[i]
                                   : directions.empty()  ? std::string_view("desc")
                                                         : directions.front();
            if (direction != "asc" && direction != "desc")
                return http::refuse(400, "Invalid input received: Unknown sort direction, must be "
                                         "'desc' or 'asc'");
            const auto column = server_columns().find(key);
            const bool sorts = column != server_columns().end() &&
                               (no_sort_keys.count(key) == 0 || (key == "locked" && since(73)));
            if (!sorts && (since(75) || (ignored_sort_keys.count(key) == 0 && key != "locked")))
                return invalid_query("sort_key", key,
                                     fmt::format("'{}' is not a key servers are sorted by", key));
            if ((key == "host" || key == "node") && !is_for_admin())
                return http::refuse(403,
                                    fmt::format("Only administrators can sort servers by {}", key));
            if (sorts)
                order_.push_back(
                    {column->second, direction == "asc" ? Direction::up : Direction::down});
        }
        return {};
    }

    Api& api_;
    const http::Request& request_;
    std::string project_; // empty: of all
    bool all_tenants_ = false;
    std::vector<Condition> conditions_;
    std::vector<SortKey> order_;
};

} // namespace

http::Outcome<ServerPage> list_servers(Api& api, const http::Request& request,
                                       const std::string& rule) {
    Search search(api, request);
    VTPMLAB_CHECK(search.read(rule));
    ServerPage page;
    VTPMLAB_TRY(page.servers, search.run());
    VTPMLAB_TRY(page.next, cut_page(request, page.servers, UnknownMarker::brackets,
                                    [](const ServerRecord& server) { return server.id; }));
    return page;
}

} // namespace vtpmlab::cloud
