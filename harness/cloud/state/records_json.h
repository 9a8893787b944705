#pragma once
// Records as JSON documents, the form in which the store keeps them.

#include "cloud/state/records.h"

#include <vtpmlab/result.h>

#include <string>
#include <string_view>

namespace vtpmlab::cloud {

// Of Flavor, ServerRecord, InstanceAction and Migration.
template <typename Record>
[[nodiscard]] std::string encode(const Record& record);
// An error means the store is broken: nobody else writes there.
template <typename Record>
[[nodiscard]] Result<Record> decode(std::string_view document);

} // namespace vtpmlab::cloud
