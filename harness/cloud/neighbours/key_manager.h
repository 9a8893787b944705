#pragma once
// Barbican as castellan's key manager speaks to it, request by request: discovery before every
// operation, `/v1/secrets/` with its slash, metadata before payload and before delete.
// spec: nova-vtpm §6.4
//
// castellan drops the HTTP status: what is left of a refusal is its text, and Nova looks for the
// word "Forbidden" in it. So does this class.

#include "client/session.h"

#include <vtpmlab/secret_value.h>

#include <tl/expected.hpp>

#include <string>
#include <string_view>

namespace vtpmlab::cloud {

struct KeyManagerError {
    enum class Kind {
        failed,    // castellan's KeyManagerError
        not_found, // its ManagedObjectNotFoundError
    };
    Kind kind = Kind::failed;
    std::string message; // "Key manager error: Forbidden: Secret creation attempt not allowed …"

    // spec: nova-vtpm §SPN-3
    [[nodiscard]] bool is_forbidden() const {
        return kind == Kind::failed && message.find("Forbidden") != std::string::npos;
    }
    // The exception's class, all that a fault shows of it to an ordinary user.
    [[nodiscard]] std::string_view class_name() const {
        return kind == Kind::failed ? "KeyManagerError" : "ManagedObjectNotFoundError";
    }
};

template <typename T>
using KeyManagerResult = tl::expected<T, KeyManagerError>;

class KeyManager {
public:
    // As whoever `caller` is; it must outlive this.
    explicit KeyManager(client::ServiceClient& caller) : caller_(caller) {}

    // The new secret's UUID.
    [[nodiscard]] KeyManagerResult<std::string> store(const std::string& name,
                                                      const SecretValue& passphrase);
    [[nodiscard]] KeyManagerResult<SecretValue> get(const std::string& uuid);
    [[nodiscard]] KeyManagerResult<void> remove(const std::string& uuid);

private:
    // The microversion to speak: "key-manager 1.1", or empty with an old Barbican.
    [[nodiscard]] KeyManagerResult<std::string> discover();
    [[nodiscard]] KeyManagerResult<client::HttpResponse>
    call(const std::string& method, const std::string& path, client::RequestOptions options);
    [[nodiscard]] KeyManagerResult<client::HttpResponse> metadata(const std::string& uuid,
                                                                  const std::string& version);

    client::ServiceClient& caller_;
};

} // namespace vtpmlab::cloud
