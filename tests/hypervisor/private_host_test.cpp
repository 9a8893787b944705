#include "core/error_text.h"
#include "core/files.h"
#include "host_fixture.h"
#include "hypervisor/libvirt/host_layout.h"
#include "support/host_in_test.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// The processes that live in a mount namespace with this directory in it: all of a host's.
struct HostProcess {
    pid_t pid;
    std::string name; // with its newline
};
std::vector<HostProcess> host_processes(const fs::path& directory) {
    std::vector<HostProcess> found;
    std::error_code code;
    for (const auto& process : fs::directory_iterator("/proc", code)) {
        const auto mounts = read_file(process.path() / "mountinfo");
        if (mounts && mounts->find(directory.string()) != std::string::npos)
            found.push_back({std::atoi(process.path().filename().c_str()),
                             read_file(process.path() / "comm").value_or("ended meanwhile")});
    }
    return found;
}
std::vector<std::string> processes_with(const fs::path& directory) {
    std::vector<std::string> names;
    for (const auto& process : host_processes(directory))
        names.push_back(process.name);
    return names;
}
std::vector<pid_t> pids_of(const std::string& name, const fs::path& directory) {
    std::vector<pid_t> pids;
    for (const auto& process : host_processes(directory))
        if (process.name == name + "\n")
            pids.push_back(process.pid);
    return pids;
}

// The processes with this directory in their arguments.
std::vector<std::string> processes_told(const fs::path& directory) {
    std::vector<std::string> found;
    std::error_code code;
    for (const auto& process : fs::directory_iterator("/proc", code)) {
        const auto arguments = read_file(process.path() / "cmdline");
        if (arguments && arguments->find(directory.string()) != std::string::npos)
            found.push_back(*arguments);
    }
    return found;
}

// An ordinary user keeps its own ids in a new user namespace, and may mount there.
bool map_self(uid_t user, gid_t group) {
    auto write = [](const char* file, const std::string& text) {
        std::ofstream stream(file);
        stream << text << std::flush;
        return stream.good();
    };
    return write("/proc/self/uid_map", fmt::format("{0} {0} 1", user)) &&
           write("/proc/self/setgroups", "deny") &&
           write("/proc/self/gid_map", fmt::format("{0} {0} 1", group));
}

std::vector<std::string> stores_of(PrivateHost& host) {
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

    DomainSpec domain(const PrivateHost& host, const std::string& secret) {
        DomainSpec spec;
        spec.uuid = random_uuid();
        spec.name = "instance-1";
        spec.memory_mib = 64;
        const fs::path directory = host.instances_directory() / spec.uuid;
        fs::create_directories(directory);
        spec.console_log = directory / "console.log";
        spec.probe_socket = directory / "probe.sock";
        spec.tpm = DomainTpm{{}, secret};
        return spec;
    }

    TestRun run_;
    int hosts_ = 0;
};

TEST_F(PrivateHostTest, LosesPowerAsAMachineDoes) {
    auto created = PrivateHost::create(config());
    ASSERT_TRUE(created) << error_text(created.error());
    PrivateHost& host = **created;
    VTPMLAB_ASSERT_OK(host.boot());

    const std::string secret = random_uuid();
    const DomainSpec spec = domain(host, secret);
    const SecretValue passphrase("a passphrase");
    VTPMLAB_ASSERT_OK(host.hypervisor().define_secret({secret, spec.uuid}, passphrase));
    VTPMLAB_ASSERT_OK(host.hypervisor().define(spec));
    VTPMLAB_ASSERT_OK(host.hypervisor().start(spec.uuid));
    EXPECT_THAT(processes_with(host.directory()),
                testing::IsSupersetOf({"libvirtd\n", "swtpm\n", "vtpmlab-init\n"}));

    VTPMLAB_ASSERT_OK(host.power_off());
    EXPECT_THAT(processes_with(host.directory()), IsEmpty());
    EXPECT_EQ(host.tpm_states()->size(), 1u) << "the disk stays";

    VTPMLAB_ASSERT_OK(host.boot());
    EXPECT_EQ(host.hypervisor().state(spec.uuid).value(), DomainState::shut_off);
    EXPECT_EQ(host.hypervisor().secrets()->size(), 0u) << "an ephemeral secret is gone";
    EXPECT_TRUE(fs::exists(host.directory() / "lib/qemu/domain-1-instance-1/master-key.aes"));
    EXPECT_THAT(stores_of(host),
                UnorderedElementsAre("domain", "swtpm directory", "instance directory", "socket"))
        << "libvirt keeps QEMU's monitor socket on the disk, not in /run (finding X7)";
    EXPECT_THAT(host.hypervisor().start(spec.uuid).error().message,
                HasSubstr("(VIR_ERR_NO_SECRET, 66)"));
    VTPMLAB_ASSERT_OK(host.hypervisor().define_secret({secret, spec.uuid}, passphrase));
    VTPMLAB_EXPECT_OK(host.hypervisor().start(spec.uuid));
    VTPMLAB_EXPECT_OK(host.hypervisor().destroy(spec.uuid));
    EXPECT_THAT(stores_of(host), testing::Not(testing::Contains("socket")))
        << "a domain of the same number and name takes it away when it stops";
}

