#pragma once
// One host's libvirt daemon, and the domains and secrets in it. Thin: each member is one libvirt
// call with its error, and what must be freed is owned. Thread-safe, as libvirt's connections are.

#include "hypervisor/libvirt/event_loop.h"
#include "hypervisor/libvirt/handle.h"

#include <vtpmlab/hypervisor.h>
#include <vtpmlab/result.h>
#include <vtpmlab/secret_value.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vtpmlab::vir {

enum class Driver { system, session };

class Connection {
public:
    // `host` is for messages. A daemon that says nothing for 20 s counts as dead from then on.
    [[nodiscard]] static Result<Connection> open(const std::filesystem::path& socket, Driver driver,
                                                 std::string host);

    [[nodiscard]] static std::string uri_of(const std::filesystem::path& socket, Driver driver);

    Connection(Connection&&) = default;
    Connection& operator=(Connection&&) = delete;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    [[nodiscard]] const std::string& host() const { return host_; }
    // False for good once the daemon has ended, or said nothing for 20 s.
    [[nodiscard]] bool is_alive() const;
    // From now on, on the event loop's thread, until the connection goes.
    [[nodiscard]] Status watch_domains(std::function<void(const DomainEvent&)> on_event);
    [[nodiscard]] Result<std::string> hostname() const;
    // Of the daemon, as 9000000 for 9.0.0; and of QEMU.
    [[nodiscard]] Result<unsigned long> libvirt_version() const;
    [[nodiscard]] Result<unsigned long> qemu_version() const;
    [[nodiscard]] Result<std::string> capabilities() const;
    [[nodiscard]] Result<std::string> domain_capabilities(const std::string& machine,
                                                          const std::string& virt_type) const;

    [[nodiscard]] Result<DomainHandle> define_domain(const std::string& xml) const;
    // Nothing when there is none.
    [[nodiscard]] Result<std::optional<DomainHandle>> find_domain(const std::string& uuid) const;
    [[nodiscard]] Result<std::vector<DomainHandle>> domains() const;

    [[nodiscard]] Status define_secret(const std::string& xml, const SecretValue& value) const;
    [[nodiscard]] Result<std::optional<SecretHandle>> find_secret(const std::string& uuid) const;
    // Their XML.
    [[nodiscard]] Result<std::vector<std::string>> secrets() const;
    [[nodiscard]] Result<SecretValue> secret_value(const std::string& uuid) const;

private:
    Connection(std::shared_ptr<EventLoop> loop, ConnectHandle handle, std::string host)
        : loop_(std::move(loop)), handle_(std::move(handle)), host_(std::move(host)) {}

    std::shared_ptr<EventLoop> loop_; // outlives the connection
    ConnectHandle handle_;
    std::string host_;
    int watch_ = -1;
};

} // namespace vtpmlab::vir
