#pragma once
// The text of the files that make a simulated host what it is: libvirt's configuration as an
// operator renders it from the host's settings, and the few files of /etc a host has of its own.
// Values to text, nothing else.

#include <vtpmlab/cloud_spec.h>

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace vtpmlab {

// `log` as the daemon sees it.
[[nodiscard]] std::string libvirtd_conf(const std::string& host_uuid, const std::string& log);
[[nodiscard]] std::string qemu_conf(const HostSpec& spec);
// The same for a session daemon, which has no users to choose from and finds its own sockets.
[[nodiscard]] std::string session_libvirtd_conf(const std::string& host_uuid,
                                                const std::string& log);
[[nodiscard]] std::string session_qemu_conf();
[[nodiscard]] std::string etc_hosts(const HostSpec& spec);

// This machine's users (groups), and those the packages of a compute host make that are missing
// here: libvirt-qemu, tss, swtpm. libvirtd does not start without the first, nor with a swtpm_user
// who is in neither.
[[nodiscard]] std::string etc_passwd(std::string_view of_this_machine);
[[nodiscard]] std::string etc_group(std::string_view of_this_machine);

// The id of this user (group) in such a file; nothing when it does not know the name.
[[nodiscard]] std::optional<unsigned> id_in(std::string_view passwd_or_group,
                                            std::string_view name);

// The user with this id in such a file, or "uid N".
[[nodiscard]] std::string user_name_in(std::string_view passwd, uid_t uid);

} // namespace vtpmlab
