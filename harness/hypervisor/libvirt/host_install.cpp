#include "hypervisor/libvirt/host_install.h"

#include "core/files.h"
#include "core/text.h"
#include "hypervisor/libvirt/host_files.h"
#include "process/file_tree.h"
#include "process/process.h"

#include <vtpmlab/encoding.h>

#include <fmt/format.h>
#include <sys/stat.h>

#include <utility>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// Single files of /etc the host has of its own.
constexpr std::pair<const char*, const char*> host_files[] = {{"passwd", "/etc/passwd"},
                                                              {"group", "/etc/group"},
                                                              {"hosts", "/etc/hosts"},
                                                              {"resolv.conf", "/etc/resolv.conf"}};

fs::path files_of(const HostLayout& layout) { return layout.root / "files"; }

Status make_host_directory(const fs::path& path, mode_t mode) {
    VTPMLAB_CHECK(make_directories(path));
    std::error_code code; // make_directories follows the umask
    fs::permissions(path, static_cast<fs::perms>(mode), code);
    if (code)
        return fail(ErrorKind::lab,
                    fmt::format("cannot set the mode of {} to {:04o}: {}", path.string(), mode,
                                code.message()),
                    {}, "choose a directory on a local file system with TMPDIR");
    return {};
}

Result<HostUsers> install_system(const HostLayout& layout, const HostSpec& spec,
                                 const std::string& machine_passwd) {
    VTPMLAB_TRY(const std::string machine_group, read_file("/etc/group"));
    HostUsers users{etc_passwd(machine_passwd), etc_group(machine_group)};
    const fs::path files = files_of(layout);
    VTPMLAB_CHECK(write_file(files / "passwd", users.passwd));
    VTPMLAB_CHECK(write_file(files / "group", users.group));
    VTPMLAB_CHECK(write_file(files / "hosts", etc_hosts(spec)));
    VTPMLAB_CHECK(write_file(files / "resolv.conf", ""));
    const fs::path& etc = layout.configuration;
    VTPMLAB_CHECK(write_file(etc / "libvirtd.conf",
                             libvirtd_conf(random_uuid(), "/var/log/libvirt/libvirtd.log")));
    VTPMLAB_CHECK(write_file(etc / "qemu.conf", qemu_conf(spec)));
    return users;
}

// Without these files of its user's own, swtpm_setup reaches for the machine's authority.
Status make_swtpm_configuration(const HostLayout& layout) {
    ProcessSpec spec;
    spec.program = "swtpm_setup";
    spec.arguments = {"--tpm2", "--create-config-files", "skip-if-exist"};
    spec.environment = layout.environment;
    VTPMLAB_TRY(const Completed made, run_to_end(spec, 20s));
    if (made.status.is_success())
        return {};
    Error error;
    error.message = "swtpm_setup could not make its configuration: " + made.status.text();
    error.causes.push_back(printable(made.output, 300));
    error.hint = "swtpm 0.6 or newer is needed for hosts without namespaces";
    return fail(std::move(error));
}

Status install_session(const HostLayout& layout) {
    const fs::path& etc = layout.configuration;
    VTPMLAB_CHECK(
        write_file(etc / "libvirtd.conf", session_libvirtd_conf(random_uuid(), layout.daemon_log)));
    VTPMLAB_CHECK(write_file(etc / "qemu.conf", session_qemu_conf()));
    // A session's logs are part of its cache; here they are where every host's are.
    std::error_code code;
    fs::create_directory_symlink(layout.guest_logs, layout.root / "cache/libvirt/qemu/log", code);
    if (code && code != std::errc::file_exists)
        return fail(ErrorKind::lab, fmt::format("cannot make a link to {}: {}",
                                                layout.guest_logs.string(), code.message()));
    return make_swtpm_configuration(layout);
}

} // namespace

Result<HostUsers> install_host(const HostLayout& layout, const HostSpec& spec) {
    for (const HostDirectory& directory : layout.directories)
        VTPMLAB_CHECK(make_host_directory(layout.root / directory.name, directory.mode));
    VTPMLAB_TRY(std::string machine_passwd, read_file("/etc/passwd"));
    if (layout.confinement == Confinement::namespaces)
        return install_system(layout, spec, machine_passwd);
    VTPMLAB_CHECK(install_session(layout));
    return HostUsers{std::move(machine_passwd), {}};
}

std::vector<SandboxBind> installed_binds(const HostLayout& layout) {
    std::vector<SandboxBind> binds;
    for (const HostDirectory& directory : layout.directories)
        if (directory.at)
            binds.push_back({layout.root / directory.name, *directory.at});
    for (const auto& [name, seen_as] : host_files)
        binds.push_back({files_of(layout) / name, seen_as});
    return binds;
}

Status empty_runtime(const HostLayout& layout) {
    VTPMLAB_CHECK(remove_file_tree(layout.runtime));
    return make_host_directory(layout.runtime, 0755);
}

Status make_swtpm_directories(const HostLayout& layout) {
    for (const fs::path& directory : layout.swtpm_directories) {
        std::error_code code;
        // libvirt has given it to swtpm's user, who is another one than ours in a user namespace.
        if (fs::is_directory(directory, code))
            continue;
        VTPMLAB_CHECK(make_host_directory(directory, 0755));
    }
    return {};
}

} // namespace vtpmlab