// What a machine that forbids namespaces still gives an ordinary user.
TEST_F(PrivateHostTest, DoesWithoutNamespacesAsASessionDaemon) {
    if (::geteuid() == 0)
        GTEST_SKIP() << "a session daemon is an ordinary user's";
    PrivateHostConfig session = config();
    session.confinement = Confinement::none;
    auto created = PrivateHost::create(std::move(session));
    ASSERT_TRUE(created) << error_text(created.error());
    PrivateHost& host = **created;
    VTPMLAB_ASSERT_OK(host.boot());

    const std::string secret = random_uuid();
    const DomainSpec spec = domain(host, secret);
    VTPMLAB_ASSERT_OK(
        host.hypervisor().define_secret({secret, spec.uuid}, SecretValue("a passphrase")));
    VTPMLAB_ASSERT_OK(host.hypervisor().define(spec));
    VTPMLAB_ASSERT_OK(host.hypervisor().start(spec.uuid));
    const auto states = host.tpm_states().value();
    ASSERT_EQ(states.size(), 1u);
    EXPECT_TRUE(states.front().is_encrypted);
    const fs::path logs = run_.directory.path() / "logs";
    VTPMLAB_ASSERT_OK(host.collect_logs(logs));
    EXPECT_TRUE(fs::exists(logs / "libvirt/qemu/instance-1-swtpm.log"));

    VTPMLAB_ASSERT_OK(host.power_off());
    EXPECT_THAT(processes_told(host.directory()), IsEmpty());
    VTPMLAB_ASSERT_OK(host.boot());
    EXPECT_EQ(host.hypervisor().state(spec.uuid).value(), DomainState::shut_off);
    EXPECT_EQ(host.hypervisor().secrets()->size(), 0u);
}

TEST_F(PrivateHostTest, SkipsAnotherSwtpmUserWithoutNamespaces) {
    HostSpec spec;
    spec.swtpm_user = "swtpm";
    PrivateHostConfig session = config(spec);
    session.confinement = Confinement::none;
    const auto created = PrivateHost::create(std::move(session));
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().kind, ErrorKind::skipped);
    EXPECT_EQ(created.error().message,
              "the host compute-1 wants swtpm_user swtpm and swtpm_group tss, and hosts without "
              "namespaces run swtpm as their own user");
}

// libvirt fails of a directory that another start has made in between; made by hand, as it is rare.
TEST_F(PrivateHostTest, HasTheDirectoriesOfTheFirstTpmBeforeThereIsOne) {
    const auto settings = config();
    const HostLayout layout = host_layout(settings.directory, Confinement::namespaces);
    auto created = PrivateHost::create(settings);
    ASSERT_TRUE(created) << error_text(created.error());
    VTPMLAB_ASSERT_OK((*created)->boot());
    ASSERT_EQ(layout.swtpm_directories.size(), 2u);
    for (const fs::path& path : layout.swtpm_directories)
        EXPECT_TRUE(fs::is_directory(path)) << path;
}

