#include "placement/request_groups.h"

#include "http/uuid_like.h"
#include "placement/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace vtpmlab::fakes::placement {

using http::Outcome;
using http::refuse;

namespace {

// As Python's int() reads it: white space around, a sign. More than we can count is the most.
std::optional<std::int64_t> number(const std::string& text) {
    const std::string plain = stripped(text);
    const char* first = plain.data();
    const char* last = first + plain.size();
    if (first != last && *first == '+')
        ++first;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(first, last, value);
    if (first == last || end != last || (plain[0] == '+' && *first == '-'))
        return std::nullopt;
    if (error == std::errc::result_out_of_range)
        return *first == '-' ? std::numeric_limits<std::int64_t>::min()
                             : std::numeric_limits<std::int64_t>::max();
    return error == std::errc() ? std::optional(value) : std::nullopt;
}

} // namespace

Outcome<Resources> parse_resources(const std::string& text) {
    const auto malformed = [](const std::string& got) {
        return refuse(400, fmt::format("Badly formed resources parameter. Expected resources query "
                                       "string parameter in form: "
                                       "?resources=VCPU:2,MEMORY_MB:1024. Got: {}.",
                                       got));
    };
    if (stripped(text).empty())
        return malformed("empty string");
    Resources resources;
    for (const auto& item : split(text, ',')) {
        const auto parts = split(item, ':');
        if (parts.size() != 2)
            return malformed(item);
        const auto amount = number(parts[1]);
        if (!amount)
            return refuse(
                400, fmt::format("Requested resource {} expected positive integer amount. Got: {}.",
                                 parts[0], parts[1]));
        if (*amount < 1)
            return refuse(400, fmt::format("Requested resource {} requires amount >= 1. Got: {}.",
                                           parts[0], *amount));
        std::erase_if(resources, [&](const auto& known) { return known.first == parts[0]; });
        resources.emplace_back(parts[0], *amount);
    }
    return resources;
}

Outcome<void> parse_traits(const std::string& value, int minor, RequestGroup& group) {
    const auto invalid = [](const std::string& text) {
        return refuse(400, "Invalid query string parameters: " + text);
    };
    const bool any_of = value.compare(0, 3, "in:") == 0;
    std::vector<std::string> names;
    for (const auto& name : split(any_of ? value.substr(3) : value, ','))
        names.push_back(stripped(name));
    if (any_of) {
        if (minor < 39)
            return invalid("The format 'in:HW_CPU_X86_VMX,CUSTOM_MAGIC' only supported since "
                           "microversion 1.39. Got: " +
                           value);
        for (const auto& name : names)
            if (name.empty())
                return invalid("Expected 'required' parameter value of the form: "
                               "in:HW_CPU_X86_VMX,CUSTOM_MAGIC. Got an empty trait in: " +
                               value);
        for (const auto& name : names)
            if (name.front() == '!')
                return invalid("The format 'in:HW_CPU_X86_VMX,CUSTOM_MAGIC' does not support "
                               "forbidden traits. Got: " +
                               value);
        group.required.emplace_back(names.begin(), names.end());
        return {};
    }
    const std::string form = std::string("Expected 'required' parameter value of the form: ") +
                             "HW_CPU_X86_VMX," + (minor >= 22 ? "!" : "") + "CUSTOM_MAGIC. ";
    std::set<std::string> forbidden;
    for (const auto& name : names) {
        const auto plain = name.find_first_not_of('!');
        if (plain == std::string::npos)
            return invalid(form + "Got an empty trait in: " + value);
        if (plain > 0)
            forbidden.insert(name.substr(plain));
    }
    if (!forbidden.empty() && minor < 22)
        return invalid(form + "Got: " + value);
    for (const auto& name : names)
        if (name.front() != '!')
            group.required.push_back({name});
    group.forbidden.merge(forbidden);
    return {};
}

Outcome<void> parse_required(const http::Request& request, const std::string& suffix,
                             RequestGroup& group) {
    const int minor = request.microversion.minor;
    auto values = request.query.all("required" + suffix);
    // Before 1.39 only the last one of several counts.
    if (minor < 39 && values.size() > 1)
        values.erase(values.begin(), values.end() - 1);
    for (const std::string_view value : values)
        VTPMLAB_CHECK(parse_traits(std::string(value), minor, group));
    return {};
}

