#include "machine/facts.h"

#include "core/files.h"
#include "process/process.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <system_error>

namespace vtpmlab::machine {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct Tool {
    const char* name;
    const char* program;
    std::vector<std::string> ask; // prints the version on its first line
    const char* package;
    const char* what_for;
};

std::vector<Tool> needed_tools() {
    return {
        {"QEMU", "qemu-system-x86_64", {"--version"}, "qemu-system-x86", "runs the guests"},
        {"libvirt",
         "libvirtd",
         {"--version"},
         "libvirt-daemon",
         "is each host's hypervisor daemon"},
        {"swtpm", "swtpm", {"--version"}, "swtpm", "is the virtual TPM"},
        {"swtpm_setup", "swtpm_setup", {"--version"}, "swtpm-tools", "makes a TPM's keys"},
        {"swtpm_ioctl", "swtpm_ioctl", {}, "swtpm-tools", "stops a TPM"},
    };
}

// The first run of digits and dots with at least one dot: "7.2.22" of "QEMU emulator version 7.2…".
std::string version_in(const std::string& text) {
    constexpr std::string_view digits = "0123456789";
    for (std::size_t at = text.find_first_of(digits); at != std::string::npos;
         at = text.find_first_of(digits, at)) {
        const std::size_t end = std::min(text.find_first_not_of("0123456789.", at), text.size());
        if (text.find('.', at) < end)
            return text.substr(at, end - at);
        at = end;
    }
    return {};
}

// Without namespaces of their own, an ordinary user's hosts are session daemons.
constexpr std::string_view hosts_without_namespaces =
    "hosts do without namespaces here: swtpm runs as you, cases about swtpm_user are skipped. For "
    "whole hosts, as root: ";

Fact tool_fact(const Tool& tool, const FactsQuery& query) {
    const auto program = query.find ? query.find(tool.program) : find_program(tool.program);
    if (!program)
        return {tool.name, FactState::missing, "not found",
                fmt::format("install the package {}: it {}", tool.package, tool.what_for)};
    ProcessSpec spec;
    spec.program = *program;
    spec.arguments = tool.ask;
    std::string version;
    if (!tool.ask.empty())
        if (const auto said = run_to_end(spec, 5s))
            version = version_in(said->output);
    return {tool.name,
            FactState::ok,
            version.empty() ? program->string()
                            : fmt::format("{} ({})", version, program->string()),
            {}};
}

Fact user_fact() {
    for (const char* name : {"tss", "swtpm"})
        if (::getpwnam(name) != nullptr && ::getgrnam(name) != nullptr)
            return {"swtpm user", FactState::ok, name, {}};
    return {"swtpm user", FactState::missing, "neither tss nor swtpm exists",
            "install the package swtpm-tools, which makes one"};
}

// Sub-ids let an ordinary user's host have users of its own: swtpm's among them.
Fact sub_id_fact() {
    const uid_t uid = ::getuid();
    if (uid == 0)
        return {"sub-ids", FactState::ok, "not needed by root", {}};
    const passwd* entry = ::getpwuid(uid);
    const std::string user = entry != nullptr ? entry->pw_name : std::to_string(uid);
    for (const char* file : {"/etc/subuid", "/etc/subgid"}) {
        std::ifstream lines(file);
        bool has_range = false;
        for (std::string line; std::getline(lines, line);)
            has_range = has_range || line.starts_with(user + ":") ||
                        line.starts_with(std::to_string(uid) + ":");
        if (!has_range)
            return {"sub-ids", FactState::warning, fmt::format("{} has no range in {}", user, file),
                    fmt::format("{}usermod --add-subuids 100000-165535 --add-subgids "
                                "100000-165535 {}",
                                hosts_without_namespaces, user)};
    }
    return {"sub-ids", FactState::ok, fmt::format("ranges for {}", user), {}};
}

Fact namespace_fact() {
    ProcessSpec spec;
    spec.program = "unshare";
    spec.arguments = {"--mount", "--uts", "--pid", "--fork", "--kill-child", "true"};
    if (::getuid() != 0)
        spec.arguments.insert(spec.arguments.begin(), {"--user", "--map-root-user"});
    const auto tried = run_to_end(spec, 5s);
    if (tried && tried->status.is_success())
        return {"namespaces",
                FactState::ok,
                ::getuid() == 0 ? "mount, UTS, PID" : "user, mount, UTS, PID",
                {}};
    const std::string why = tried ? "refused: " + tried->output.substr(0, tried->output.find('\n'))
                                  : tried.error().message;
    if (::getuid() == 0)
        return {"namespaces", FactState::missing, why,
                "root without CAP_SYS_ADMIN: run the container with --privileged, or run as an "
                "ordinary user"};
    return {"namespaces", FactState::warning, why,
            std::string(hosts_without_namespaces) +
                "sysctl kernel.unprivileged_userns_clone=1 (Debian), or sysctl "
                "kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu 24.04)"};
}

Fact guest_fact(const fs::path& directory) {
    std::error_code ignored;
    for (const char* file : {"vmlinuz", "initramfs"})
        if (!fs::exists(directory / file, ignored))
            return {"micro guest", FactState::missing,
                    fmt::format("no {}", (directory / file).string()),
                    "build it: cmake --build --preset dev --target guest"};
    return {"micro guest", FactState::ok, directory.string(), {}};
}

Fact disk_fact() {
    const char* root = std::getenv("TMPDIR");
    const fs::path path = root != nullptr && *root != '\0' ? root : "/tmp";
    std::error_code code;
    const auto space = fs::space(path, code);
    if (code)
        return {"disk", FactState::missing, fmt::format("{}: {}", path.string(), code.message()),
                "point TMPDIR at a directory"};
    constexpr std::uintmax_t mib = std::uintmax_t{1} << 20;
    const bool is_enough = space.available >= 512 * mib;
    return {"disk", is_enough ? FactState::ok : FactState::missing,
            fmt::format("{} MiB free under {}", space.available / mib, path.string()),
            is_enough ? "" : "a run needs 512 MiB: free some, or point TMPDIR elsewhere"};
}

} // namespace

