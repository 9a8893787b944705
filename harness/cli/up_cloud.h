#pragma once
// `vtpmlab up`: a cloud that stands until somebody takes it down, for the ordinary clients.

#include "cli/arguments.h"

namespace vtpmlab::cli {

// What the shell gets: an ExitCode, or what UpCommand::command ended with.
[[nodiscard]] int up_cloud(const UpCommand& command);

} // namespace vtpmlab::cli