TEST_F(PrivateHostTest, CollectsTheLogsOfDaemonAndTpm) {
    auto created = PrivateHost::create(config());
    ASSERT_TRUE(created) << error_text(created.error());
    PrivateHost& host = **created;
    VTPMLAB_ASSERT_OK(host.boot());
    const std::string secret = random_uuid();
    const DomainSpec spec = domain(host, secret);
    VTPMLAB_ASSERT_OK(host.hypervisor().define_secret({secret, spec.uuid}, SecretValue("value")));
    VTPMLAB_ASSERT_OK(host.hypervisor().define(spec));
    VTPMLAB_ASSERT_OK(host.hypervisor().start(spec.uuid));

    auto directory = TemporaryDirectory::create("vtpmlab-test");
    ASSERT_TRUE(directory);
    const fs::path logs = directory->path() / "logs";
    VTPMLAB_ASSERT_OK(host.collect_logs(logs));
    EXPECT_THAT(read_file(logs / "swtpm/libvirt/qemu/instance-1-swtpm.log").value(),
                HasSubstr("Starting vTPM manufacturing as tss:tss"));
    EXPECT_THAT(read_file(logs / "libvirt/qemu/instance-1.log").value(),
                HasSubstr("/usr/bin/swtpm socket"));
    EXPECT_TRUE(fs::exists(logs / "libvirt/libvirtd.log"));

    VTPMLAB_ASSERT_OK(host.hypervisor().destroy(spec.uuid));
    VTPMLAB_ASSERT_OK(host.clear_logs());
    VTPMLAB_ASSERT_OK(host.collect_logs(directory->path() / "cleared"));
    EXPECT_FALSE(fs::exists(directory->path() / "cleared/libvirt/qemu/instance-1.log"));
    EXPECT_TRUE(fs::is_empty(directory->path() / "cleared/swtpm/libvirt/qemu"));
}

TEST_F(PrivateHostTest, StartsSwtpmAsTheUserItWasTold) {
    HostSpec spec;
    spec.swtpm_user = spec.swtpm_group = "swtpm";
    auto created = PrivateHost::create(config(spec));
    ASSERT_TRUE(created) << error_text(created.error());
    PrivateHost& host = **created;
    VTPMLAB_ASSERT_OK(host.boot());
    const std::string secret = random_uuid();
    const DomainSpec guest = domain(host, secret);
    VTPMLAB_ASSERT_OK(host.hypervisor().define_secret({secret, guest.uuid}, SecretValue("value")));
    VTPMLAB_ASSERT_OK(host.hypervisor().define(guest));
    VTPMLAB_ASSERT_OK(host.hypervisor().start(guest.uuid));
    ASSERT_EQ(host.tpm_states()->size(), 1u);
    EXPECT_EQ(host.tpm_states()->front().owner, "swtpm");
}

// swtpm_setup makes certificates under a lock on this file; a lock from outside holds up a domain's
// start as a TPM tool that hangs would, in a daemon that is well otherwise.
TEST_F(PrivateHostTest, CutsThePowerWhenACallHangs) {
    PrivateHostConfig impatient = config();
    impatient.call_patience = std::chrono::seconds(10);
    auto created = PrivateHost::create(impatient);
    ASSERT_TRUE(created) << error_text(created.error());
    PrivateHost& host = **created;
    VTPMLAB_ASSERT_OK(host.boot());
    EXPECT_EQ(host.trouble(), std::nullopt);
    const std::string secret = random_uuid();
    const DomainSpec guest = domain(host, secret);
    VTPMLAB_ASSERT_OK(host.hypervisor().define_secret({secret, guest.uuid}, SecretValue("value")));
    VTPMLAB_ASSERT_OK(host.hypervisor().define(guest));

    const fs::path lock_file = host.directory() / "localca/.lock.swtpm-localca";
    UniqueFd lock(::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    ASSERT_TRUE(lock.is_open());
    ASSERT_EQ(::fchmod(lock.get(), 0666), 0); // swtpm's user opens it, too
    ASSERT_EQ(::flock(lock.get(), LOCK_EX | LOCK_NB), 0);
    const auto started = host.hypervisor().start(guest.uuid);
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().kind, ErrorKind::lab);
    EXPECT_EQ(started.error().message, "libvirt on compute-1 did not finish the start of domain " +
                                           guest.uuid +
                                           " within 10 s, so the host was powered off");
    ASSERT_TRUE(host.trouble());
    EXPECT_EQ(host.trouble()->message, started.error().message);
    EXPECT_TRUE(wait_until(Deadline::in(std::chrono::seconds(20)),
                           [&] { return processes_with(host.directory()).empty(); }));

    // With the lock gone, the same host works again.
    lock.reset();
    VTPMLAB_ASSERT_OK(host.power_off());
    VTPMLAB_ASSERT_OK(host.boot());
    EXPECT_EQ(host.trouble(), std::nullopt);
    VTPMLAB_ASSERT_OK(host.hypervisor().define_secret({secret, guest.uuid}, SecretValue("value")));
    VTPMLAB_EXPECT_OK(host.hypervisor().start(guest.uuid));
}