std::vector<Fact> find_facts(const FactsQuery& query) {
    std::vector<Fact> facts;
    utsname kernel{};
    ::uname(&kernel);
    facts.push_back({"kernel", FactState::ok, kernel.release, {}});

    for (const auto& tool : needed_tools())
        facts.push_back(tool_fact(tool, query));
    if (::getuid() != 0) {
        facts.push_back(tool_fact(
            {"newuidmap", "newuidmap", {}, "uidmap", "gives an ordinary user's host its own users"},
            query));
        if (facts.back().state == FactState::missing)
            facts.back().state = FactState::warning;
    }
    facts.push_back(user_fact());
    facts.push_back(sub_id_fact());
    facts.push_back(namespace_fact());

    const Accelerator accelerator = usable_accelerator(query.accelerator);
    facts.push_back({"accelerator", accelerator.name == "kvm" ? FactState::ok : FactState::warning,
                     fmt::format("{}: {}", accelerator.name, accelerator.why),
                     accelerator.name == "kvm"
                         ? ""
                         : "nothing: software emulation works everywhere, a boot takes 4 to 6 s"});
    facts.push_back(guest_fact(query.guest_directory));
    facts.push_back(disk_fact());
    return facts;
}

Status check_tools(const std::function<std::optional<fs::path>(const std::string&)>& find) {
    Error error;
    std::vector<std::string> packages;
    for (const auto& tool : needed_tools()) {
        if (find ? find(tool.program) : find_program(tool.program))
            continue;
        error.causes.push_back(fmt::format("{} is not found: it {}", tool.program, tool.what_for));
        if (std::find(packages.begin(), packages.end(), tool.package) == packages.end())
            packages.emplace_back(tool.package);
    }
    if (packages.empty())
        return {};
    error.message = "no guest can run here";
    error.hint = fmt::format("install {} {}, or run at `--depth model`; `vtpmlab doctor` tells all "
                             "that is missing",
                             packages.size() == 1 ? "the package" : "the packages",
                             fmt::join(packages, ", "));
    return fail(std::move(error));
}

} // namespace vtpmlab::machine
