#pragma once
// Keystone v3: discovery, tokens with a catalog, application credentials, and the lists, look-ups
// and changes its clients make. Not here: trusts, federation, inherited roles, limits.

#include "http/service.h"

#include <vtpmlab/result.h>
#include <vtpmlab/secret_value.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::fakes::keystone {

struct KeystoneConfig : http::ServiceConfig {
    std::string database = {}; // a file, or "" for memory
    std::chrono::seconds token_lifetime{3600};
};

class Keystone {
public:
    static Result<std::unique_ptr<Keystone>> start(KeystoneConfig config);
    ~Keystone();
    Keystone(const Keystone&) = delete;
    Keystone& operator=(const Keystone&) = delete;

    [[nodiscard]] std::string url() const; // without /v3
    void stop();
    // A snapshot of its state, as POST /__control/snapshot takes it.
    [[nodiscard]] Status keep(const std::string& name);

    // What an operator's bootstrap does. Each makes what is missing and is fine with what is there.
    [[nodiscard]] std::string ensure_project(std::string_view name); // its id
    // The password is one made at random: its digest is not stretched.
    [[nodiscard]] std::string ensure_user(std::string_view name, const SecretValue& password,
                                          std::string_view default_project_id = {});
    void ensure_role_assignment(std::string_view user_id, std::string_view project_id,
                                std::string_view role_name);
    void ensure_system_role(std::string_view user_id, std::string_view role_name);

    void register_endpoint(std::string_view type, std::string_view name, std::string_view url);
    void unregister_endpoint(std::string_view type);

private:
    class Impl;
    explicit Keystone(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace vtpmlab::fakes::keystone