Outcome<void> parse_member_of(const http::Request& request, const std::string& suffix,
                              RequestGroup& group) {
    const int minor = request.microversion.minor;
    const auto values = request.query.all("member_of" + suffix);
    if (minor < 24 && values.size() > 1)
        return refuse(400,
                      fmt::format("Multiple member_of{} parameters are not supported", suffix));
    for (const std::string_view value : values) {
        std::string_view text = value;
        const bool negated = text.substr(0, 1) == "!";
        text.remove_prefix(negated ? 1 : 0);
        const bool several = text.substr(0, 3) == "in:";
        text.remove_prefix(several ? 3 : 0);
        if (!several && text.find(',') != std::string_view::npos)
            return refuse(400,
                          fmt::format("Multiple values for 'member_of' must be prefixed with the "
                                      "'in:' or '!in:' keyword using the valid microversion. "
                                      "Got: {}",
                                      value));
        std::set<std::string> aggregates;
        for (auto& uuid : split(text, ',')) {
            if (!http::is_uuid_like(uuid))
                return refuse(400,
                              fmt::format("Invalid query string parameters: Expected 'member_of' "
                                          "parameter to contain valid UUID(s). Got: {}",
                                          uuid));
            aggregates.insert(std::move(uuid));
        }
        if (!negated) {
            group.member_of.push_back(std::move(aggregates));
            continue;
        }
        if (minor < 32)
            return refuse(400, fmt::format("Forbidden member_of{} parameters are not supported in "
                                           "the specified microversion",
                                           suffix));
        group.not_member_of.merge(aggregates);
    }
    return {};
}

Outcome<std::string> parse_in_tree(const std::string& value) {
    std::string uuid = stripped(value);
    if (!http::is_uuid_like(uuid))
        return refuse(400, fmt::format("Invalid query string parameters: Expected 'in_tree' "
                                       "parameter to be a format of uuid. Got: {}",
                                       value));
    return uuid;
}

ResolvedGroup::ResolvedGroup(const Model& model, const RequestGroup& group) : group_(group) {
    for (const auto& [name, amount] : group.resources) {
        const auto id = model.classes.find(name);
        if (!id && unknown_class_.empty())
            unknown_class_ = name.empty() ? " " : name;
        resources_[id.value_or(-1)] = amount;
    }
    const auto trait = [&](const std::string& name) {
        const auto id = model.traits.find(name);
        if (!id && unknown_trait_.empty())
            unknown_trait_ = name;
        return id.value_or(-1);
    };
    for (const auto& any : group.required) {
        auto& ids = required_.emplace_back();
        for (const auto& name : any)
            ids.push_back(trait(name));
    }
    for (const auto& name : group.forbidden)
        forbidden_.push_back(trait(name));
}

bool ResolvedGroup::has_required(const TraitSet& traits) const {
    return std::all_of(required_.begin(), required_.end(), [&](const auto& any) {
        return std::any_of(any.begin(), any.end(), [&](int id) { return traits.contains(id); });
    });
}

bool ResolvedGroup::has_forbidden(const TraitSet& traits) const {
    return std::any_of(forbidden_.begin(), forbidden_.end(),
                       [&](int id) { return traits.contains(id); });
}

bool ResolvedGroup::traits_match(const TraitSet& traits) const {
    return has_required(traits) && !has_forbidden(traits);
}

bool ResolvedGroup::is_member(const std::set<std::string>& aggregates) const {
    return std::all_of(group_.member_of.begin(), group_.member_of.end(), [&](const auto& wanted) {
        return std::any_of(wanted.begin(), wanted.end(),
                           [&](const std::string& uuid) { return aggregates.count(uuid) > 0; });
    });
}

bool ResolvedGroup::is_forbidden_member(const std::set<std::string>& aggregates) const {
    return std::any_of(group_.not_member_of.begin(), group_.not_member_of.end(),
                       [&](const std::string& uuid) { return aggregates.count(uuid) > 0; });
}

bool ResolvedGroup::aggregates_match(const std::set<std::string>& aggregates) const {
    return is_member(aggregates) && !is_forbidden_member(aggregates);
}

bool has_room_for_all(const Provider& provider, const Amounts& amounts) {
    return std::all_of(amounts.begin(), amounts.end(), [&](const auto& amount) {
        return provider.has_room(amount.first, amount.second);
    });
}

} // namespace vtpmlab::fakes::placement
