#pragma once
// Barbican v1, the key manager: secrets with their payloads sealed at rest, metadata, read ACLs,
// consumers, containers, orders, quotas, and the real policy, legacy or new. Not here: certificate
// authorities, secret stores, transport keys.

#include "barbican/policy_rules.h"
#include "http/service.h"

#include <vtpmlab/lab.h>
#include <vtpmlab/result.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace vtpmlab::fakes::barbican {

struct BarbicanConfig : http::GuardedServiceConfig {
    std::string database = {}; // a file, or "" for memory; its key lies beside it as FILE.key
    PolicyDefaults policy = PolicyDefaults::legacy;
    // An operator's policy file: action or rule → rule, in oslo.policy's language.
    std::map<std::string, std::string> policy_overrides = {};
};

class Barbican {
public:
    static Result<std::unique_ptr<Barbican>> start(BarbicanConfig config);
    ~Barbican();
    Barbican(const Barbican&) = delete;
    Barbican& operator=(const Barbican&) = delete;

    [[nodiscard]] std::string url() const; // the unversioned root, as the catalog needs it
    void stop();
    // A snapshot of its state, as POST /__control/snapshot takes it.
    [[nodiscard]] Status keep(const std::string& name);

    // Every secret there is, in whatever project, read from the store: "ID NAME".
    [[nodiscard]] std::vector<Leftover> leftovers() const;

private:
    class Impl;
    explicit Barbican(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace vtpmlab::fakes::barbican
