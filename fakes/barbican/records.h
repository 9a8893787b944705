#pragma once
// The things Barbican keeps, as values.

#include <vtpmlab/clock.h>
#include <vtpmlab/secret_value.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vtpmlab::fakes::barbican {

struct Secret {
    std::string id;
    std::optional<std::string> name;
    std::string project_id;
    std::string creator_id;
    std::string type; // "passphrase"
    std::optional<std::string> algorithm;
    std::optional<std::int64_t> bit_length;
    std::optional<std::string> mode;
    std::optional<Clock::Time> expiration;
    std::optional<std::string> content_type; // there as soon as there is a payload
    Clock::Time created{};
    Clock::Time updated{};
};

struct Acl {
    bool project_access = true;
    std::vector<std::string> users;
    Clock::Time created{};
    Clock::Time updated{};
};

// Somebody who uses a secret (service, resource type, resource id) or a container (name, URL, "").
struct Consumer {
    std::string id;
    std::string owner;
    std::string project_id;
    std::array<std::string, 3> fields;
    Clock::Time created{};
};

struct SecretReference {
    std::optional<std::string> name;
    std::string secret_id;
    friend bool operator==(const SecretReference&, const SecretReference&) = default;
};

struct Container {
    std::string id;
    std::optional<std::string> name;
    std::string type; // "generic", "rsa", "certificate"; of an order, the algorithm
    std::string project_id;
    std::string creator_id;
    std::vector<SecretReference> secrets;
    Clock::Time created{};
    Clock::Time updated{};
};

struct Order {
    std::string id;
    std::string type; // "key"
    std::string meta; // JSON
    std::string project_id;
    std::string creator_id;
    std::string status; // "ACTIVE"
    std::string sub_status;
    std::string sub_status_message;
    std::optional<std::string> error_status_code; // "400"
    std::optional<std::string> error_reason;
    std::optional<std::string> secret_id;
    std::optional<std::string> container_id;
    Clock::Time created{};
    Clock::Time updated{};
};

// What an order made.
struct Generated {
    std::vector<std::pair<Secret, SecretValue>> secrets;
    std::optional<Container> container;
};

inline constexpr std::array<std::string_view, 5> quota_names = {"secrets", "orders", "containers",
                                                                "consumers", "cas"};
// In the order of quota_names; below zero: no limit.
using Quotas = std::array<std::optional<std::int64_t>, quota_names.size()>;

struct ProjectQuotas {
    std::string project_id;
    Quotas quotas;
};

struct Paging {
    std::int64_t offset = 0;
    std::int64_t limit = 10;
};

template <typename T>
struct Page {
    std::vector<T> items;   // oldest first, unless sorted otherwise
    std::int64_t total = 0; // that match, on all pages
};

// First and last moment that match; nothing is no bound.
struct TimeRange {
    std::optional<Clock::Time> first, last;
};

struct SortKey {
    enum class Direction { ascending, descending };
    std::string key; // "created"
    Direction direction = Direction::ascending;
};

struct SecretFilter {
    std::string project_id;
    std::optional<std::string> name, type, algorithm, mode;
    std::optional<std::int64_t> bit_length;
    std::optional<std::string> acl_user; // instead of the project's: what this user may read
    TimeRange created, updated, expiration;
    std::vector<SortKey> sort;
    Paging paging;
};

struct ContainerFilter {
    std::string project_id;
    std::optional<std::string> name, type;
    Paging paging;
};

struct OrderFilter {
    std::string project_id;
    std::optional<std::string> meta; // a piece of the text of the order's meta
    Paging paging;
};

} // namespace vtpmlab::fakes::barbican
