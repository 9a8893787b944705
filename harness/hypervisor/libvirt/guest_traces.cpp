#include "hypervisor/libvirt/guest_traces.h"

#include "core/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <regex>

namespace vtpmlab {
namespace {

// libvirt's VIR_DOMAIN_SHORT_NAME_MAX: what it takes of a domain's name for the names of files.
constexpr std::size_t short_name_bytes = 20;

// Of QEMU's first line; the rest of its some 4,000 bytes is in the log of the domain.
constexpr std::size_t shown_bytes = 300;

bool runs(const DomainInfo& domain) {
    return domain.state != DomainState::shut_off && domain.state != DomainState::crashed;
}

// QEMU is told its domain's UUID, swtpm and swtpm_setup their state's directory, named for it.
bool is_of(const RunningProcess& process, const DomainInfo& domain) {
    return std::ranges::any_of(process.command, [&](const std::string& argument) {
        return argument.find(domain.uuid) != argument.npos;
    });
}

// NAME.pid, 3-NAME-swtpm.sock, domain-3-NAME/monitor.sock
bool is_of(const std::filesystem::path& file, const DomainInfo& domain) {
    const auto name = domain.name.substr(0, short_name_bytes);
    return std::ranges::any_of(file, [&](const std::filesystem::path& element) {
        const std::string text = element.string();
        return text == domain.name + ".pid" || text.ends_with("-" + name) ||
               text.find("-" + name + "-swtpm.") != text.npos;
    });
}

} // namespace

std::string command_text(const std::vector<std::string>& command) {
    static const std::regex announced(
        R"re(\b(pwd|passwd|password|data|key|secret|passphrase)("?\s*[=:]\s*"?)[^,"}\s]+)re");
    return printable(
        std::regex_replace(fmt::format("{}", fmt::join(command, " ")), announced, "$1$2***"),
        shown_bytes);
}

std::vector<Leftover> stray_processes(const std::string& host,
                                      const std::vector<RunningProcess>& running,
                                      const std::vector<DomainInfo>& domains) {
    std::vector<Leftover> left;
    for (const auto& process : running) {
        const bool is_accounted_for = std::ranges::any_of(domains, [&](const DomainInfo& domain) {
            return runs(domain) && is_of(process, domain);
        });
        if (!is_accounted_for)
            left.push_back({"process", host,
                            fmt::format("{} {}", process.pid, command_text(process.command))});
    }
    return left;
}

std::vector<Leftover> stray_sockets(const std::string& host, const std::filesystem::path& directory,
                                    const std::vector<FileEntry>& tree,
                                    const std::vector<DomainInfo>& domains) {
    std::vector<Leftover> left;
    for (const auto& file : tree) {
        const bool is_pid_file = S_ISREG(file.mode) && file.path.extension() == ".pid";
        if ((!is_pid_file && !S_ISSOCK(file.mode)) || file.path == "driver.pid")
            continue;
        const bool is_accounted_for = std::ranges::any_of(domains, [&](const DomainInfo& domain) {
            return runs(domain) && is_of(file.path, domain);
        });
        if (!is_accounted_for)
            left.push_back({"socket", host, (directory / file.path).string()});
    }
    return left;
}

} // namespace vtpmlab
