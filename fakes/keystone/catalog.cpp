#include "keystone/catalog.h"

#include "http/json.h"
#include "http/masking.h"
#include "keystone/identifiers.h"

#include <nlohmann/json.hpp>

namespace vtpmlab::fakes::keystone {

namespace {

nlohmann::json build(Store& store) {
    auto catalog = nlohmann::json::array();
    const auto endpoints = store.list("endpoint");
    for (const auto& service : store.list("service")) {
        if (!service.value("enabled", true))
            continue;
        auto own = nlohmann::json::array();
        for (const auto& endpoint : endpoints)
            if (endpoint["service_id"] == service["id"] && endpoint.value("enabled", true))
                own.push_back({{"id", endpoint["id"]},
                               {"interface", endpoint["interface"]},
                               {"region", endpoint["region_id"]},
                               {"region_id", endpoint["region_id"]},
                               {"url", endpoint["url"]}});
        if (!own.empty())
            catalog.push_back({{"id", service["id"]},
                               {"type", service["type"]},
                               {"name", service.value("name", "")},
                               {"endpoints", std::move(own)}});
    }
    return catalog;
}

} // namespace

std::shared_ptr<const Catalog::Ready> Catalog::current() {
    const std::lock_guard lock(mutex_);
    const std::uint64_t generation = store_.generation();
    if (!ready_ || generation_ != generation) {
        Ready made;
        made.array = build(store_);
        made.text = http::dump_json(made.array);
        made.masked = http::masked_body(made.text, "application/json");
        if (made.masked.starts_with('<')) // too long for the journal: only counted
            made.masked = http::dump_json(made.masked);
        ready_ = std::make_shared<const Ready>(std::move(made));
        generation_ = generation;
    }
    return ready_;
}

void Catalog::register_endpoint(std::string_view type, std::string_view name,
                                std::string_view url) {
    unregister(type);
    const std::string service = new_id();
    (void)store_.insert("service",
                        {{"id", service}, {"type", type}, {"name", name}, {"enabled", true}});
    for (const char* interface : {"public", "internal", "admin"})
        (void)store_.insert("endpoint", {{"id", new_id()},
                                         {"service_id", service},
                                         {"interface", interface},
                                         {"region", region_name},
                                         {"region_id", region_name},
                                         {"url", url},
                                         {"enabled", true}});
}

void Catalog::unregister(std::string_view type) {
    for (const auto& service : store_.list("service")) {
        if (service["type"] != type)
            continue;
        for (const auto& endpoint : store_.list("endpoint"))
            if (endpoint["service_id"] == service["id"])
                store_.remove("endpoint", endpoint["id"].get<std::string>());
        store_.remove("service", service["id"].get<std::string>());
    }
}

} // namespace vtpmlab::fakes::keystone
