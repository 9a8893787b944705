#include "hypervisor/libvirt/host_files.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <vector>

namespace vtpmlab {
namespace {

// Ids no distribution gives out by itself, below 65,536 so that sub-ids reach them. 64055 is
// Debian's and Ubuntu's own for libvirt-qemu.
struct Account {
    std::string_view name;
    unsigned id;
};
constexpr std::array<Account, 3> accounts = {
    {{"libvirt-qemu", 64055}, {"tss", 64155}, {"swtpm", 64156}}};
constexpr std::array<Account, 4> groups = {
    {{"kvm", 64154}, {"libvirt-qemu", 64055}, {"tss", 64155}, {"swtpm", 64156}}};

std::vector<std::string_view> lines(std::string_view text) {
    std::vector<std::string_view> result;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        result.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return result;
}

bool has_entry(std::string_view text, std::string_view name) {
    for (const auto line : lines(text))
        if (line.starts_with(name) && line.substr(name.size()).starts_with(':'))
            return true;
    return false;
}

std::string with_last_newline(std::string_view text) {
    std::string result(text);
    if (!result.empty() && result.back() != '\n')
        result += '\n';
    return result;
}

} // namespace

std::string session_libvirtd_conf(const std::string& host_uuid, const std::string& log) {
    return fmt::format("host_uuid = \"{}\"\n"
                       "log_level = 3\n"
                       "log_outputs = \"3:file:{}\"\n",
                       host_uuid, log);
}

std::string libvirtd_conf(const std::string& host_uuid, const std::string& log) {
    return session_libvirtd_conf(host_uuid, log) +
           "unix_sock_dir = \"/run/libvirt\"\n"
           // Only the host's root may connect: whoever runs vtpmlab.
           "unix_sock_rw_perms = \"0700\"\n"
           "unix_sock_ro_perms = \"0700\"\n"
           "auth_unix_rw = \"none\"\n"
           "auth_unix_ro = \"none\"\n";
}

// No virtlogd, no security module, no cgroups, no namespaces of QEMU's own: the host is in all of
// these already, or has none.
std::string session_qemu_conf() {
    return "stdio_handler = \"file\"\n"
           "security_driver = \"none\"\n"
           "cgroup_controllers = [ ]\n"
           "namespaces = [ ]\n"
           "remember_owner = 0\n";
}

std::string qemu_conf(const HostSpec& spec) {
    return session_qemu_conf() + fmt::format("swtpm_user = \"{}\"\n"
                                             "swtpm_group = \"{}\"\n"
                                             "user = \"root\"\n"
                                             "group = \"root\"\n",
                                             spec.swtpm_user, spec.swtpm_group);
}

std::string etc_hosts(const HostSpec& spec) {
    return fmt::format("127.0.0.1 localhost {0}\n::1 localhost {0}\n", spec.name);
}

std::string etc_passwd(std::string_view of_this_machine) {
    std::string text = with_last_newline(of_this_machine);
    for (const Account& account : accounts)
        if (!has_entry(of_this_machine, account.name))
            text += fmt::format("{}:x:{}:{}::/:/usr/sbin/nologin\n", account.name, account.id,
                                account.id);
    return text;
}

std::string etc_group(std::string_view of_this_machine) {
    std::string text = with_last_newline(of_this_machine);
    for (const Account& group : groups)
        if (!has_entry(of_this_machine, group.name))
            text += fmt::format("{}:x:{}:\n", group.name, group.id);
    return text;
}

std::optional<unsigned> id_in(std::string_view passwd_or_group, std::string_view name) {
    for (const auto line : lines(passwd_or_group)) {
        if (!line.starts_with(name) || !line.substr(name.size()).starts_with(':'))
            continue;
        const auto password = line.find(':', name.size() + 1);
        unsigned id = 0;
        const char* end = line.data() + line.size();
        if (password != line.npos &&
            std::from_chars(line.data() + password + 1, end, id).ec == std::errc())
            return id;
    }
    return std::nullopt;
}

std::string user_name_in(std::string_view passwd, uid_t uid) {
    const std::string wanted = std::to_string(uid);
    for (const auto line : lines(passwd)) {
        const auto name = line.find(':');
        const auto password = name == line.npos ? name : line.find(':', name + 1);
        const auto id = password == line.npos ? password : line.find(':', password + 1);
        if (id != line.npos && line.substr(password + 1, id - password - 1) == wanted)
            return std::string(line.substr(0, name));
    }
    return "uid " + wanted;
}

} // namespace vtpmlab
