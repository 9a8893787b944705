#include "xml/domain_capabilities.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace vtpmlab::xml {
namespace {

std::string file(const char* name) {
    std::ostringstream text;
    text << std::ifstream(std::string(VTPMLAB_TEST_DATA) + "/" + name).rdbuf();
    return text.str();
}

TEST(DomainCapabilities, OfLibvirtNineSayModelsAndVersions) {
    const auto capabilities =
        parse_domain_capabilities(file("domain_capabilities_libvirt_9.0.xml"));
    ASSERT_TRUE(capabilities);
    EXPECT_EQ(capabilities->machine, "pc-i440fx-7.2");
    EXPECT_TRUE(capabilities->supports_emulated_tpm);
    EXPECT_EQ(capabilities->tpm_models, (std::set{TpmModel::tis, TpmModel::crb}));
    EXPECT_EQ(capabilities->tpm_versions, (std::set{TpmVersion::v1_2, TpmVersion::v2_0}));
}

// spec: nova-vtpm §SCH-9: before 8.6 there is no backendVersion.
TEST(DomainCapabilities, OfAnOlderLibvirtSayNoVersions) {
    const auto capabilities = parse_domain_capabilities(
        "<domainCapabilities><machine>pc-i440fx-6.2</machine><devices><tpm supported='yes'>"
        "<enum name='model'><value>tpm-tis</value><value>tpm-spapr</value></enum>"
        "<enum name='backendModel'><value>passthrough</value><value>emulator</value></enum>"
        "</tpm></devices></domainCapabilities>");
    ASSERT_TRUE(capabilities);
    EXPECT_TRUE(capabilities->supports_emulated_tpm);
    EXPECT_EQ(capabilities->tpm_models, std::set{TpmModel::tis});
    EXPECT_TRUE(capabilities->tpm_versions.empty());
}

TEST(DomainCapabilities, WithoutSwtpmSayNo) {
    for (const char* tpm : {"<tpm supported='no'/>", "",
                            "<tpm supported='yes'><enum "
                            "name='backendModel'><value>passthrough</value></enum></tpm>"}) {
        const auto capabilities = parse_domain_capabilities(
            std::string("<domainCapabilities><devices>") + tpm + "</devices></domainCapabilities>");
        ASSERT_TRUE(capabilities) << tpm;
        EXPECT_FALSE(capabilities->supports_emulated_tpm) << tpm;
    }
}

} // namespace
} // namespace vtpmlab::xml
