#include "hypervisor/libvirt/host_logs.h"

#include "core/files.h"
#include "core/text.h"
#include "hypervisor/libvirt/host_install.h"
#include "process/file_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;

// The lines a person wants of a daemon's log: its errors, without time and thread.
std::vector<std::string> error_lines(const fs::path& log) {
    std::vector<std::string> found;
    std::string text = tail_of_file(log, 16384);
    for (std::size_t from = 0; from < text.size();) {
        const std::size_t end = std::min(text.find('\n', from), text.size());
        const std::string line = text.substr(from, end - from);
        from = end + 1;
        if (line.find("virGDBusGetSystemBus") != std::string::npos)
            continue; // there is no D-Bus in a host, and none is needed
        if (line.find("virNetDevSendEthtoolIoctl") != std::string::npos)
            continue; // this machine's interfaces, seen in /sys, are not in the host's network
        if (const auto at = line.find(": error : "); at != std::string::npos)
            found.push_back(printable(line.substr(at + 10), 300));
        else if (line.starts_with("error: "))
            found.push_back(printable(line.substr(7), 300));
        else if (line.starts_with("  hint: "))
            found.push_back(printable(line.substr(2), 300));
    }
    if (found.size() > 4)
        found.erase(found.begin(), found.end() - 4);
    return found;
}

} // namespace

fs::path host_log(const HostLayout& layout) { return layout.logs / "host.log"; }
fs::path call_log(const HostLayout& layout) { return layout.logs / "libvirt-calls.log"; }

Error boot_failure(const HostLayout& layout, const std::string& host, const ExitStatus& status) {
    Error error;
    error.message = fmt::format("the host {} did not start: {}", host, status.text());
    for (const fs::path& log : {host_log(layout), layout.daemon_log})
        for (std::string& line : error_lines(log)) {
            if (line.find("Failed to parse user") != std::string::npos ||
                line.find("Failed to parse group") != std::string::npos)
                error.kind = ErrorKind::product;
            if (line.starts_with("hint: "))
                error.hint = line.substr(6);
            else
                error.causes.push_back(std::move(line));
        }
    if (error.hint.empty())
        error.hint = error.kind == ErrorKind::product
                         ? "check swtpm_user and swtpm_group of the host"
                         : "vtpmlab doctor tells what hosts need of this machine";
    return error;
}

Status clear_host_logs(const HostLayout& layout) {
    // The files daemons hold open are cut, the others removed.
    std::error_code code;
    for (const fs::path& open : {host_log(layout), call_log(layout), layout.daemon_log})
        if (fs::exists(open, code))
            fs::resize_file(open, 0, code);
    for (auto at = fs::directory_iterator(layout.guest_logs, code);
         !code && at != fs::directory_iterator(); at.increment(code)) {
        std::error_code ignored;
        fs::remove(at->path(), ignored);
    }
    if (layout.swtpm_logs == layout.guest_logs)
        return {};
    VTPMLAB_CHECK(remove_file_tree(layout.swtpm_logs));
    return make_swtpm_directories(layout);
}

} // namespace vtpmlab