TEST_F(PrivateHostTest, CutsThePowerOfADaemonThatHangs) {
    PrivateHostConfig impatient = config();
    impatient.call_patience = std::chrono::seconds(5);
    auto created = PrivateHost::create(impatient);
    ASSERT_TRUE(created) << error_text(created.error());
    PrivateHost& host = **created;
    VTPMLAB_ASSERT_OK(host.boot());
    for (const pid_t pid : pids_of("libvirtd", host.directory()))
        ASSERT_EQ(::kill(pid, SIGSTOP), 0);
    const auto domains = host.hypervisor().domains();
    ASSERT_FALSE(domains);
    EXPECT_EQ(domains.error().message, "libvirt on compute-1 did not finish the list of domains "
                                       "within 5 s, so the host was powered off");
    VTPMLAB_ASSERT_OK(host.power_off());
    EXPECT_THAT(processes_with(host.directory()), IsEmpty());
}

TEST_F(PrivateHostTest, KnowsThatItsDaemonEndedByItself) {
    auto created = PrivateHost::create(config());
    ASSERT_TRUE(created) << error_text(created.error());
    PrivateHost& host = **created;
    VTPMLAB_ASSERT_OK(host.boot());
    for (const pid_t pid : pids_of("libvirtd", host.directory()))
        ASSERT_EQ(::kill(pid, SIGKILL), 0);
    ASSERT_TRUE(wait_until(Deadline::in(std::chrono::seconds(20)),
                           [&] { return host.trouble().has_value(); }));
    EXPECT_EQ(error_text(*host.trouble()),
              "error: libvirtd on compute-1 ended by itself: killed by signal 9 (Killed)\n"
              "  hint: among the artefacts, compute-1/libvirt/libvirtd.log tells its end\n");
    VTPMLAB_ASSERT_OK(host.power_off());
    EXPECT_EQ(host.trouble(), std::nullopt) << "a host that is off on purpose";
}

// spec: nova-vtpm §CFG-3
TEST_F(PrivateHostTest, DoesNotStartWithAnUnknownSwtpmUser) {
    HostSpec spec;
    spec.swtpm_user = "nobody-knows";
    auto created = PrivateHost::create(config(spec));
    ASSERT_TRUE(created) << error_text(created.error());
    const auto booted = (*created)->boot();
    ASSERT_FALSE(booted);
    EXPECT_EQ(booted.error().kind, ErrorKind::product);
    EXPECT_THAT(booted.error().message, HasSubstr("the host compute-1 did not start"));
    EXPECT_THAT(error_text(booted.error()), HasSubstr("Failed to parse user 'nobody-knows'"));
    EXPECT_EQ(booted.error().hint, "check swtpm_user and swtpm_group of the host");
    EXPECT_THAT(processes_with((*created)->directory()), IsEmpty());
}

TEST_F(PrivateHostTest, SaysThatItsDirectoryIsTooDeep) {
    PrivateHostConfig deep = config();
    deep.directory /= std::string(100, 'd');
    const auto created = PrivateHost::create(deep);
    ASSERT_FALSE(created);
    EXPECT_THAT(created.error().message, HasSubstr("is too long for a UNIX socket (107 bytes)"));
    EXPECT_EQ(created.error().hint, "choose a shorter directory with TMPDIR");
}

