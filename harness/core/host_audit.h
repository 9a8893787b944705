#pragma once
// What stands on one host though no server is left that it belongs to, as far as any hypervisor can
// tell: one list for the audit after a case and for whoever lends the host to the next one. What
// only a real host has besides, processes and sockets, its owner adds.

#include <vtpmlab/hypervisor.h>
#include <vtpmlab/lab.h>
#include <vtpmlab/result.h>

#include <filesystem>
#include <string>
#include <vector>

namespace vtpmlab {

[[nodiscard]] Result<std::vector<Leftover>> leftovers_on(const std::string& host,
                                                         Hypervisor& hypervisor,
                                                         const std::filesystem::path& instances);

} // namespace vtpmlab
