#pragma once
// The service catalog as tokens carry it. Kept ready made: every token asks for it, and it changes
// a few times in a cloud's life.

#include "keystone/store.h"

#include <vtpmlab/result.h>

#include <nlohmann/json.hpp>

#include <memory>
#include <mutex>
#include <string>

namespace vtpmlab::fakes::keystone {

class Catalog {
public:
    explicit Catalog(Store& store) : store_(store) {}

    // The array under "catalog"; as text, and as the journal shows it.
    struct Ready {
        nlohmann::json array;
        std::string text, masked;
    };
    [[nodiscard]] std::shared_ptr<const Ready> current();

    // Makes the service if there is none of that type, and points its public, internal and admin
    // endpoints in RegionOne at `url`.
    void register_endpoint(std::string_view type, std::string_view name, std::string_view url);
    void unregister(std::string_view type);

private:
    Store& store_;
    std::mutex mutex_;
    std::shared_ptr<const Ready> ready_;
    std::uint64_t generation_ = 0; // of the store, when it was made
};

} // namespace vtpmlab::fakes::keystone
