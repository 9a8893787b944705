// How things and lists of them look in answers.

#include "barbican/routes.h"
#include "barbican/secret_body.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <limits>

namespace vtpmlab::fakes::barbican {

namespace {

template <typename T>
json or_null(const std::optional<T>& value) {
    return value ? json(*value) : json(nullptr);
}

// Python's int(): a sign and digits, blanks around them.
std::optional<std::int64_t> number(const std::string* text) {
    std::int64_t value = 0;
    if (!text || text->empty())
        return std::nullopt;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (end != text->data() + text->size())
        return std::nullopt;
    if (error == std::errc::result_out_of_range)
        return text->front() == '-' ? std::numeric_limits<std::int64_t>::min()
                                    : std::numeric_limits<std::int64_t>::max();
    return error == std::errc() ? std::optional(value) : std::nullopt;
}

} // namespace

std::string reference_to(const Request& request, std::string_view collection, std::string_view id) {
    return fmt::format("{}/v1/{}/{}", request.base_url, collection, id);
}

json described(const Secret& secret, const Request& request) {
    json body = {
        {"secret_ref", reference_to(request, "secrets", secret.id)},
        {"name", or_null(secret.name)},
        {"status", "ACTIVE"},
        {"secret_type", secret.type},
        {"creator_id", secret.creator_id},
        {"algorithm", or_null(secret.algorithm)},
        {"bit_length", or_null(secret.bit_length)},
        {"mode", or_null(secret.mode)},
        {"expiration", secret.expiration ? json(iso_time(*secret.expiration)) : json(nullptr)},
        {"created", iso_time(secret.created)},
        {"updated", iso_time(secret.updated)}};
    if (secret.content_type)
        body["content_types"] = {{"default", *secret.content_type}};
    return body;
}

json described(const Container& container, const std::vector<Consumer>& consumers,
               const Request& request) {
    auto references = json::array(), users = json::array();
    for (const auto& [name, id] : container.secrets)
        references.push_back(
            {{"name", or_null(name)}, {"secret_ref", reference_to(request, "secrets", id)}});
    for (const auto& consumer : consumers)
        users.push_back({{"name", consumer.fields[0]}, {"URL", consumer.fields[1]}});
    return {{"container_ref", reference_to(request, "containers", container.id)},
            {"name", or_null(container.name)},
            {"type", container.type},
            {"status", "ACTIVE"},
            {"creator_id", container.creator_id},
            {"secret_refs", std::move(references)},
            {"consumers", std::move(users)},
            {"created", iso_time(container.created)},
            {"updated", iso_time(container.updated)}};
}

Paging paging_of(const Request& request) {
    const std::int64_t offset = number(request.query.find("offset")).value_or(0);
    // Beyond what it can count is the beginning, as below it.
    const bool is_countable = offset > 0 && offset < std::numeric_limits<std::int64_t>::max();
    return {is_countable ? offset : 0,
            std::clamp<std::int64_t>(number(request.query.find("limit")).value_or(10), 1, 100)};
}

std::optional<std::string> filter_text(const Request& request, std::string_view name) {
    const std::string* value = request.query.find(name);
    if (!value || value->empty())
        return std::nullopt;
    return *value;
}

json listed(const Request& request, std::string_view path, std::string_view key, json items,
            Paging paging, std::int64_t total) {
    json body;
    const bool empty = items.empty();
    body[std::string(key)] = std::move(items);
    body["total"] = total;
    if (empty)
        return body;
    const auto at = [&](std::int64_t offset) {
        return fmt::format("{}/v1/{}?limit={}&offset={}", request.base_url, path, paging.limit,
                           offset);
    };
    if (paging.offset > 0)
        body["previous"] = at(std::max<std::int64_t>(paging.offset - paging.limit, 0));
    if (total > paging.offset + paging.limit)
        body["next"] = at(paging.offset + paging.limit);
    return body;
}

} // namespace vtpmlab::fakes::barbican
