#include "hypervisor/libvirt/guest_traces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace vtpmlab {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string uuid = "6b1f2c3d-0000-4000-8000-000000000001";

std::vector<std::string> texts(const std::vector<Leftover>& left) {
    std::vector<std::string> texts;
    for (const auto& one : left)
        texts.push_back(one.store + " on " + one.host + ": " + one.what);
    return texts;
}

std::vector<DomainInfo> domains(DomainState state) {
    DomainInfo domain;
    domain.uuid = uuid;
    domain.name = "instance-00000001";
    domain.state = state;
    return {domain};
}

const std::vector<RunningProcess> planted = {
    {41, 2, {"/usr/bin/swtpm", "socket", "--tpmstate", "dir=/var/lib/libvirt/swtpm/" + uuid}},
    {43, 2, {"/usr/bin/qemu-system-x86_64", "-uuid", uuid}},
};

TEST(StrayProcesses, AreThoseOfNoDomainThatRuns) {
    EXPECT_THAT(stray_processes("a", planted, domains(DomainState::running)), IsEmpty());
    EXPECT_THAT(stray_processes("a", planted, domains(DomainState::paused)), IsEmpty());
    EXPECT_THAT(texts(stray_processes("a", planted, {})),
                ElementsAre("process on a: 41 /usr/bin/swtpm socket --tpmstate "
                            "dir=/var/lib/libvirt/swtpm/" +
                                uuid,
                            "process on a: 43 /usr/bin/qemu-system-x86_64 -uuid " + uuid));
    EXPECT_EQ(stray_processes("a", planted, domains(DomainState::shut_off)).size(), 2u)
        << "a domain that is off has no processes";
}

TEST(StrayProcesses, AreTheStrangersBesideADomainThatRuns) {
    auto running = planted;
    running.push_back({44, 2, {"/usr/bin/swtpm_setup", "--vmid", "instance-00000002"}});
    EXPECT_THAT(texts(stray_processes("a", running, domains(DomainState::running))),
                ElementsAre("process on a: 44 /usr/bin/swtpm_setup --vmid instance-00000002"));
}

TEST(StrayProcesses, TellNoSecret) {
    EXPECT_EQ(command_text({"swtpm", "--key", "pwd=swordfish,mode=aes-256-cbc"}),
              "swtpm --key pwd=***,mode=aes-256-cbc");
    EXPECT_EQ(command_text({"swtpm", "--key", "pwdfd=33,mode=aes-256-cbc"}),
              "swtpm --key pwdfd=33,mode=aes-256-cbc");
    EXPECT_EQ(command_text({"qemu", "-object", R"({"qom-type":"secret","data":"c3dvcmQ="})"}),
              R"(qemu -object {"qom-type":"secret","data":"***"})");
    EXPECT_EQ(command_text({"tool", "password: swordfish"}), "tool password: ***");
    EXPECT_LT(command_text({std::string(9999, 'x')}).size(), 400u);
}

const std::vector<FileEntry> files = {
    {"driver.pid", S_IFREG, 0, 0, {}},
    {"instance-00000001.pid", S_IFREG, 0, 0, {}},
    {"instance-00000001.xml", S_IFREG, 0, 0, {}},
    {"swtpm", S_IFDIR, 0, 0, {}},
    {"swtpm/1-instance-00000001-swtpm.pid", S_IFREG, 0, 0, {}},
    {"swtpm/1-instance-00000001-swtpm.sock", S_IFSOCK, 0, 0, {}},
    {"domain-1-instance-00000001/monitor.sock", S_IFSOCK, 0, 0, {}},
    {"domain-1-instance-00000001/master-key.aes", S_IFREG, 0, 0, {}},
};

TEST(StraySockets, AreThoseOfNoDomainThatRuns) {
    EXPECT_THAT(stray_sockets("a", "/run", files, domains(DomainState::running)), IsEmpty());
    EXPECT_THAT(texts(stray_sockets("a", "/run", files, {})),
                ElementsAre("socket on a: /run/instance-00000001.pid",
                            "socket on a: /run/swtpm/1-instance-00000001-swtpm.pid",
                            "socket on a: /run/swtpm/1-instance-00000001-swtpm.sock",
                            "socket on a: /run/domain-1-instance-00000001/monitor.sock"));
}

TEST(StraySockets, AreNotTakenForThoseOfAnotherName) {
    auto running = domains(DomainState::running);
    running[0].name = "instance-0000000";
    EXPECT_EQ(stray_sockets("a", "/run", files, running).size(), 4u);
    // libvirt cuts a long name.
    running[0].name = "name-of-more-than-twenty-letters";
    EXPECT_THAT(stray_sockets("a", "/run",
                              {{"swtpm/7-name-of-more-than-tw-swtpm.sock", S_IFSOCK, 0, 0, {}},
                               {"domain-7-name-of-more-than-tw/monitor.sock", S_IFSOCK, 0, 0, {}}},
                              running),
                IsEmpty());
}

} // namespace
} // namespace vtpmlab
