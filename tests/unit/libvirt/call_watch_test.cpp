// A hung call, without a libvirt that hangs.

#include "core/error_text.h"
#include "core/files.h"
#include "hypervisor/libvirt/watched_hypervisor.h"
#include "support/mischievous_hypervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

namespace vtpmlab {
namespace {

using namespace std::chrono_literals;

TEST(CallWatch, LetsACallBeThatReturns) {
    std::atomic<int> ended = 0;
    {
        CallWatch watch(1h, [&] { ++ended; });
        { const auto call = watch.begin("list of domains"); }
        const auto outer = watch.begin("start of domain a");
        const auto inner = watch.begin("start of domain b");
        EXPECT_FALSE(watch.hung());
    }
    EXPECT_EQ(ended, 0);
}

TEST(WatchedHypervisor, EndsACallThatHangsAndNamesIt) {
    test::MischievousHypervisor hypervisor(model::ModelConfig{});
    std::atomic<int> ended = 0;
    CallWatch watch(20ms, [&] {
        ++ended;
        hypervisor.release(); // as a power cut makes libvirt's calls return
    });
    const auto logs = TemporaryDirectory::create("vtpmlab-calls");
    ASSERT_TRUE(logs);
    WatchedHypervisor watched(hypervisor, watch, "compute-1", logs->path() / "calls");
    EXPECT_TRUE(watched.domains());

    hypervisor.fail_at("start", "Cannot recv data: Connection reset by peer");
    hypervisor.hold_starts();
    const auto started = watched.start("6f1c");
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().kind, ErrorKind::lab);
    EXPECT_EQ(error_text(started.error()),
              "error: libvirt on compute-1 did not finish the start of domain 6f1c within 0.02 s, "
              "so the host was powered off\n"
              "  hint: among the artefacts, compute-1/libvirt/libvirtd.log and the logs of QEMU "
              "and swtpm below compute-1 show how far it came\n");

    // The host is off: what fails from now on fails for the same reason, and it is cut only once.
    hypervisor.fail_at("define", "Cannot write data: Broken pipe");
    EXPECT_EQ(watched.define({}).error().message, started.error().message);
    EXPECT_EQ(ended, 1);

    // Booted again, it works, and is watched as before.
    watch.forget();
    hypervisor.forgive();
    EXPECT_TRUE(watched.domains());
    hypervisor.hold_starts();
    EXPECT_FALSE(watched.start("6f1c")) << "there is no such domain";
    EXPECT_EQ(ended, 2);
    EXPECT_THAT(read_file(logs->path() / "calls").value(),
                testing::ContainsRegex("[0-9T:-]+\\.[0-9][0-9][0-9]Z [0-9]+ ms list of domains\n"
                                       ".*Z [0-9]+ ms start of domain 6f1c, refused\n"));
}

} // namespace
} // namespace vtpmlab
