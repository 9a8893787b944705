#include "core/error_text.h"
#include "core/files.h"
#include "host_fixture.h"

#include <vtpmlab/encoding.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vtpmlab {
namespace {

class HostPoolTest : public testing::Test {
protected:
    HostPoolTest() {
        config_.run_directory = run_.path();
        config_.hosts_lock = run_.hosts_lock();
        config_.capabilities_cache = default_capabilities_cache();
    }
    RunDirectory run_ = RunDirectory::create().value();
    HostPoolConfig config_;
};

TEST_F(HostPoolTest, LendsAHostThatAnswersAndReusesIt) {
    HostPool pool(config_);
    std::string uuid;
    {
        auto lease = pool.lease(HostSpec{});
        ASSERT_TRUE(lease) << error_text(lease.error());
        auto capabilities = lease->hypervisor().capabilities();
        ASSERT_TRUE(capabilities) << error_text(capabilities.error());
        EXPECT_EQ(capabilities->hostname, "compute-1");
        uuid = capabilities->host_uuid;
        auto left = lease->host().leftovers();
        ASSERT_TRUE(left) << error_text(left.error());
        EXPECT_TRUE(left->empty());
    }
    EXPECT_EQ(pool.idle(), 1u);
    auto again = pool.lease(HostSpec{});
    ASSERT_TRUE(again);
    EXPECT_EQ(again->hypervisor().capabilities()->host_uuid, uuid);
    EXPECT_EQ(pool.idle(), 0u);
}

} // namespace
} // namespace vtpmlab
