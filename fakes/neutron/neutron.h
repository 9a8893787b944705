#pragma once
// The least of a Neutron: Nova and the CLI ask it even for servers without a network, and are
// content with empty lists.

#include "http/service.h"

#include <vtpmlab/result.h>

#include <memory>
#include <string>

namespace vtpmlab::fakes::neutron {

using NeutronConfig = http::GuardedServiceConfig;

class Neutron {
public:
    static Result<std::unique_ptr<Neutron>> start(NeutronConfig config);
    ~Neutron();
    Neutron(const Neutron&) = delete;
    Neutron& operator=(const Neutron&) = delete;

    [[nodiscard]] std::string url() const;
    void stop();

private:
    class Impl;
    explicit Neutron(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace vtpmlab::fakes::neutron
