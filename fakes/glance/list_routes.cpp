// GET /v2/images: filters, order, and pages.

#include "glance/policy.h"
#include "glance/routes.h"
#include "http/percent.h"
#include "http/timestamp.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

namespace vtpmlab::fakes::glance {

using http::Query;

namespace {

// As [DEFAULT] limit_param_default and api_limit_max.
constexpr std::size_t default_limit = 25;
constexpr std::size_t max_limit = 1000;

constexpr std::array<std::string_view, 8> sort_keys = {
    "name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at"};
// Of the query string, but no filters.
constexpr std::array<std::string_view, 7> controls = {
    "limit", "marker", "sort", "deleted", "sort_key", "sort_dir", "member_status"};

template <typename Container>
bool contains(const Container& items, std::string_view item) {
    return std::find(items.begin(), items.end(), item) != items.end();
}

} // namespace

Outcome<std::size_t> limit_of(const Query& query) {
    const std::string* text = query.find("limit");
    if (!text)
        return default_limit;
    long long value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    const bool is_beyond_all = error == std::errc::result_out_of_range;
    if (text->empty() || (error != std::errc() && !is_beyond_all) ||
        end != text->data() + text->size())
        return refuse(400, "limit param must be an integer");
    if (text->front() == '-')
        return refuse(400, "limit param must be positive");
    if (is_beyond_all)
        return max_limit;
    return std::min(static_cast<std::size_t>(value), max_limit);
}

std::string page_link(const std::string& path, const Query& query, const std::string* marker) {
    const auto encoded = [](std::string_view part) {
        std::string out = http::percent_encode(part);
        for (auto at = out.find("%20"); at != std::string::npos; at = out.find("%20", at + 1))
            out.replace(at, 3, "+");
        return out;
    };
    // Of a repeated name the last one counts, and it is the only one that is shown.
    std::vector<std::pair<std::string, std::string>> fields;
    for (const auto& [name, value] : query) {
        if (name == "marker")
            continue;
        const auto known = std::find_if(fields.begin(), fields.end(),
                                        [&](const auto& field) { return field.first == name; });
        if (known == fields.end())
            fields.emplace_back(name, value);
        else
            known->second = value;
    }
    if (marker)
        fields.emplace_back("marker", *marker);
    std::string text = path;
    for (const auto& [name, value] : fields)
        text += (text.size() == path.size() ? "?" : "&") + encoded(name) + "=" + encoded(value);
    return text;
}

namespace {

struct SortKey {
    std::string name;
    bool is_descending = true;
};

Outcome<std::vector<SortKey>> order_of(const Query& query) {
    std::vector<SortKey> order;
    const auto add = [&order](std::string_view name, std::string_view direction) -> Outcome<void> {
        if (!contains(sort_keys, name))
            return refuse(400, fmt::format("Invalid sort key: {}. It must be one of the following: "
                                           "{}.",
                                           name, fmt::join(sort_keys, ", ")));
        if (direction != "asc" && direction != "desc")
            return refuse(400, fmt::format("Invalid sort direction: {}", direction));
        order.push_back({std::string(name), direction == "desc"});
        return {};
    };
    if (const std::string* sort = query.find("sort")) {
        if (query.contains("sort_key") || query.contains("sort_dir"))
            return refuse(400, "Old and new sorting syntax cannot be combined");
        for (std::string_view left = *sort; !left.empty();) {
            const auto item = left.substr(0, left.find(','));
            left.remove_prefix(std::min(item.size() + 1, left.size()));
            const auto colon = item.find(':');
            VTPMLAB_CHECK(add(item.substr(0, colon), colon == std::string_view::npos
                                                         ? std::string_view("desc")
                                                         : item.substr(colon + 1)));
        }
    } else {
        const auto keys = query.all("sort_key"), directions = query.all("sort_dir");
        if (directions.size() > 1 && !keys.empty() && directions.size() != keys.size())
            return refuse(400, "Number of sort dirs does not match the number of sort keys");
        for (std::size_t i = 0; i < keys.size(); ++i)
            VTPMLAB_CHECK(add(keys[i], i < directions.size()    ? directions[i]
                                       : directions.size() == 1 ? directions[0]
                                                                : std::string_view("desc")));
        if (keys.empty() && !directions.empty())
            VTPMLAB_CHECK(add("created_at", directions[0]));
    }
    // The last two make the order one of its own, so that pages fit together.
    for (const char* last : {"created_at", "id"})
        if (std::none_of(order.begin(), order.end(),
                         [last](const SortKey& key) { return key.name == last; }))
            order.push_back({last, order.empty() || order.front().is_descending});
    return order;
}

int compared(const Image& a, const Image& b, const std::string& key) {
    const auto three_way = [](const auto& x, const auto& y) { return x < y ? -1 : y < x ? 1 : 0; };
    if (key == "name")
        return three_way(a.name, b.name);
    if (key == "status")
        return three_way(a.status, b.status);
    if (key == "container_format")
        return three_way(a.container_format, b.container_format);
    if (key == "disk_format")
        return three_way(a.disk_format, b.disk_format);
    if (key == "size")
        return three_way(a.size, b.size);
    if (key == "created_at")
        return three_way(a.created_at, b.created_at);
    if (key == "updated_at")
        return three_way(a.updated_at, b.updated_at);
    return three_way(a.id, b.id);
}

bool is_true(std::string_view text) {
    return text == "true" || text == "True" || text == "1" || text == "yes";
}

// "in:a,b" is any of them.
bool is_wanted(std::string_view actual, std::string_view wanted) {
    constexpr std::string_view any = "in:";
    if (wanted.substr(0, any.size()) != any)
        return actual == wanted;
    wanted.remove_prefix(any.size());
    while (true) {
        auto item = wanted.substr(0, wanted.find(','));
        const bool is_last = item.size() == wanted.size();
        if (item.size() >= 2 && item.front() == '"' && item.back() == '"')
            item = item.substr(1, item.size() - 2);
        if (item == actual)
            return true;
        if (is_last)
            return false;
        wanted.remove_prefix(wanted.find(',') + 1);
    }
}

// "gte:2026-01-01T00:00:00Z"; without an operator it is equality. Checked before.
bool is_wanted(Clock::Time actual, const std::string& wanted) {
    const auto colon = wanted.find(':');
    const std::string name = wanted.substr(0, colon);
    const bool has_operator = name == "gt" || name == "gte" || name == "lt" || name == "lte" ||
                              name == "eq" || name == "neq";
    const auto time = http::parse_timestamp(has_operator ? wanted.substr(colon + 1) : wanted);
    // Times are shown in whole seconds, and compared so.
    const auto shown = std::chrono::floor<std::chrono::seconds>(actual);
    if (!time)
        return false;
    return name == "gt"    ? shown > *time
           : name == "gte" ? shown >= *time
           : name == "lt"  ? shown < *time
           : name == "lte" ? shown <= *time
           : name == "neq" ? shown != *time
                           : shown == *time;
}

bool passes(const Image& image, const std::string& name, const std::string& wanted) {
    const auto number = [&wanted] {
        std::int64_t value = -1;
        std::from_chars(wanted.data(), wanted.data() + wanted.size(), value);
        return value;
    };
    if (name == "name")
        return image.name && is_wanted(*image.name, wanted);
    if (name == "id")
        return is_wanted(image.id, wanted);
    if (name == "status")
        return is_wanted(image.status, wanted);
    if (name == "container_format")
        return image.container_format && is_wanted(*image.container_format, wanted);
    if (name == "disk_format")
        return image.disk_format && is_wanted(*image.disk_format, wanted);
    if (name == "visibility")
        return wanted == "all" || image.visibility == wanted;
    if (name == "owner")
        return image.owner == wanted;
    if (name == "protected")
        return image.is_protected == is_true(wanted);
    if (name == "tag")
        return contains(image.tags, wanted);
    if (name == "size_min")
        return image.size && *image.size >= number();
    if (name == "size_max")
        return image.size && *image.size <= number();
    if (name == "min_ram")
        return image.min_ram == number();
    if (name == "min_disk")
        return image.min_disk == number();
    if (name == "checksum")
        return image.md5 == wanted;
    if (name == "os_hash_value")
        return image.sha512 == wanted;
    if (name == "created_at")
        return is_wanted(image.created_at, wanted);
    if (name == "updated_at")
        return is_wanted(image.updated_at, wanted);
    const auto property = image.properties.find(name);
    return property != image.properties.end() && property->second == wanted;
}

// What a list shows is less than what may be looked at by id.
bool is_listed(const Image& image, const http::Caller& caller, const std::set<std::string>& shared,
               const std::string* visibility) {
    if (owns(caller, image))
        return true;
    if (image.visibility == "community")
        return visibility && (*visibility == "community" || *visibility == "all");
    if (is_admin(caller) || image.visibility == "public")
        return true;
    return image.visibility == "shared" && shared.count(image.id) > 0;
}

bool is_truth(std::string_view text) {
    return text == "true" || text == "True" || text == "false" || text == "False";
}

Outcome<void> check_quotes(std::string_view wanted) {
    const auto quotes = std::count(wanted.begin(), wanted.end(), '"');
    if (wanted.substr(0, 3) == "in:" && quotes % 2 != 0)
        return refuse(400, fmt::format("Invalid filter value {}. The quote is not closed.",
                                       wanted.substr(3)));
    return {};
}

Outcome<void> check_time_filter(const Query& query, const char* name) {
    const std::string* wanted = query.find(name);
    if (!wanted)
        return {};
    const auto colon = wanted->find(':');
    const std::string_view start = std::string_view(*wanted).substr(0, colon);
    const bool is_digits = start.find_first_not_of("0123456789-T") == std::string_view::npos;
    const std::string time =
        is_digits || colon == std::string::npos ? *wanted : wanted->substr(colon + 1);
    if (!http::parse_timestamp(time))
        return refuse(400, fmt::format("Bad \"{}\" query filter format. Use ISO 8601 DateTime "
                                       "notation.",
                                       name));
    if (!is_digits &&
        !contains(std::array<std::string_view, 6>{"gt", "gte", "lt", "lte", "eq", "neq"}, start))
        return refuse(400, "Unable to filter on a unknown operator.");
    return {};
}

Outcome<void> check_filters(const Query& query) {
    if (const std::string* visibility = query.find("visibility");
        visibility && !contains(std::array<std::string_view, 5>{"community", "public", "private",
                                                                "shared", "all"},
                                *visibility))
        return refuse(400, fmt::format("Invalid visibility value: {}", *visibility));
    if (const std::string* status = query.find("member_status");
        status &&
        !contains(std::array<std::string_view, 4>{"pending", "accepted", "rejected", "all"},
                  *status))
        return refuse(400, fmt::format("Invalid status: {}", *status));
    if (query.contains("changes-since"))
        return refuse(400, "The \"changes-since\" filter is no longer available on v2.");
    for (const char* name : {"protected", "os_hidden"})
        if (const std::string* value = query.find(name); value && !is_truth(*value))
            return refuse(400, fmt::format("Invalid value '{}' for '{}' filter. Valid values are "
                                           "'true' or 'false'.",
                                           *value, name));
    for (const char* name : {"size_min", "size_max"})
        if (const std::string* value = query.find(name);
            value && (value->empty() ||
                      value->find_first_not_of("0123456789", *value->data() == '-' ? 1 : 0) !=
                          std::string::npos))
            return refuse(400, "Unable to filter on a range with a non-numeric value.");
    for (const char* name : {"created_at", "updated_at"})
        VTPMLAB_CHECK(check_time_filter(query, name));
    for (const char* name : {"name", "id", "status", "container_format", "disk_format"})
        if (const std::string* value = query.find(name))
            VTPMLAB_CHECK(check_quotes(*value));
    return {};
}

// The name all images of the list have, if it is asked for so; null if any may be there.
const std::string* one_name(const Query& query) {
    const std::string* name = query.find("name");
    return name && name->substr(0, 3) != "in:" ? name : nullptr;
}

Outcome<Response> list(Parts parts, const Request& request) {
    const Query& query = request.query;
    const http::Caller& caller = *request.caller;
    VTPMLAB_TRY(const std::size_t limit, limit_of(query));
    VTPMLAB_TRY(const auto order, order_of(query));
    VTPMLAB_CHECK(check_filters(query));

    const std::string* const member_status = query.find("member_status");
    std::set<std::string> shared;
    for (const auto& membership : parts.store.memberships(caller.project_id))
        if (!member_status ? membership.status == "accepted"
                           : *member_status == "all" || membership.status == *member_status)
            shared.insert(membership.image_id);
    const std::string* const hidden = query.find("os_hidden");
    const bool wants_hidden = hidden && is_true(*hidden);

    const auto is_wanted_here = [&](const Image& image) {
        if (!is_listed(image, caller, shared, query.find("visibility")) ||
            image.is_hidden != wants_hidden)
            return false;
        return std::all_of(query.begin(), query.end(), [&](const auto& field) {
            return contains(controls, field.first) || field.first == "os_hidden" ||
                   passes(image, field.first, field.second);
        });
    };
    const auto comes_before = [&order](const Image& a, const Image& b) {
        for (const auto& key : order)
            if (const int result = compared(a, b, key.name))
                return key.is_descending ? result > 0 : result < 0;
        return false;
    };
    std::optional<Image> last; // of the page before
    if (const std::string* marker = query.find("marker")) {
        last = parts.store.find(*marker);
        if (!last)
            return refuse(400, fmt::format("No image found with ID {}", *marker));
        if (!may_see(parts.store, caller, *last))
            return refuse(403, fmt::format("Forbidding request, image {} not visible", *marker));
    }

    // In the store's own order the page is whole when it is full; in any other, all must be seen.
    const bool is_newest_first = order.front().name == "created_at" &&
                                 order.front().is_descending && order[1].name == "id" &&
                                 order[1].is_descending;
    std::vector<Image> images;
    parts.store.visit(one_name(query), [&](Image&& image) {
        if (is_wanted_here(image) && (!last || comes_before(*last, image)))
            images.push_back(std::move(image));
        return !is_newest_first || images.size() < limit;
    });
    if (!is_newest_first)
        std::sort(images.begin(), images.end(), comes_before);
    if (images.size() > limit)
        images.resize(limit);

    json body = {{"images", json::array()},
                 {"schema", "/v2/schemas/images"},
                 {"first", page_link("/v2/images", query, nullptr)}};
    for (const auto& image : images)
        body["images"].push_back(described(image));
    if (!images.empty() && images.size() == limit)
        body["next"] = page_link("/v2/images", query, &images.back().id);
    return Response::json(200, body);
}

} // namespace

std::vector<http::Route> list_routes(Parts parts) {
    return {
        {"GET", "/v2/images", [parts](const Request& request) { return list(parts, request); }}};
}

} // namespace vtpmlab::fakes::glance
