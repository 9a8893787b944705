#include "hypervisor/libvirt/host_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vtpmlab {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(LibvirtdConf, GivesTheHostItsOwnUuid) {
    EXPECT_EQ(libvirtd_conf("9abf1f3e-563d-44a6-82e1-c191c8c2ff3e", "/var/log/x.log"),
              R"(host_uuid = "9abf1f3e-563d-44a6-82e1-c191c8c2ff3e"
log_level = 3
log_outputs = "3:file:/var/log/x.log"
unix_sock_dir = "/run/libvirt"
unix_sock_rw_perms = "0700"
unix_sock_ro_perms = "0700"
auth_unix_rw = "none"
auth_unix_ro = "none"
)");
}

TEST(SessionConf, LeavesSocketsAndUsersToTheDaemon) {
    EXPECT_EQ(session_libvirtd_conf("9abf1f3e-563d-44a6-82e1-c191c8c2ff3e", "/run/x.log"),
              R"(host_uuid = "9abf1f3e-563d-44a6-82e1-c191c8c2ff3e"
log_level = 3
log_outputs = "3:file:/run/x.log"
)");
    EXPECT_THAT(session_qemu_conf(), Not(HasSubstr("user")));
}

TEST(QemuConf, NamesTheUserOfSwtpm) {
    HostSpec spec;
    spec.swtpm_user = "swtpm";
    spec.swtpm_group = "tss";
    EXPECT_EQ(qemu_conf(spec), R"(stdio_handler = "file"
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
remember_owner = 0
swtpm_user = "swtpm"
swtpm_group = "tss"
user = "root"
group = "root"
)");
}

TEST(EtcPasswd, AddsTheUsersOfAComputeHost) {
    EXPECT_EQ(etc_passwd("root:x:0:0:root:/root:/bin/sh\ntss:x:102:109::/:/bin/false"),
              "root:x:0:0:root:/root:/bin/sh\n"
              "tss:x:102:109::/:/bin/false\n"
              "libvirt-qemu:x:64055:64055::/:/usr/sbin/nologin\n"
              "swtpm:x:64156:64156::/:/usr/sbin/nologin\n");
}

TEST(EtcGroup, AddsTheGroupsOfAComputeHost) {
    EXPECT_EQ(etc_group("kvm:x:106:\nswtpm:x:7:\nlibvirt-qemu-x:x:1:\n"),
              "kvm:x:106:\nswtpm:x:7:\nlibvirt-qemu-x:x:1:\n"
              "libvirt-qemu:x:64055:\ntss:x:64155:\n");
}

TEST(UserNameIn, IsTheNumberOfWhoIsNotInTheFile) {
    EXPECT_EQ(user_name_in("root:x:0:0::/:\ntss:x:102:109::/:\n", 102), "tss");
    EXPECT_EQ(user_name_in("root:x:0:0::/:\nbroken\nx:y\n", 109), "uid 109");
}

} // namespace
} // namespace vtpmlab
