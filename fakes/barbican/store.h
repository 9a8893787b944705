#pragma once
// What Barbican keeps: secrets with their metadata and sealed payloads, containers, orders, read
// ACLs, consumers and quotas. Payloads are sealed before they get here and opened after they leave;
// the database never sees one. Every call is one transaction.
//
// "Owner" below is the id of a secret or a container: ACLs and consumers belong to either.

#include "barbican/cipher.h"
#include "barbican/records.h"
#include "store/database.h"

#include <vtpmlab/result.h>

#include <memory>

namespace vtpmlab::fakes::barbican {

class Store {
public:
    // The key of a database in a file is kept in PATH.key.
    static Result<std::unique_ptr<Store>> open(const std::string& path);

    // False: the project's quota is reached, and nothing was stored.
    [[nodiscard]] bool insert(const Secret& secret, const SecretValue* payload);
    // What is expired at `now` is not found, as if it were deleted.
    [[nodiscard]] std::optional<Secret> find(std::string_view id, Clock::Time now);
    [[nodiscard]] Page<Secret> list(const SecretFilter& filter, Clock::Time now);
    [[nodiscard]] std::vector<Secret> all(); // expired ones too
    bool remove(std::string_view id);        // with its metadata, ACL, consumers, references to it

    [[nodiscard]] std::optional<SecretValue> payload(std::string_view id);
    // False: it has one already, or is gone.
    [[nodiscard]] bool set_payload(std::string_view id, std::string_view content_type,
                                   const SecretValue& payload, Clock::Time now);

    // User metadata, by key.
    [[nodiscard]] std::map<std::string, std::string> metadata(std::string_view secret_id);
    void set_metadata(std::string_view secret_id, const std::map<std::string, std::string>& all);
    // False: the key is there (`add`), or is not (`replace`).
    [[nodiscard]] bool add_metadatum(std::string_view secret_id, std::string_view key,
                                     std::string_view value);
    [[nodiscard]] bool replace_metadatum(std::string_view secret_id, std::string_view key,
                                         std::string_view value);
    void remove_metadatum(std::string_view secret_id, std::string_view key);

    [[nodiscard]] std::optional<Acl> acl(std::string_view owner);
    void set_acl(std::string_view owner, const Acl& acl);
    void remove_acl(std::string_view owner);

    // The same consumer once more changes nothing. False: the quota of its project is reached.
    [[nodiscard]] bool add_consumer(const Consumer& consumer);
    [[nodiscard]] std::vector<Consumer> consumers(std::string_view owner);
    void remove_consumer(std::string_view id);

    // False: the project's quota is reached.
    [[nodiscard]] bool insert(const Container& container);
    [[nodiscard]] std::optional<Container> find_container(std::string_view id);
    [[nodiscard]] Page<Container> list(const ContainerFilter& filter);
    bool remove_container(std::string_view id);
    // False: a secret under that name is in the container (`add`), or none is (`remove`).
    [[nodiscard]] bool add_reference(std::string_view container_id, const SecretReference& which);
    [[nodiscard]] bool remove_reference(std::string_view container_id,
                                        const SecretReference& which);

    // An order together with what it made. False: the project's quota of orders is reached.
    [[nodiscard]] bool insert(const Order& order, const Generated& generated);
    [[nodiscard]] std::optional<Order> find_order(std::string_view id, std::string_view project_id);
    [[nodiscard]] Page<Order> list(const OrderFilter& filter);
    bool remove_order(std::string_view id);

    // A project without quotas of its own has none here; a single one that is not set is null.
    [[nodiscard]] std::optional<Quotas> quotas(std::string_view project_id);
    [[nodiscard]] Page<ProjectQuotas> all_quotas(Paging paging);
    void set_quotas(std::string_view project_id, const Quotas& quotas);
    [[nodiscard]] bool remove_quotas(std::string_view project_id);

    // Of everything but the key, under a name (store/database.h).
    [[nodiscard]] Status snapshot(const std::string& name) { return database_->snapshot(name); }
    [[nodiscard]] Status restore(const std::string& name) { return database_->restore(name); }

private:
    Store(std::unique_ptr<store::Database> database, std::unique_ptr<Cipher> cipher);
    void insert_secret(store::Session& session, const Secret& secret,
                       const std::vector<unsigned char>* sealed);
    void insert_container(store::Session& session, const Container& container);
    std::unique_ptr<store::Database> database_;
    std::unique_ptr<Cipher> cipher_;
};

} // namespace vtpmlab::fakes::barbican
