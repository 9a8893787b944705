#include "hypervisor/libvirt/domain_states.h"

#include <gtest/gtest.h>

namespace vtpmlab::vir {
namespace {

TEST(DomainStates, AreLibvirts) {
    EXPECT_EQ(state_of(VIR_DOMAIN_BLOCKED), DomainState::running);
    EXPECT_EQ(state_of(VIR_DOMAIN_PMSUSPENDED), DomainState::paused);
    EXPECT_EQ(state_of(VIR_DOMAIN_SHUTOFF), DomainState::shut_off);
    EXPECT_EQ(state_of(VIR_DOMAIN_CRASHED), DomainState::crashed);
    EXPECT_EQ(state_of(VIR_DOMAIN_SHUTDOWN), DomainState::other);
    EXPECT_EQ(state_of(99), DomainState::other);
}

// The last reason of each state that libvirt 8.0 knows, and one nobody knows.
TEST(DomainStates, HaveLibvirtsReasons) {
    EXPECT_EQ(reason_of(VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_POSTCOPY), "postcopy");
    EXPECT_EQ(reason_of(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_POSTCOPY_FAILED), "postcopy failed");
    EXPECT_EQ(reason_of(VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_DAEMON), "daemon");
    EXPECT_EQ(reason_of(VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_CRASHED), "crashed");
    EXPECT_EQ(reason_of(VIR_DOMAIN_RUNNING, -1), "unknown");
    EXPECT_EQ(reason_of(VIR_DOMAIN_RUNNING, 99), "unknown");
    EXPECT_EQ(reason_of(VIR_DOMAIN_PMSUSPENDED, 0), "unknown");
}

TEST(DomainStates, MakeEventsOfWhatNovaLooksAt) {
    using Kind = DomainEvent::Kind;
    EXPECT_EQ(event_of("u", VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FAILED),
              (DomainEvent{"u", Kind::stopped, "failed"}));
    EXPECT_EQ(event_of("u", VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED),
              (DomainEvent{"u", Kind::suspended, "migrated"}));
    EXPECT_EQ(event_of("u", VIR_DOMAIN_EVENT_RESUMED, 99),
              (DomainEvent{"u", Kind::resumed, "unknown"}));
    EXPECT_EQ(event_of("u", VIR_DOMAIN_EVENT_DEFINED, 0), std::nullopt);
}

} // namespace
} // namespace vtpmlab::vir
