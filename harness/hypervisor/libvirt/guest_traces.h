#pragma once
// What a guest leaves on a host beside what libvirt lists: processes, and the sockets and pid files
// libvirt made for it. What belongs to a domain that runs is that domain's; the rest is nobody's.
// Values to values.

#include "process/descendants.h"
#include "process/file_tree.h"

#include <vtpmlab/hypervisor.h>
#include <vtpmlab/lab.h>

#include <filesystem>
#include <string>
#include <vector>

namespace vtpmlab {

// For people: what stands after words that announce a secret is left out, and so is the rest of a
// very long one.
[[nodiscard]] std::string command_text(const std::vector<std::string>& command);

// `running`: the processes of the host but its init and its libvirtd.
[[nodiscard]] std::vector<Leftover> stray_processes(const std::string& host,
                                                    const std::vector<RunningProcess>& running,
                                                    const std::vector<DomainInfo>& domains);

// `tree`: what is below `directory`, which is one of those in which libvirt keeps sockets and pid
// files of guests. Its own driver.pid is none of a guest's.
[[nodiscard]] std::vector<Leftover> stray_sockets(const std::string& host,
                                                  const std::filesystem::path& directory,
                                                  const std::vector<FileEntry>& tree,
                                                  const std::vector<DomainInfo>& domains);

} // namespace vtpmlab
