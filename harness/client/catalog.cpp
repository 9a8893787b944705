#include "client/catalog.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <set>

namespace vtpmlab::client {
namespace {

std::string text_of(const nlohmann::json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && found != object.end() && found->is_string()
               ? found->get<std::string>()
               : std::string();
}

} // namespace

Catalog Catalog::parse(const nlohmann::json& catalog) {
    Catalog result;
    if (!catalog.is_array())
        return result;
    for (const auto& service : catalog) {
        const auto type = text_of(service, "type");
        if (type.empty() || !service.contains("endpoints") || !service["endpoints"].is_array())
            continue;
        for (const auto& endpoint : service["endpoints"]) {
            auto url = text_of(endpoint, "url");
            while (url.ends_with('/'))
                url.pop_back();
            if (!url.empty())
                result.endpoints_.emplace(Key{type, text_of(endpoint, "interface")}, url);
        }
    }
    return result;
}

Result<std::string> Catalog::endpoint(const std::string& service_type,
                                      const std::string& interface) const {
    if (const auto found = endpoints_.find({service_type, interface}); found != endpoints_.end())
        return found->second;
    if (endpoints_.empty())
        return fail(ErrorKind::lab,
                    fmt::format("no {} endpoint for {}: the service catalog is empty", interface,
                                service_type),
                    {}, "a token without a project has no catalog: ask for one with a project");
    std::set<std::string> types;
    for (const auto& [key, url] : endpoints_)
        types.insert(key.service_type);
    return fail(
        ErrorKind::lab,
        fmt::format("no {} endpoint for {} in the service catalog", interface, service_type), {},
        fmt::format("it has: {}", fmt::join(types, ", ")));
}

} // namespace vtpmlab::client
