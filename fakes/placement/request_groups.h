#pragma once
// One group of a query: `resources`, `required`, `member_of` and `in_tree`, plain or with a suffix
// ("resources1", "resources_COMPUTE"). Read as text first; looked up in the model afterwards,
// because the real service complains of unknown names only when it comes to that group.

#include "http/message.h"
#include "placement/model.h"

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vtpmlab::fakes::placement {

using Resources = std::vector<std::pair<std::string, std::int64_t>>; // by name of class

struct RequestGroup {
    std::string suffix; // "" for the plain one, which may be spread over a tree
    Resources resources;
    std::vector<std::set<std::string>> required; // each: any of these traits
    std::set<std::string> forbidden;
    std::vector<std::set<std::string>> member_of; // each: any of these aggregates
    std::set<std::string> not_member_of;
    std::string in_tree;
};

// "VCPU:2,MEMORY_MB:1024"
[[nodiscard]] http::Outcome<Resources> parse_resources(const std::string& text);
// The values of "required" + suffix into `group`; forbidden traits from 1.22, any-of from 1.39.
[[nodiscard]] http::Outcome<void> parse_required(const http::Request& request,
                                                 const std::string& suffix, RequestGroup& group);
// One value of a `required` or `root_required`, in the form of `minor`.
[[nodiscard]] http::Outcome<void> parse_traits(const std::string& value, int minor,
                                               RequestGroup& group);
// The values of "member_of" + suffix; several from 1.24, forbidden ones from 1.32.
[[nodiscard]] http::Outcome<void> parse_member_of(const http::Request& request,
                                                  const std::string& suffix, RequestGroup& group);
[[nodiscard]] http::Outcome<std::string> parse_in_tree(const std::string& value);

// A group with its names looked up.
class ResolvedGroup {
public:
    ResolvedGroup(const Model& model, const RequestGroup& group);

    // The first name that is not known; "" if all are. Nothing else may be asked then.
    [[nodiscard]] const std::string& unknown_class() const { return unknown_class_; }
    [[nodiscard]] const std::string& unknown_trait() const { return unknown_trait_; }

    [[nodiscard]] const RequestGroup& group() const { return group_; }
    [[nodiscard]] const Amounts& resources() const { return resources_; }
    // Any of each required set there, and none of the forbidden ones.
    [[nodiscard]] bool traits_match(const TraitSet& traits) const;
    [[nodiscard]] bool has_required(const TraitSet& traits) const;
    [[nodiscard]] bool has_forbidden(const TraitSet& traits) const;
    [[nodiscard]] bool aggregates_match(const std::set<std::string>& aggregates) const;
    [[nodiscard]] bool is_member(const std::set<std::string>& aggregates) const;
    [[nodiscard]] bool is_forbidden_member(const std::set<std::string>& aggregates) const;

private:
    const RequestGroup& group_;
    Amounts resources_;
    std::vector<std::vector<int>> required_;
    std::vector<int> forbidden_;
    std::string unknown_class_;
    std::string unknown_trait_;
};

[[nodiscard]] bool has_room_for_all(const Provider& provider, const Amounts& amounts);

} // namespace vtpmlab::fakes::placement
