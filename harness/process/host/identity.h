#pragma once
// Children in new namespaces, with the ids they need. For real root there is no user namespace; for
// anybody else the child is root in one of its own, with the caller's sub-ids.

#include <vtpmlab/result.h>

#include <functional>

namespace vtpmlab::host {

// Forks a child into `namespaces` (CLONE_NEW… bits; the user namespace is added where needed). The
// child dies with this process, and runs `body` once its ids are in place; its exit code is what
// `body` returns. Only for a program with one thread.
[[nodiscard]] Result<pid_t> start_child(int namespaces, const std::function<int()>& body);

// The same for a piece of work that only needs the ids, and waits for it.
[[nodiscard]] Result<int> run_with_ids(const std::function<int()>& body);

} // namespace vtpmlab::host
