#pragma once
// An operation that a deletion of its server came before: it could not begin, or what it wanted to
// save would have undone the deletion. Nova's name for both is an unexpected task state.

#include "cloud/exception.h"

namespace vtpmlab::cloud {

[[nodiscard]] tl::unexpected<Exception> being_deleted();
// Also by one that is over: then the server is not found.
[[nodiscard]] bool is_overtaken(const Exception& exception);

} // namespace vtpmlab::cloud
