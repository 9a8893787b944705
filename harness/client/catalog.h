#pragma once
// The service catalog that comes with a token: which service answers where.

#include <vtpmlab/result.h>

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <string>
#include <vector>

namespace vtpmlab::client {

class Catalog {
public:
    // From `token.catalog` of a Keystone answer; entries without type or URL are passed over, as
    // keystoneauth does.
    [[nodiscard]] static Catalog parse(const nlohmann::json& catalog);

    // The URL without a trailing slash. The error says which types there are.
    [[nodiscard]] Result<std::string> endpoint(const std::string& service_type,
                                               const std::string& interface = "public") const;
    [[nodiscard]] bool empty() const { return endpoints_.empty(); }

private:
    struct Key {
        std::string service_type;
        std::string interface;
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    std::map<Key, std::string> endpoints_;
};

} // namespace vtpmlab::client
