// The query string of GET /v1/secrets, down to the statement that SQLite runs, and the times in it:
// a time that was read is written so that it is read the same again.

#include "barbican/list_filter.h"
#include "barbican/store.h"
#include "http/timestamp.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace vtpmlab;
using namespace vtpmlab::fakes;
using namespace vtpmlab::fakes::barbican;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::unique_ptr<Store> with_one_secret() {
    auto store = Store::open("").value();
    Secret secret;
    secret.id = "7d4b1e6e-2f6a-4b6e-9a43-6d1f0f4f1a01";
    secret.name = "vTPM secret for instance 1";
    secret.project_id = "demo";
    secret.creator_id = "owner";
    secret.type = "passphrase";
    if (!store->insert(secret, nullptr))
        std::abort();
    return store;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto store = with_one_secret();
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto time = http::parse_timestamp(text)) {
        // Years of four digits; an offset may lead out of them.
        const auto written = http::timestamp_microseconds(*time);
        const auto again = http::parse_timestamp(written);
        if (written.size() == 27 && written[0] != '-' && (!again || *again != *time))
            std::abort();
    }
    auto query = http::Query::parse(text);
    if (!query || size > 4096)
        return 0;
    http::Request request;
    request.query = std::move(*query);
    request.caller.emplace();
    request.caller->user_id = "owner";
    request.caller->project_id = "demo";
    const auto filter = secret_filter(request);
    if (!filter) {
        if (filter.error().status != 400)
            std::abort();
        return 0;
    }
    if (store->list(*filter, Clock::Time{}).items.size() > 1)
        std::abort();
    return 0;
}
