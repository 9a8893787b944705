// The witness in real guests, through everything a cloud does to a server, done here with the
// hypervisor's own calls: the table of harness/evidence/witness_table is true on real libvirt, QEMU
// and swtpm.

#include "core/error_text.h"
#include "evidence/guest_channel.h"
#include "evidence/witness.h"
#include "evidence/witness_table.h"
#include "hypervisor/libvirt/host_pool.h"
#include "process/deadline.h"
#include "process/process.h"
#include "process/run_directory.h"

#include <vtpmlab/encoding.h>
#include <vtpmlab/witness_block.h>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>

namespace vtpmlab {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct Pair {
    const char* name;
    TpmDevice tpm;
};

class WitnessInGuests : public testing::TestWithParam<Pair> {
protected:
    void SetUp() override {
        for (const char* tool : {"libvirtd", "qemu-system-x86_64", "swtpm", "swtpm_setup"})
            if (!find_program(tool))
                GTEST_SKIP() << tool << " is not installed";
        for (std::size_t which = 0; which < leases_.size(); ++which) {
            HostSpec spec;
            spec.name = "compute-" + std::to_string(which + 1);
            auto lease = pool_.lease(spec);
            ASSERT_TRUE(lease) << error_text(lease.error());
            leases_[which].emplace(std::move(*lease));
        }
        domain_.uuid = random_uuid();
        domain_.name = "instance-00000001";
        domain_.memory_mib = 256;
        domain_.tpm = DomainTpm{GetParam().tpm, random_uuid()};
        domain_.boot =
            DirectBoot{fs::path(VTPMLAB_GUEST_DIRECTORY) / "vmlinuz",
                       fs::path(VTPMLAB_GUEST_DIRECTORY) / "initramfs", VTPMLAB_GUEST_COMMAND_LINE};
        secret_ = {domain_.tpm->secret_uuid, domain_.uuid, false, false};
    }

    PrivateHost& host(std::size_t which) { return leases_.at(which)->host(); }
    Hypervisor& hypervisor() { return host(here_).hypervisor(); }

    DomainSpec at(std::size_t which) {
        DomainSpec domain = domain_;
        const fs::path directory = host(which).instances_directory() / domain.uuid;
        fs::create_directories(directory);
        domain.console_log = directory / "console.log";
        domain.probe_socket = directory / "probe.sock";
        domain.disk = directory / "disk";
        if (!fs::exists(*domain.disk))
            make_disk(*domain.disk);
        return domain;
    }

    // As an image has it, and as Nova makes it at the destination of a live migration.
    static void make_disk(const fs::path& file) {
        std::array<unsigned char, witness_block::size> block;
        witness_block::prepare(block);
        std::string content(65536, '\0');
        std::ranges::copy(block, content.begin() + witness_block::offset);
        std::ofstream(file, std::ios::binary) << content;
    }

    void must(const Status& status) { ASSERT_TRUE(status) << error_text(status.error()); }
    void define_and_start() {
        must(hypervisor().define_secret(secret_, passphrase_));
        must(hypervisor().define(at(here_)));
        must(hypervisor().start(domain_.uuid));
    }

    AskProbe probe() {
        return [this](std::string_view op, const nlohmann::json& params) -> Result<nlohmann::json> {
            const auto deadline = std::chrono::steady_clock::now() + 120s;
            VTPMLAB_TRY(auto channel, GuestChannel::connect(at(here_).probe_socket, deadline));
            return channel.request(op, params, deadline);
        };
    }

    void expect_after(const char* operation) {
        SCOPED_TRACE(operation);
        const OperationRow* row = find_operation(operation);
        ASSERT_NE(row, nullptr);
        auto now = look_for_witness(probe(), set_);
        ASSERT_TRUE(now) << error_text(now.error());
        const auto judgement = judge_witness(*row, set_, *now);
        EXPECT_EQ(judgement.verdict, WitnessVerdict::as_expected)
            << headline(judgement, *row) << '\n'
            << testing::PrintToString(disagreements(judgement)) << '\n'
            << to_json(set_.then).dump(1) << to_json(*now).dump(1);
        set_ = carried_on(std::move(set_), *now);
    }

