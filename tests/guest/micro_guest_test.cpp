// The micro guest on real QEMU and swtpm, judged by harness/evidence.

#include "core/error_text.h"
#include "evidence/guest_report.h"
#include "evidence/judge.h"
#include "micro_guest.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace vtpmlab {
namespace {

using namespace std::chrono_literals;
using test::MicroGuest;
using test::MicroGuestSpec;
using testing::HasSubstr;
using testing::IsEmpty;

// Generous: many guests may share few processors. What it takes is in guest/README.md.
GuestChannel::Deadline soon() { return std::chrono::steady_clock::now() + 60s; }

class Booted : public testing::Test {
protected:
    void SetUp() override {
        if (const auto missing = MicroGuest::missing_tool())
            GTEST_SKIP() << *missing;
    }
    void boot(const MicroGuestSpec& spec) {
        auto booted = MicroGuest::boot(spec);
        ASSERT_TRUE(booted) << error_text(booted.error());
        guest_.emplace(std::move(*booted));
    }
    void report() {
        auto channel = GuestChannel::connect(guest_->probe_socket(), soon());
        ASSERT_TRUE(channel) << error_text(channel.error()) << guest_->console();
        auto report = take_report(*channel, soon());
        ASSERT_TRUE(report) << error_text(report.error()) << guest_->console();
        report_ = std::move(*report);
        verdict_ = judge(report_);
        const auto off = channel->power_off(soon());
        ASSERT_TRUE(off) << error_text(off.error());
        ASSERT_EQ(guest_->wait(60s), ExitStatus{}) << guest_->console();
    }

    std::optional<MicroGuest> guest_;
    GuestReport report_;
    Verdict verdict_;
};

struct Pair {
    const char* name;
    TpmDevice tpm;
};
class BootedPair : public Booted, public testing::WithParamInterface<Pair> {};

// spec: nova-vtpm §4.6
TEST_P(BootedPair, ProvesItsTpm) {
    boot({.tpm = GetParam().tpm});
    ASSERT_FALSE(HasFatalFailure());
    report();
    ASSERT_FALSE(HasFatalFailure());

    EXPECT_THAT(objections(verdict_), IsEmpty()) << to_json(verdict_).dump(2);
    ASSERT_EQ(verdict_.tpm, GetParam().tpm) << to_json(verdict_).dump(2);
    EXPECT_THAT(summary(verdict_), HasSubstr("6 witnesses agree"));
    EXPECT_EQ(report_.vendor.value->manufacturer, "IBM");
    EXPECT_TRUE(report_.vendor.value->may_write);
    EXPECT_EQ(report_.endorsement_key.value->modulus.size(), 256u);
    EXPECT_EQ(report_.random.value->size(), 32u);
    EXPECT_EQ(report_.pcr_banks.value->front().pcrs.size(), 24u);
    // swtpm_setup locks the NV of a 1.2, and its certificate is its owner's.
    EXPECT_EQ(report_.endorsement_certificate.value.has_value(),
              GetParam().tpm.version == TpmVersion::v2_0);

    // What was written down says the same when it is read again.
    auto again = parse_report(to_json(report_));
    ASSERT_TRUE(again) << error_text(again.error());
    EXPECT_EQ(to_json(*again), to_json(report_));
}

INSTANTIATE_TEST_SUITE_P(Guests, BootedPair,
                         testing::Values(Pair{"Tpm12Tis", {TpmVersion::v1_2, TpmModel::tis}},
                                         Pair{"Tpm20Tis", {TpmVersion::v2_0, TpmModel::tis}},
                                         Pair{"Tpm20Crb", {TpmVersion::v2_0, TpmModel::crb}}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(Booted, ProvesThatItHasNoTpm) {
    boot({});
    ASSERT_FALSE(HasFatalFailure());
    report();
    ASSERT_FALSE(HasFatalFailure());

    EXPECT_EQ(verdict_.finding, Finding::no_tpm) << to_json(verdict_).dump(2);
    EXPECT_THAT(objections(verdict_), IsEmpty());
    EXPECT_EQ(summary(verdict_), "no TPM, 6 witnesses agree");
}

// Nova's stop and soft reboot ask for this.
TEST_F(Booted, TurnsItselfOffWhenThePowerButtonIsPressed) {
    boot({});
    ASSERT_FALSE(HasFatalFailure());
    ASSERT_TRUE(GuestChannel::connect(guest_->probe_socket(), soon())) << guest_->console();
    const auto pressed = guest_->press_power_button();
    ASSERT_TRUE(pressed) << error_text(pressed.error());
    EXPECT_EQ(guest_->wait(20s), ExitStatus{}) << guest_->console();
    EXPECT_THAT(guest_->console(), HasSubstr("init: the power button was pressed, powering off"));
}

TEST_F(Booted, IgnoresThePowerButtonWhenTheCommandLineSaysSo) {
    boot({.more_command_line = "vtpm_init_ignores_power_button"});
    ASSERT_FALSE(HasFatalFailure());
    auto channel = GuestChannel::connect(guest_->probe_socket(), soon());
    ASSERT_TRUE(channel) << guest_->console();
    const auto pressed = guest_->press_power_button();
    ASSERT_TRUE(pressed) << error_text(pressed.error());
    EXPECT_EQ(guest_->wait(3s), std::nullopt) << guest_->console();
    const auto hello = channel->request("hello", nlohmann::json::object(), soon());
    EXPECT_TRUE(hello) << error_text(hello.error());
}

TEST_F(Booted, SaysOnTheConsoleThatTheProbeDiedAndPowersOff) {
    boot({.probe_port = test::ProbePort::missing});
    ASSERT_FALSE(HasFatalFailure());
    ASSERT_EQ(guest_->wait(60s), ExitStatus{}) << guest_->console();
    EXPECT_THAT(guest_->console(), HasSubstr("vtpm-probe: /dev/ttyS1: Input/output error"));
    EXPECT_THAT(guest_->console(), HasSubstr("init: vtpm-probe died, powering off: exit code 1"));
}

TEST_F(Booted, IsSilentWhenTheKernelFindsNoInit) {
    boot({.more_command_line = "rdinit=/nowhere"});
    ASSERT_FALSE(HasFatalFailure());
    ASSERT_TRUE(wait_until(Deadline::in(60s), [this] {
        return guest_->console().find("Kernel panic") != std::string::npos;
    })) << guest_->console();
    const auto channel =
        GuestChannel::connect(guest_->probe_socket(), std::chrono::steady_clock::now() + 200ms);
    ASSERT_FALSE(channel);
    EXPECT_EQ(error_text(channel.error()),
              "error: the guest's probe did not answer in time\n"
              "  where: " +
                  guest_->probe_socket().string() +
                  "\n"
                  "  cause: not one byte came\n"
                  "  hint: the guest's console.log shows how far it came\n");
}

TEST_F(Booted, IsNotThereWhenQemuRefusesTheKernel) {
    boot({.kernel = "/dev/null"});
    ASSERT_FALSE(HasFatalFailure());
    ASSERT_EQ(guest_->wait(60s), (ExitStatus{1, 0})) << guest_->console();
    EXPECT_THAT(guest_->console(), HasSubstr("could not load kernel '/dev/null'"));
    const auto channel =
        GuestChannel::connect(guest_->probe_socket(), std::chrono::steady_clock::now() + 100ms);
    ASSERT_FALSE(channel);
    EXPECT_EQ(channel.error().kind, ErrorKind::lab);
    EXPECT_EQ(channel.error().hint, "QEMU's log tells whether it ran at all");
}

} // namespace
} // namespace vtpmlab
