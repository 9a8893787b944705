// What is found of a case that left something in its host.

#include "private_host_fixture.h"

#include <fmt/format.h>

#include <csignal>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

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
        const DomainSpec spec = domain(host);
        VTPMLAB_ASSERT_OK(define_and_start(host, spec, SecretValue("hunter2 hunter2")));
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
