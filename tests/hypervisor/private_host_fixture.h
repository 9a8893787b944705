#pragma once
// Private hosts of a test's own, beside those of its run's pool; which processes a host has; and
// what was left in one.

#include "core/error_text.h"
#include "core/files.h"
#include "host_fixture.h"
#include "support/host_in_test.h"

#include <sys/types.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace vtpmlab {

// The processes that live in a mount namespace with this directory in it: all of a host's.
struct HostProcess {
    pid_t pid;
    std::string name; // with its newline
};
inline std::vector<HostProcess> host_processes(const std::filesystem::path& directory) {
    std::vector<HostProcess> found;
    std::error_code code;
    for (const auto& process : std::filesystem::directory_iterator("/proc", code)) {
        const auto mounts = read_file(process.path() / "mountinfo");
        if (mounts && mounts->find(directory.string()) != std::string::npos)
            found.push_back({std::atoi(process.path().filename().c_str()),
                             read_file(process.path() / "comm").value_or("ended meanwhile")});
    }
    return found;
}
inline std::vector<std::string> processes_with(const std::filesystem::path& directory) {
    std::vector<std::string> names;
    for (const auto& process : host_processes(directory))
        names.push_back(process.name);
    return names;
}
inline std::vector<pid_t> pids_of(const std::string& name, const std::filesystem::path& directory) {
    std::vector<pid_t> pids;
    for (const auto& process : host_processes(directory))
        if (process.name == name + "\n")
            pids.push_back(process.pid);
    return pids;
}

inline std::vector<std::string> stores_of(PrivateHost& host) {
    const auto leftovers = host.leftovers();
    if (!leftovers)
        return {error_text(leftovers.error())};
    std::vector<std::string> stores;
    for (const Leftover& left : *leftovers)
        stores.push_back(left.store);
    return stores;
}

class PrivateHostTest : public testing::Test {
protected:
    void SetUp() override {
        if (const auto why = why_no_hosts())
            GTEST_SKIP() << *why;
    }

    PrivateHostConfig config(HostSpec spec = {}) {
        PrivateHostConfig config;
        config.directory = run_.directory.path() / ("t" + std::to_string(++hosts_));
        config.run_directory = run_.directory.path();
        config.hosts_lock = run_.directory.hosts_lock();
        config.capabilities_cache = default_capabilities_cache();
        config.spec = std::move(spec);
        return config;
    }

    DomainSpec domain(const PrivateHost& host, const std::string& secret = random_uuid()) {
        DomainSpec spec;
        spec.uuid = random_uuid();
        spec.name = "instance-1";
        spec.memory_mib = 64;
        const std::filesystem::path directory = host.instances_directory() / spec.uuid;
        std::filesystem::create_directories(directory);
        spec.console_log = directory / "console.log";
        spec.probe_socket = directory / "probe.sock";
        spec.tpm = DomainTpm{{}, secret};
        return spec;
    }

    // With its secret, which stays.
    Status define_and_start(PrivateHost& host, const DomainSpec& spec,
                            const SecretValue& passphrase) {
        VTPMLAB_CHECK(
            host.hypervisor().define_secret({spec.tpm->secret_uuid, spec.uuid}, passphrase));
        VTPMLAB_CHECK(host.hypervisor().define(spec));
        return host.hypervisor().start(spec.uuid);
    }

    TestRun run_;
    int hosts_ = 0;
};

} // namespace vtpmlab