// In a child with a mount namespace of its own, where a small tmpfs may be mounted.
TEST_F(PrivateHostTest, SaysThatTheDiskIsFull) {
    PrivateHostConfig small = config();
    const fs::path told = run_.directory.path() / "told";
    const pid_t child = ::fork();
    if (child == 0) {
        fs::create_directories(small.directory);
        const uid_t user = ::geteuid();
        const gid_t group = ::getegid();
        const bool is_root = user == 0;
        if (::unshare(is_root ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) != 0 ||
            (!is_root && !map_self(user, group)) ||
            ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("none", small.directory.c_str(), "tmpfs", 0, "size=1m,mode=0755") != 0)
            ::_exit(77);
        auto created = PrivateHost::create(small);
        const auto booted = created ? (*created)->boot() : fail(std::move(created).error());
        ::_exit(!booted && write_file(told, error_text(booted.error())) ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        GTEST_SKIP() << "no mounts are allowed here";
    EXPECT_EQ(WEXITSTATUS(status), 0);
    const std::string text = read_file(told).value_or("nothing was said");
    EXPECT_THAT(text, HasSubstr("error: the disk of " + small.directory.string() + " is full: "));
    EXPECT_THAT(text, HasSubstr("hint: free some disk space, or choose another place with TMPDIR"));
}

TEST_F(PrivateHostTest, StartsSideBySideWithOthersOfItsName) {
    std::string uuids[2];
    {
        std::vector<std::thread> threads;
        for (std::string& uuid : uuids)
            threads.emplace_back([&] {
                auto lease = run_.pool.lease(HostSpec{});
                ASSERT_TRUE(lease) << error_text(lease.error());
                uuid = lease->hypervisor().capabilities()->host_uuid;
            });
        for (std::thread& thread : threads)
            thread.join();
    }
    EXPECT_NE(uuids[0], uuids[1]);
    EXPECT_GE(run_.pool.idle(), 1u);
}

TEST_F(PrivateHostTest, IsNotReusedWhenSomethingWasLeftInIt) {
    fs::path directory;
    {
        auto lease = run_.pool.lease(HostSpec{});
        ASSERT_TRUE(lease) << error_text(lease.error());
        directory = lease->host().directory();
        VTPMLAB_ASSERT_OK(lease->hypervisor().define(domain(lease->host(), random_uuid())));
        EXPECT_THAT(stores_of(lease->host()), UnorderedElementsAre("domain", "instance directory"));
    }
    EXPECT_EQ(run_.pool.idle(), 0u);
    EXPECT_FALSE(fs::exists(directory));
    EXPECT_THAT(processes_with(directory), IsEmpty());
}

// A libvirtd that starts without what it wrote down of a guest lets it run on, unknown to anybody:
// QEMU, swtpm and their sockets are what is left of a server that is otherwise gone.
TEST_F(PrivateHostTest, FindsAGuestThatLibvirtHasForgotten) {
    std::vector<pid_t> swtpms;
    {
        auto lease = run_.pool.lease(HostSpec{});
        ASSERT_TRUE(lease) << error_text(lease.error());
        PrivateHost& host = lease->host();
        EXPECT_THAT(stores_of(host), IsEmpty());
        const std::string secret = random_uuid();
        const DomainSpec spec = domain(host, secret);
        VTPMLAB_ASSERT_OK(
            host.hypervisor().define_secret({secret, spec.uuid}, SecretValue("hunter2 hunter2")));
        VTPMLAB_ASSERT_OK(host.hypervisor().define(spec));
        VTPMLAB_ASSERT_OK(host.hypervisor().start(spec.uuid));
        EXPECT_THAT(stores_of(host), UnorderedElementsAre("domain", "libvirt secret",
                                                          "swtpm directory", "instance directory"))
            << "the processes and sockets of a domain that runs are the domain's";

        ASSERT_TRUE(fs::remove(host.directory() / "run/qemu/instance-1.xml"));
        VTPMLAB_ASSERT_OK(host.restart_libvirtd());
        VTPMLAB_ASSERT_OK(host.hypervisor().undefine(spec.uuid, KeepTpm::no));
        fs::remove_all(spec.console_log.parent_path());
        const auto left = host.leftovers();
        ASSERT_TRUE(left) << error_text(left.error());
        swtpms = pids_of("swtpm", host.directory());
        ASSERT_EQ(swtpms.size(), 1u);
        std::vector<std::string> processes, sockets;
        for (const Leftover& one : *left) {
            EXPECT_EQ(one.host, "compute-1");
            EXPECT_THAT(one.what, testing::Not(HasSubstr("hunter2")));
            (one.store == "process" ? processes : sockets).push_back(one.what);
            EXPECT_TRUE(one.store == "process" || one.store == "socket") << one.store;
        }
        EXPECT_THAT(processes,
                    UnorderedElementsAre(
                        testing::StartsWith(fmt::format("{} /usr/bin/swtpm socket", swtpms[0])),
                        HasSubstr("qemu-system-x86_64 -name guest=instance-1")));
        EXPECT_THAT(sockets, testing::IsSupersetOf({
                                 testing::EndsWith("/qemu/instance-1.pid"),
                                 testing::EndsWith("-instance-1-swtpm.pid"),
                                 testing::EndsWith("-instance-1-swtpm.sock"),
                                 testing::EndsWith("-instance-1/monitor.sock"),
                             }));
    }
    EXPECT_EQ(run_.pool.idle(), 0u) << "such a host is lent to nobody";
    EXPECT_NE(::kill(swtpms[0], 0), 0) << "and what ran in it has gone with it";
}

} // namespace
} // namespace vtpmlab
