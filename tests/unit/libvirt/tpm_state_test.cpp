#include "hypervisor/libvirt/tpm_state.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace vtpmlab {
namespace {

using Bytes = std::vector<unsigned char>;

// The first bytes of blobs swtpm 0.7.1 wrote.
const Bytes encrypted = {0x02, 0x01, 0x00, 0x0a, 0x00, 0x09, 0x00, 0x00,
                         0x18, 0x1c, 0x00, 0x02, 0x00, 0x00, 0x17, 0xc0};
const Bytes plain = {0x02, 0x01, 0x00, 0x0a, 0x00, 0x00, 0x00, 0x00,
                     0x17, 0xd4, 0x00, 0x01, 0x00, 0x00, 0x17, 0xc4};

std::string name_of(uid_t uid) { return uid == 102 ? "tss" : "root"; }

TEST(IsEncryptedBlob, ReadsTheHeadersFlag) {
    EXPECT_TRUE(is_encrypted_blob(encrypted));
    EXPECT_FALSE(is_encrypted_blob(plain));
}

TEST(IsEncryptedBlob, IsFalseForWhatIsNoBlob) {
    EXPECT_FALSE(is_encrypted_blob({}));
    EXPECT_FALSE(is_encrypted_blob(std::span(encrypted).first(9)));
    EXPECT_FALSE(is_encrypted_blob(Bytes(16, 0xff)));
}

TEST(TpmStatesIn, TellsVersionOwnerModeAndEncryption) {
    const std::vector<FileEntry> tree = {
        {"bbb", S_IFDIR | 0711, 0, 4096, {}},
        {"bbb/tpm1.2", S_IFDIR | 0700, 102, 4096, {}},
        {"bbb/tpm1.2/tpm-00.permall", S_IFREG | 0600, 102, 3836, plain},
        {"aaa", S_IFDIR | 0711, 0, 4096, {}},
        {"aaa/tpm2", S_IFDIR | 0700, 102, 4096, {}},
        {"aaa/tpm2/.lock", S_IFREG | 0640, 102, 0, {}},
        {"aaa/tpm2/tpm2-00.permall", S_IFREG | 0600, 102, 6172, encrypted},
    };
    const auto states = tpm_states_in(tree, "/h1/lib/swtpm", name_of);
    ASSERT_EQ(states.size(), 2u);
    EXPECT_EQ(states[0].directory, "/h1/lib/swtpm/aaa");
    EXPECT_EQ(states[0].version, TpmVersion::v2_0);
    EXPECT_EQ(states[0].owner, "tss");
    EXPECT_EQ(states[0].mode, 0700u);
    EXPECT_TRUE(states[0].is_encrypted);
    EXPECT_EQ(states[0].size_bytes, 6172u);
    EXPECT_EQ(states[1].version, TpmVersion::v1_2);
    EXPECT_FALSE(states[1].is_encrypted);
    EXPECT_EQ(states[1].size_bytes, 3836u);
}

TEST(TpmStatesIn, CountsADirectoryWithoutState) {
    const auto states = tpm_states_in({{"aaa", S_IFDIR | 0711, 0, 4096, {}}}, "/swtpm", name_of);
    ASSERT_EQ(states.size(), 1u);
    EXPECT_EQ(states[0].version, std::nullopt);
    EXPECT_EQ(states[0].owner, "root");
    EXPECT_FALSE(states[0].is_encrypted);
}

} // namespace
} // namespace vtpmlab
