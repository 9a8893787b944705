#pragma once
// Allocations asked for in a body, and what becomes of consumers and providers if they are given:
// worked out on a draft on top of the model, and written whole or not at all.

#include "http/json_schema.h"
#include "http/message.h"
#include "placement/store.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vtpmlab::fakes::placement {

// What one consumer shall hold, in the order of the body: the first mistake is the one told.
struct WantedConsumer {
    struct Part {
        std::string provider;
        std::vector<std::pair<std::string, std::int64_t>> resources; // by name of class
    };
    std::string uuid;
    std::string project_id;
    std::string user_id;
    std::optional<std::string> type;                       // from 1.38
    std::optional<std::optional<std::int64_t>> generation; // from 1.28; null: it must be new
    std::vector<Part> parts;
};

// From a body (or a consumer's part of it) that the schema has passed.
[[nodiscard]] WantedConsumer wanted_consumer(const std::string& uuid, const http::OrderedJson& body,
                                             const http::Request& request);

class AllocationDraft {
public:
    explicit AllocationDraft(const Model& model) : model_(model) {}

    [[nodiscard]] const Provider* provider(const std::string& uuid) const;
    // A copy to change; it must be there. Changes of a provider whose generation stays are not
    // written: `used` follows from the allocations.
    Provider& edit(const std::string& uuid);

    // Are the consumers' generations the ones that are told?
    [[nodiscard]] http::Outcome<void>
    check_generations(const std::vector<WantedConsumer>& consumers) const;
    // Is every provider there? If not, the consumers are remembered nevertheless, in generation 0:
    // the real service has made them by then, and the client's next try must say so.
    [[nodiscard]] http::Outcome<void> check_providers(const std::vector<WantedConsumer>& consumers,
                                                      Store::Change& change) const;
    // Replaces what the consumers hold. `unknown_class` begins the refusal of a class that is not
    // there.
    [[nodiscard]] http::Outcome<void> replace(const std::vector<WantedConsumer>& consumers,
                                              const std::string& unknown_class);
    void write(Store::Change& change) &&;

private:
    [[nodiscard]] http::Outcome<void> check_generation(const WantedConsumer& wanted) const;
    void release(const Consumer& consumer);
    [[nodiscard]] http::Outcome<void> check_classes(const std::vector<WantedConsumer>& consumers,
                                                    const std::string& unknown_class) const;
    [[nodiscard]] http::Outcome<void> take(const WantedConsumer& wanted, Consumer& consumer);

    const Model& model_;
    std::map<std::string, Provider> providers_;
    std::vector<Consumer> consumers_;
};

} // namespace vtpmlab::fakes::placement
