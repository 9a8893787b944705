#include "placement/request_groups.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace vtpmlab::fakes::placement {

using http::Outcome;
using http::refuse;

namespace {

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts;
    while (true) {
        const auto comma = text.find(',');
        parts.emplace_back(text.substr(0, comma));
        if (comma == std::string_view::npos)
            return parts;
        text = text.substr(comma + 1);
    }
}

bool minor_at_least(const http::Request& request, int minor) {
    return request.microversion >= http::Microversion{1, minor};
}

Outcome<Amounts> parse_resources(const Model& model, const std::string& key,
                                 const std::string& text) {
    Amounts amounts;
    for (const auto& item : split(text)) {
        const auto colon = item.find(':');
        if (colon == std::string::npos || colon == 0 || colon + 1 == item.size())
            return refuse(
                400, fmt::format("Badly formed {} parameter. Expected {} query string parameter "
                                 "in form: ?{}=VCPU:2,MEMORY_MB:1024. Got: {}.",
                                 key, key, key, item));
        const std::string name = item.substr(0, colon), number = item.substr(colon + 1);
        std::int64_t amount = 0;
        const auto [end, error] =
            std::from_chars(number.data(), number.data() + number.size(), amount);
        if (error != std::errc() || end != number.data() + number.size() || amount < 1)
            return refuse(
                400, fmt::format("Requested resource {} expected positive integer amount. Got: {}.",
                                 name, number));
        const auto resource_class = model.classes.find(name);
        if (!resource_class)
            return refuse(
                400, fmt::format("Invalid resource class in {} parameter: No such resource class "
                                 "{}.",
                                 key, name));
        amounts[*resource_class] = amount;
    }
    return amounts;
}

Outcome<void> parse_member_of(const http::Request& request, const std::string& key,
                              RequestGroup& group) {
    for (const std::string_view value : request.query.all(key)) {
        std::string_view text = value;
        const bool negated = !text.empty() && text.front() == '!';
        if (negated) {
            if (!minor_at_least(request, 32))
                return refuse(400, fmt::format("Forbidden {} parameters are not supported in this "
                                               "microversion",
                                               key));
            text.remove_prefix(1);
        }
        if (text.substr(0, 3) == "in:")
            text.remove_prefix(3);
        std::set<std::string> aggregates;
        for (auto& uuid : split(text)) {
            if (!is_uuid(uuid))
                return refuse(
                    400, fmt::format("Invalid query string parameters: Expected '{}' parameter to "
                                     "contain valid UUID(s). Got: {}",
                                     key, value));
            aggregates.insert(std::move(uuid));
        }
        if (negated)
            group.not_member_of.merge(aggregates);
        else
            group.member_of.push_back(std::move(aggregates));
    }
    return {};
}

} // namespace

bool RequestGroup::traits_match(const TraitSet& traits) const {
    return std::all_of(required.begin(), required.end(),
                       [&](const auto& any) {
                           return std::any_of(any.begin(), any.end(),
                                              [&](int id) { return traits.contains(id); });
                       }) &&
           std::none_of(forbidden.begin(), forbidden.end(),
                        [&](int id) { return traits.contains(id); });
}

bool RequestGroup::aggregates_match(const std::set<std::string>& aggregates) const {
    const auto shares = [&](const std::set<std::string>& wanted) {
        return std::any_of(wanted.begin(), wanted.end(),
                           [&](const std::string& uuid) { return aggregates.count(uuid) > 0; });
    };
    return std::all_of(member_of.begin(), member_of.end(), shares) && !shares(not_member_of);
}

Outcome<void> parse_traits(const Model& model, const http::Request& request, const std::string& key,
                           RequestGroup& group) {
    std::vector<std::string> unknown;
    const auto id_of = [&](const std::string& name) {
        const auto id = model.traits.find(name);
        if (!id)
            unknown.push_back(name);
        return id.value_or(-1);
    };
    for (const std::string_view value : request.query.all(key)) {
        if (value.substr(0, 3) == "in:" && minor_at_least(request, 39)) {
            std::vector<int> any;
            for (const auto& name : split(value.substr(3)))
                any.push_back(id_of(name));
            group.required.push_back(std::move(any));
            continue;
        }
        for (const auto& name : split(value)) {
            const bool negated = !name.empty() && name.front() == '!';
            if (name.empty() || name == "!" || (negated && !minor_at_least(request, 22)))
                return refuse(
                    400, fmt::format("Invalid query string parameters: Expected '{}' parameter "
                                     "value of the form: HW_CPU_X86_VMX,{}CUSTOM_MAGIC. Got: {}",
                                     key, minor_at_least(request, 22) ? "!" : "", value));
            if (negated)
                group.forbidden.push_back(id_of(name.substr(1)));
            else
                group.required.push_back({id_of(name)});
        }
    }
    if (!unknown.empty()) {
        std::sort(unknown.begin(), unknown.end());
        return refuse(400, fmt::format("No such trait(s): {}.", fmt::join(unknown, ", ")));
    }
    for (const auto& any : group.required)
        if (any.size() == 1 && std::find(group.forbidden.begin(), group.forbidden.end(), any[0]) !=
                                   group.forbidden.end())
            return refuse(
                400, fmt::format("Conflicting required and forbidden traits found in the following "
                                 "traits keys: {}: ({})",
                                 key, model.traits.text(any[0])));
    return {};
}

Outcome<RequestGroup> parse_group(const Model& model, const http::Request& request,
                                  std::string_view suffix) {
    RequestGroup group;
    group.suffix = suffix;
    const auto key = [&](const char* name) { return name + group.suffix; };
    if (const std::string* resources = request.query.find(key("resources"))) {
        VTPMLAB_TRY(group.resources, parse_resources(model, key("resources"), *resources));
    }
    VTPMLAB_CHECK(parse_traits(model, request, key("required"), group));
    VTPMLAB_CHECK(parse_member_of(request, key("member_of"), group));
    if (const std::string* tree = request.query.find(key("in_tree"))) {
        if (!is_uuid(*tree))
            return refuse(
                400, fmt::format("Invalid query string parameters: Expected '{}' parameter to be "
                                 "a valid UUID. Got: {}",
                                 key("in_tree"), *tree));
        group.in_tree = *tree;
    }
    return group;
}

} // namespace vtpmlab::fakes::placement
