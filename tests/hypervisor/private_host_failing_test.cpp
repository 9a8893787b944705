// How a private host tells that it cannot start, or that it failed by itself.

#include "private_host_fixture.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

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

} // namespace
} // namespace vtpmlab
