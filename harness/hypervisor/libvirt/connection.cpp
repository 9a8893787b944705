#include "hypervisor/libvirt/connection.h"

#include "hypervisor/libvirt/domain_states.h"
#include "hypervisor/libvirt/vir_error.h"

#include <fmt/format.h>
#include <libvirt/virterror.h>

#include <cstring>
#include <memory>
#include <span>

namespace vtpmlab::vir {
namespace {

constexpr int keep_alive_seconds = 5;
constexpr unsigned keep_alive_misses = 4;

using EventCallback = std::function<void(const DomainEvent&)>;

int tell(virConnectPtr, virDomainPtr domain, int kind, int detail, void* opaque) noexcept {
    char uuid[VIR_UUID_STRING_BUFLEN] = {};
    if (virDomainGetUUIDString(domain, uuid) == 0)
        if (const auto event = event_of(uuid, kind, detail))
            (*static_cast<EventCallback*>(opaque))(*event);
    return 0;
}

} // namespace

std::string Connection::uri_of(const std::filesystem::path& socket, Driver driver) {
    return fmt::format("qemu+unix:///{}?socket={}", driver == Driver::system ? "system" : "session",
                       socket.string());
}

Result<Connection> Connection::open(const std::filesystem::path& socket, Driver driver,
                                    std::string host) {
    silence_standard_error();
    auto loop = EventLoop::shared();
    ConnectHandle handle(virConnectOpen(uri_of(socket, driver).c_str()));
    if (!handle)
        return fail(last_error("virConnectOpen", host));
    if (virConnectSetKeepAlive(handle.get(), keep_alive_seconds, keep_alive_misses) < 0)
        return fail(last_error("virConnectSetKeepAlive", host));
    return Connection(std::move(loop), std::move(handle), std::move(host));
}

Connection::~Connection() {
    if (handle_ && watch_ >= 0)
        virConnectDomainEventDeregisterAny(handle_.get(), watch_);
}

bool Connection::is_alive() const { return virConnectIsAlive(handle_.get()) == 1; }

Status Connection::watch_domains(std::function<void(const DomainEvent&)> on_event) {
    auto* const callback = new EventCallback(std::move(on_event)); // libvirt frees it
    watch_ = virConnectDomainEventRegisterAny(
        handle_.get(), nullptr, VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(tell),
        callback, [](void* opaque) { delete static_cast<EventCallback*>(opaque); });
    if (watch_ >= 0)
        return {};
    delete callback;
    return fail(last_error("virConnectDomainEventRegisterAny", host_));
}

Result<std::string> Connection::hostname() const {
    const CString name(virConnectGetHostname(handle_.get()));
    if (!name)
        return fail(last_error("virConnectGetHostname", host_));
    return std::string(name.get());
}

Result<unsigned long> Connection::libvirt_version() const {
    unsigned long version = 0;
    if (virConnectGetLibVersion(handle_.get(), &version) < 0)
        return fail(last_error("virConnectGetLibVersion", host_));
    return version;
}

Result<unsigned long> Connection::qemu_version() const {
    unsigned long version = 0;
    if (virConnectGetVersion(handle_.get(), &version) < 0)
        return fail(last_error("virConnectGetVersion", host_));
    return version;
}

Result<std::string> Connection::capabilities() const {
    const CString xml(virConnectGetCapabilities(handle_.get()));
    if (!xml)
        return fail(last_error("virConnectGetCapabilities", host_));
    return std::string(xml.get());
}

Result<std::string> Connection::domain_capabilities(const std::string& machine,
                                                    const std::string& virt_type) const {
    const CString xml(virConnectGetDomainCapabilities(handle_.get(), nullptr, "x86_64",
                                                      machine.c_str(), virt_type.c_str(), 0));
    if (!xml)
        return fail(last_error("virConnectGetDomainCapabilities", host_));
    return std::string(xml.get());
}

Result<DomainHandle> Connection::define_domain(const std::string& xml) const {
    DomainHandle domain(virDomainDefineXMLFlags(handle_.get(), xml.c_str(), 0));
    if (!domain)
        return fail(last_error("virDomainDefineXML", host_));
    return domain;
}

Result<std::optional<DomainHandle>> Connection::find_domain(const std::string& uuid) const {
    DomainHandle domain(virDomainLookupByUUIDString(handle_.get(), uuid.c_str()));
    if (domain)
        return std::optional<DomainHandle>(std::move(domain));
    if (last_code() == VIR_ERR_NO_DOMAIN)
        return std::optional<DomainHandle>();
    return fail(last_error("virDomainLookupByUUID", host_));
}

Result<std::vector<DomainHandle>> Connection::domains() const {
    virDomainPtr* list = nullptr;
    const int count = virConnectListAllDomains(handle_.get(), &list, 0);
    if (count < 0)
        return fail(last_error("virConnectListAllDomains", host_));
    const Handle<virDomainPtr, &std::free> array(list);
    std::vector<DomainHandle> domains;
    for (virDomainPtr domain : std::span(list, static_cast<std::size_t>(count)))
        domains.emplace_back(domain);
    return domains;
}

Status Connection::define_secret(const std::string& xml, const SecretValue& value) const {
    const SecretHandle secret(virSecretDefineXML(handle_.get(), xml.c_str(), 0));
    if (!secret)
        return fail(last_error("virSecretDefineXML", host_));
    const auto bytes = value.bytes();
    if (virSecretSetValue(secret.get(), bytes.data(), bytes.size(), 0) < 0) {
        Error error = last_error("virSecretSetValue", host_);
        virSecretUndefine(secret.get()); // a secret without its value is worse than none
        return fail(std::move(error));
    }
    return {};
}

Result<std::optional<SecretHandle>> Connection::find_secret(const std::string& uuid) const {
    SecretHandle secret(virSecretLookupByUUIDString(handle_.get(), uuid.c_str()));
    if (secret)
        return std::optional<SecretHandle>(std::move(secret));
    if (last_code() == VIR_ERR_NO_SECRET)
        return std::optional<SecretHandle>();
    return fail(last_error("virSecretLookupByUUID", host_));
}

Result<std::vector<std::string>> Connection::secrets() const {
    virSecretPtr* list = nullptr;
    const int count = virConnectListAllSecrets(handle_.get(), &list, 0);
    if (count < 0)
        return fail(last_error("virConnectListAllSecrets", host_));
    const Handle<virSecretPtr, &std::free> array(list);
    std::vector<SecretHandle> owned;
    for (virSecretPtr secret : std::span(list, static_cast<std::size_t>(count)))
        owned.emplace_back(secret);
    std::vector<std::string> texts;
    for (const auto& secret : owned) {
        const CString xml(virSecretGetXMLDesc(secret.get(), 0));
        if (!xml) {
            if (last_code() == VIR_ERR_NO_SECRET)
                continue; // undefined since it was listed
            return fail(last_error("virSecretGetXMLDesc", host_));
        }
        texts.emplace_back(xml.get());
    }
    return texts;
}

Result<SecretValue> Connection::secret_value(const std::string& uuid) const {
    const SecretHandle secret(virSecretLookupByUUIDString(handle_.get(), uuid.c_str()));
    if (!secret)
        return fail(last_error("virSecretLookupByUUID", host_));
    std::size_t size = 0;
    const Handle<unsigned char, &std::free> bytes(virSecretGetValue(secret.get(), &size, 0));
    if (!bytes)
        return fail(last_error("virSecretGetValue", host_));
    SecretValue value(std::vector<unsigned char>(bytes.get(), bytes.get() + size));
    ::explicit_bzero(bytes.get(), size);
    return value;
}

} // namespace vtpmlab::vir
