#pragma once
// The least of a Neutron: Nova and the CLI ask it even for servers without a network, and are
// content with empty lists.

#include "http/binding.h"
#include "http/caller.h"
#include "http/control.h"
#include "http/journal.h"

#include <vtpmlab/clock.h>
#include <vtpmlab/result.h>

#include <memory>
#include <string>

namespace vtpmlab::fakes::neutron {

struct NeutronConfig {
    http::Binding binding = {};
    std::shared_ptr<http::TokenValidator> validator;
    std::string keystone_url;
    http::Journal* journal = nullptr;
    http::Steering steering;
    std::shared_ptr<const Clock> clock; // null: the system's
};

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