    RunDirectory run_ = RunDirectory::create().value();
    HostPool pool_{HostPoolConfig{.run_directory = run_.path(),
                                  .hosts_lock = run_.hosts_lock(),
                                  .accelerator = "tcg",
                                  .capabilities_cache = default_capabilities_cache()}};
    std::array<std::optional<HostLease>, 2> leases_;
    std::size_t here_ = 0;
    DomainSpec domain_;
    SecretSpec secret_;
    SecretValue passphrase_{"correct horse battery staple"};
    WitnessSet set_;
};

TEST_P(WitnessInGuests, GoesThroughEverythingACloudDoes) {
    const std::string& uuid = domain_.uuid;
    define_and_start();
    ASSERT_FALSE(HasFatalFailure());
    auto set = set_witness(probe(), GetParam().tpm.version);
    ASSERT_TRUE(set) << error_text(set.error());
    set_ = std::move(*set);
    must(mark_disk(probe(), set_));
    expect_after("nothing");

    must(hypervisor().suspend(uuid));
    must(hypervisor().resume(uuid));
    expect_after("pause and unpause");

    must(hypervisor().managed_save(uuid));
    must(hypervisor().start(uuid));
    expect_after("suspend and resume");

    must(host(here_).restart_libvirtd());
    expect_after("libvirtd restart");

    Migration migration;
    migration.destination = host(1).hypervisor().uri();
    migration.domain = at(1);
    must(host(1).hypervisor().define_secret(secret_, passphrase_));
    must(hypervisor().migrate(uuid, migration));
    ASSERT_FALSE(HasFatalFailure());
    here_ = 1;
    expect_after("live migration");

    // Nova's hard reboot, and its start after a stop.
    must(hypervisor().destroy(uuid));
    must(hypervisor().undefine(uuid, KeepTpm::yes));
    define_and_start();
    expect_after("hard reboot");

    must(host(here_).power_off());
    must(host(here_).boot());
    must(hypervisor().start(uuid));
    expect_after("power loss");

    // Nova's cold migration back to the first host, whose old disk has an older mark.
    must(mark_disk(probe(), set_));
    must(hypervisor().destroy(uuid));
    const fs::path resized = host(1).instances_directory() / (uuid + "_resize") / "swtpm";
    const auto saved = host(1).save_tpm_state(uuid, resized);
    ASSERT_TRUE(saved) << error_text(saved.error());
    ASSERT_TRUE(*saved);
    must(hypervisor().undefine(uuid, KeepTpm::yes));
    here_ = 0;
    const fs::path received = host(0).instances_directory() / uuid / "swtpm";
    must(host(0).receive(host(1).instances_directory() / uuid / "disk",
                         host(0).instances_directory() / uuid / "disk"));
    must(host(0).receive(resized, received));
    must(host(0).restore_tpm_state(received / uuid, "tss", "tss"));
    define_and_start();
    expect_after("cold migration");

    const auto rebooting = probe()("reboot", nlohmann::json::object());
    ASSERT_TRUE(rebooting) << error_text(rebooting.error());
    // The line to the guest stays; the one who greets next is the probe of the next boot.
    const fs::path console = at(here_).console_log;
    ASSERT_TRUE(wait_until(Deadline::in(60s), [&] {
        std::ifstream stream(console);
        const std::string text((std::istreambuf_iterator<char>(stream)), {});
        return text.find("reboot: Restarting system") != std::string::npos;
    }));
    expect_after("reboot in the guest");

    // libvirt before 8.9, and every release before the fix.
    must(hypervisor().destroy(uuid));
    must(hypervisor().undefine(uuid, KeepTpm::no));
    define_and_start();
    const WitnessSet before = set_;
    expect_after("stop and start, libvirt before 8.9");
    // Nobody who expected the same TPM would be left in peace.
    auto now = look_for_witness(probe(), before);
    ASSERT_TRUE(now) << error_text(now.error());
    const OperationRow& same = *find_operation("stop and start");
    const auto judgement = judge_witness(same, before, *now);
    EXPECT_EQ(judgement.verdict, WitnessVerdict::silently_fresh);
    EXPECT_THAT(headline(judgement, same), testing::StartsWith("SILENTLY FRESH TPM"));

    // And nobody who expected the same disk.
    must(hypervisor().destroy(uuid));
    make_disk(*at(here_).disk);
    must(hypervisor().start(uuid));
    now = look_for_witness(probe(), set_);
    ASSERT_TRUE(now) << error_text(now.error());
    EXPECT_THAT(disagreements(judge_witness(same, set_, *now)),
                testing::Contains("disk: expected same, found reset (as its image has it)"));

    must(hypervisor().destroy(uuid));
    must(hypervisor().undefine(uuid, KeepTpm::no));
}

INSTANTIATE_TEST_SUITE_P(Guests, WitnessInGuests,
                         testing::Values(Pair{"Tpm12Tis", {TpmVersion::v1_2, TpmModel::tis}},
                                         Pair{"Tpm20Crb", {TpmVersion::v2_0, TpmModel::crb}}),
                         [](const auto& row) { return std::string(row.param.name); });

} // namespace
} // namespace vtpmlab
