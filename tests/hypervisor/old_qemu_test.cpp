// A host whose QEMU has no CRB: what libvirt says to a domain that asks for one. The QEMU is this
// machine's; libvirt is told otherwise by its own cache of what that QEMU can do, which it believes
// as long as the program's time is the same.

#include "core/error_text.h"
#include "core/files.h"
#include "host_fixture.h"

#include <vtpmlab/encoding.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;

HostPoolConfig with_cache(const RunDirectory& run, const fs::path& cache) {
    return {.run_directory = run.path(),
            .hosts_lock = run.hosts_lock(),
            .accelerator = "tcg",
            .capabilities_cache = cache};
}

// Every line that names the flag goes.
Status forget_flag(const fs::path& file, std::string_view flag) {
    VTPMLAB_TRY(const std::string text, read_file(file));
    std::string kept;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size() - 1) + 1;
        const std::string_view line = std::string_view(text).substr(begin, end - begin);
        if (line.find("'" + std::string(flag) + "'") == std::string_view::npos)
            kept += line;
        begin = end;
    }
    if (kept == text)
        return fail(ErrorKind::lab, "libvirt's cache does not name the flag", file.string());
    return write_file(file, kept, FileMode::owner_only);
}

// spec: nova-vtpm §11.2 H03
TEST(OldQemu, IsRefusedACrbWhenTheDomainIsDefined) {
    if (const auto why = why_no_hosts())
        GTEST_SKIP() << *why;
    const auto cache = TemporaryDirectory::create("vtpmlab-cache");
    ASSERT_TRUE(cache);
    {
        const auto run = RunDirectory::create();
        ASSERT_TRUE(run);
        HostPool pool(with_cache(*run, cache->path()));
        const auto lease = pool.lease(HostSpec{});
        ASSERT_TRUE(lease) << error_text(lease.error());
        ASSERT_TRUE(lease->hypervisor().capabilities());
    }
    for (const auto& entry : fs::directory_iterator(cache->path()))
        ASSERT_TRUE(forget_flag(entry.path(), "tpm-crb"));

    const auto run = RunDirectory::create();
    ASSERT_TRUE(run);
    HostPool pool(with_cache(*run, cache->path()));
    auto lease = pool.lease(HostSpec{});
    ASSERT_TRUE(lease) << error_text(lease.error());
    Hypervisor& hypervisor = lease->hypervisor();
    const auto capabilities = hypervisor.capabilities();
    ASSERT_TRUE(capabilities) << error_text(capabilities.error());
    EXPECT_EQ(capabilities->tpm_models, std::set{TpmModel::tis});

    DomainSpec domain;
    domain.uuid = random_uuid();
    domain.name = "instance-00000001";
    domain.memory_mib = 64;
    const auto directory = lease->host().instances_directory() / domain.uuid;
    fs::create_directories(directory);
    domain.console_log = directory / "console.log";
    domain.probe_socket = directory / "probe.sock";
    domain.tpm = DomainTpm{{TpmVersion::v2_0, TpmModel::crb}, random_uuid()};
    const Status defined = hypervisor.define(domain);
    ASSERT_FALSE(defined);
    EXPECT_THAT(
        error_text(defined.error()),
        testing::MatchesRegex("error: unsupported configuration: The QEMU executable .* does "
                              "not support TPM model tpm-crb "
                              "\\(VIR_ERR_CONFIG_UNSUPPORTED, 67\\)\n"
                              "  where: virDomainDefineXML on compute-1\n"));
    fs::remove_all(directory);
}

} // namespace
} // namespace vtpmlab
