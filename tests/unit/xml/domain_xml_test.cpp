#include "xml/domain_xml.h"

#include <gtest/gtest.h>

namespace vtpmlab::xml {
namespace {

DomainSpec spec() {
    DomainSpec spec;
    spec.uuid = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
    spec.name = "instance-00000001";
    spec.display_name = "a <server> & more";
    spec.memory_mib = 128;
    spec.boot = DirectBoot{"/base/kernel", "/base/initrd", "console=ttyS0"};
    spec.disk = "/instances/a/disk";
    spec.console_log = "/instances/a/console.log";
    spec.probe_socket = "/instances/a/probe.sock";
    spec.tpm = DomainTpm{{TpmVersion::v2_0, TpmModel::crb}, "11111111-2222-4333-8444-555555555555"};
    return spec;
}

constexpr const char* golden = R"(<domain type="qemu">
  <uuid>aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee</uuid>
  <name>instance-00000001</name>
  <title>a &lt;server&gt; &amp; more</title>
  <memory unit="MiB">128</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch="x86_64" machine="pc">hvm</type>
    <kernel>/base/kernel</kernel>
    <initrd>/base/initrd</initrd>
    <cmdline>console=ttyS0</cmdline>
  </os>
  <features>
    <acpi />
  </features>
  <clock offset="utc" />
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <disk type="file" device="disk">
      <driver name="qemu" type="raw" />
      <source file="/instances/a/disk" />
      <target dev="vda" bus="virtio" />
    </disk>
    <controller type="usb" model="none" />
    <serial type="file">
      <source path="/instances/a/console.log" append="on" />
      <target port="0" />
    </serial>
    <serial type="unix">
      <source mode="bind" path="/instances/a/probe.sock" />
      <target port="1" />
    </serial>
    <tpm model="tpm-crb">
      <backend type="emulator" version="2.0">
        <encryption secret="11111111-2222-4333-8444-555555555555" />
      </backend>
    </tpm>
    <memballoon model="none" />
  </devices>
</domain>
)";

TEST(DomainXml, IsGolden) { EXPECT_EQ(domain_xml(spec(), {}), golden); }

TEST(DomainXml, WithoutATpmHasNone) {
    DomainSpec plain = spec();
    plain.tpm.reset();
    const std::string text = domain_xml(plain, {});
    EXPECT_EQ(text.find("tpm"), std::string::npos);
    EXPECT_EQ(parse_domain_tpm(text).value(), std::nullopt);
}

TEST(DomainXml, UsesKvmOnlyWhenTold) {
    EXPECT_EQ(domain_xml(spec(), {.accelerator = "kvm", .machine = "pc"}).substr(0, 19),
              "<domain type=\"kvm\">");
}

// What libvirt shows names things a second time; the paths change, and nothing else.
TEST(MovedDomainXml, HasThePathsOfTheOtherHost) {
    DomainSpec there = spec();
    there.boot->kernel = "/other/kernel";
    there.boot->initrd = "/other/initrd";
    there.disk = "/other/disk";
    there.console_log = "/other/console.log";
    there.probe_socket = "/other/probe.sock";
    EXPECT_EQ(move_domain_xml(domain_xml(spec(), {}), there).value(), domain_xml(there, {}));

    const auto twice =
        move_domain_xml("<domain><uuid>aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee</uuid><os/><devices>"
                        "<console type='file'><source path='/instances/a/console.log'/></console>"
                        "</devices></domain>",
                        [&] {
                            DomainSpec bare = there;
                            bare.boot.reset();
                            bare.disk.reset();
                            return bare;
                        }());
    ASSERT_TRUE(twice) << twice.error().message;
    EXPECT_NE(twice->find("/other/console.log"), std::string::npos);
}

TEST(MovedDomainXml, IsRefusedForAnotherGuest) {
    const std::string live = domain_xml(spec(), {});
    DomainSpec other = spec();
    other.uuid = "ffffffff-bbbb-4ccc-8ddd-eeeeeeeeeeee";
    EXPECT_EQ(move_domain_xml(live, other).error().message,
              "the domain to move is aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee, not "
              "ffffffff-bbbb-4ccc-8ddd-eeeeeeeeeeee");
    DomainSpec diskless = spec();
    diskless.disk.reset();
    EXPECT_FALSE(move_domain_xml(live, diskless));
    DomainSpec bootless = spec();
    bootless.boot.reset();
    EXPECT_FALSE(move_domain_xml(live, bootless));
    EXPECT_FALSE(move_domain_xml("<domain", spec()));
}

TEST(DomainTpm, IsReadBackAsItWasWritten) {
    for (const auto device :
         {TpmDevice{TpmVersion::v1_2, TpmModel::tis}, TpmDevice{TpmVersion::v2_0, TpmModel::tis},
          TpmDevice{TpmVersion::v2_0, TpmModel::crb}}) {
        DomainSpec written = spec();
        written.tpm->device = device;
        EXPECT_EQ(parse_domain_tpm(domain_xml(written, {})).value(), written.tpm);
    }
}

TEST(DomainTpm, APlaintextOrForeignOneIsAFindingOfItsOwn) {
    const auto message = [](const std::string& tpm) {
        return parse_domain_tpm("<domain><devices>" + tpm + "</devices></domain>").error().message;
    };
    EXPECT_EQ(message("<tpm model='tpm-tis'><backend type='emulator' version='2.0'/></tpm>"),
              "the domain's TPM state is not encrypted");
    EXPECT_EQ(message("<tpm model='tpm-tis'><backend type='passthrough'/></tpm>"),
              "the domain's TPM backend is 'passthrough', expected 'emulator'");
    EXPECT_EQ(message("<tpm model='tpm-spapr'><backend type='emulator' version='2.0'/></tpm>"),
              "the domain's TPM is model 'tpm-spapr', version '2.0'");
    EXPECT_EQ(message("<tpm/><tpm/>"), "the domain has 2 TPMs, expected one");
}

} // namespace
} // namespace vtpmlab::xml
