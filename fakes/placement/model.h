#pragma once
// What Placement knows, in the form its questions are asked in: providers in trees, each with
// inventories, traits and aggregates; consumers with allocations. Names are interned: a trait or
// resource class is a number here, so that a thousand providers are searched in microseconds.
//
// Values and questions only. The rules of change are in the routes, the disk in store.h.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace vtpmlab::fakes::placement {

// Numbers for names, and back. Never forgets: a deleted custom name keeps its number.
class Names {
public:
    int intern(std::string_view name);
    [[nodiscard]] std::optional<int> find(std::string_view name) const; // only names that exist now
    [[nodiscard]] const std::string& text(int id) const {
        return texts_[static_cast<std::size_t>(id)];
    }
    // Under its new name it keeps its number.
    void rename(int id, const std::string& name);
    void remove(int id) { exists_[static_cast<std::size_t>(id)] = false; }
    [[nodiscard]] std::vector<std::string> all() const; // sorted

private:
    std::unordered_map<std::string, int> ids_;
    std::vector<std::string> texts_;
    std::vector<bool> exists_;
};

// A set of trait numbers.
class TraitSet {
public:
    void insert(int id);
    [[nodiscard]] bool contains(int id) const;
    [[nodiscard]] std::vector<int> ids() const;
    TraitSet& operator|=(const TraitSet& other);
    friend bool operator==(const TraitSet&, const TraitSet&) = default;

private:
    std::vector<std::uint64_t> words_; // no trailing zero words, so that equal sets compare equal
};

inline constexpr std::int64_t max_amount = 2147483647;

struct Inventory {
    std::int64_t total = 0;
    std::int64_t reserved = 0;
    std::int64_t min_unit = 1;
    std::int64_t max_unit = max_amount;
    std::int64_t step_size = 1;
    double allocation_ratio = 1.0;

    [[nodiscard]] std::int64_t capacity() const {
        return static_cast<std::int64_t>(static_cast<double>(total - reserved) * allocation_ratio);
    }
    // Apart from how much is left.
    [[nodiscard]] bool allows(std::int64_t amount) const {
        return amount >= min_unit && amount <= max_unit && amount % step_size == 0;
    }
    friend bool operator==(const Inventory&, const Inventory&) = default;
};

using Amounts = std::map<int, std::int64_t>; // by resource class

// An inventory as a search looks at it.
struct Room {
    int resource_class;
    Inventory inventory;
    std::int64_t left; // of its capacity, after the allocations
};

struct Provider {
    // What a search reads of each provider stands together: a large cloud is in no near memory.
    std::string uuid;
    std::string parent; // "" for a root
    std::string root;
    TraitSet traits;
    std::vector<Room> rooms; // one an inventory; kept by the model
    std::set<std::string> aggregates;
    std::vector<std::string> children; // kept by the model
    std::string summary; // in a body of candidates, from 1.29 on (summary.h); kept by the model

    std::string name;
    std::int64_t generation = 0;
    std::map<int, Inventory> inventories; // by resource class
    // Kept by the model.
    Amounts used;                    // what the allocations take
    std::set<std::string> consumers; // who has allocations here

    [[nodiscard]] std::int64_t used_of(int resource_class) const;
    [[nodiscard]] const Room* room(int resource_class) const; // null: no such inventory
    [[nodiscard]] bool has_room(int resource_class, std::int64_t amount) const;
};

// One may be known and hold nothing: the real service remembers whoever asked for nothing.
struct Consumer {
    std::string uuid;
    std::string project_id;
    std::string user_id;
    std::string type; // "" is unknown
    std::int64_t generation = 0;
    std::map<std::string, Amounts> allocations; // by provider
};

struct Model {
    Names traits;
    Names classes;
    std::map<std::string, Provider> providers;                   // by uuid
    std::unordered_map<std::string, std::string> provider_names; // name → uuid
    std::map<std::string, Consumer> consumers;
    // Followed from the providers.
    std::unordered_map<std::string, std::set<std::string>> members; // aggregate → providers
    std::set<std::string> sharing; // providers that share via their aggregates
    std::size_t nested = 0;        // providers that have a parent

    [[nodiscard]] const Provider* provider(std::string_view uuid) const;
    [[nodiscard]] const Consumer* consumer(std::string_view uuid) const;
    // Of the whole tree below `root`, root first.
    [[nodiscard]] std::vector<const Provider*> tree_of(const std::string& root) const;
    [[nodiscard]] bool is_descendant_or_self(const Provider& provider,
                                             const std::string& ancestor) const;

    void rename_class(int id, const std::string& name);
    void put(Provider provider); // links it into its tree
    void erase_provider(const std::string& uuid);
    void put(Consumer consumer); // replaces what it had; `used` follows
    void erase_consumer(const std::string& uuid);

private:
    void refresh(Provider& provider) const; // what follows from its inventories and `used`
    void forget_links(const Provider& provider);
    void count(const Consumer& consumer, std::int64_t sign);
};

} // namespace vtpmlab::fakes::placement
