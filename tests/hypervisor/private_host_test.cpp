// What a private host does: its power, its daemon's users and directories, its logs.

#include "hypervisor/libvirt/host_layout.h"
#include "private_host_fixture.h"

#include <unistd.h>

#include <thread>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

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

TEST_F(PrivateHostTest, LosesPowerAsAMachineDoes) {
    auto created = PrivateHost::create(config());
    ASSERT_TRUE(created) << error_text(created.error());
    PrivateHost& host = **created;
    VTPMLAB_ASSERT_OK(host.boot());

    const std::string secret = random_uuid();
    const DomainSpec spec = domain(host, secret);
    const SecretValue passphrase("a passphrase");
    VTPMLAB_ASSERT_OK(define_and_start(host, spec, passphrase));
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

    const DomainSpec spec = domain(host);
    VTPMLAB_ASSERT_OK(define_and_start(host, spec, SecretValue("a passphrase")));
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
    const DomainSpec spec = domain(host);
    VTPMLAB_ASSERT_OK(define_and_start(host, spec, SecretValue("value")));

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
    const DomainSpec guest = domain(host);
    VTPMLAB_ASSERT_OK(define_and_start(host, guest, SecretValue("value")));
    ASSERT_EQ(host.tpm_states()->size(), 1u);
    EXPECT_EQ(host.tpm_states()->front().owner, "swtpm");
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

} // namespace
} // namespace vtpmlab
