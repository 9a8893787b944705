#pragma once
// What Barbican keeps: secrets' metadata, sealed payloads, and read ACLs. Payloads are sealed
// before they get here and opened after they leave; the database never sees one. Every call is one
// transaction.

#include "barbican/cipher.h"
#include "store/database.h"

#include <vtpmlab/clock.h>
#include <vtpmlab/result.h>
#include <vtpmlab/secret_value.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vtpmlab::fakes::barbican {

struct Secret {
    std::string id;
    std::optional<std::string> name;
    std::string project_id;
    std::string creator_id;
    std::string type; // "passphrase"
    std::optional<std::string> algorithm;
    std::optional<std::int64_t> bit_length;
    std::optional<std::string> mode;
    std::optional<Clock::Time> expiration;
    std::optional<std::string> content_type; // there as soon as there is a payload
    Clock::Time created{};
    Clock::Time updated{};
};

struct Acl {
    bool project_access = true;
    std::vector<std::string> users;
    Clock::Time created{};
    Clock::Time updated{};
};

struct SecretFilter {
    std::string project_id;
    std::optional<std::string> name, type, algorithm, mode;
    std::optional<std::int64_t> bit_length;
    std::optional<std::string> acl_user; // instead of the project's: what this user may read
    std::int64_t offset = 0;
    std::int64_t limit = 10;
};

struct SecretPage {
    std::vector<Secret> secrets; // oldest first
    std::int64_t total = 0;      // that match, on all pages
};

class Store {
public:
    // The key of a database in a file is kept in PATH.key.
    static Result<std::unique_ptr<Store>> open(const std::string& path);

    void insert(const Secret& secret, const SecretValue* payload);
    // What is expired at `now` is not found, as if it were deleted.
    [[nodiscard]] std::optional<Secret> find(std::string_view id, Clock::Time now);
    [[nodiscard]] SecretPage list(const SecretFilter& filter, Clock::Time now);
    [[nodiscard]] std::vector<Secret> all(); // expired ones too
    bool remove(std::string_view id);

    [[nodiscard]] std::optional<SecretValue> payload(std::string_view id);
    // False: it has one already, or is gone.
    [[nodiscard]] bool set_payload(std::string_view id, std::string_view content_type,
                                   const SecretValue& payload, Clock::Time now);

    [[nodiscard]] std::optional<Acl> acl(std::string_view id);
    void set_acl(std::string_view id, const Acl& acl);
    void remove_acl(std::string_view id);

    // Of everything but the key, under a name (store/database.h).
    [[nodiscard]] Status snapshot(const std::string& name) { return database_->snapshot(name); }
    [[nodiscard]] Status restore(const std::string& name) { return database_->restore(name); }

private:
    Store(std::unique_ptr<store::Database> database, std::unique_ptr<Cipher> cipher);
    std::unique_ptr<store::Database> database_;
    std::unique_ptr<Cipher> cipher_;
};

} // namespace vtpmlab::fakes::barbican
