// nova-compute that dies of what only a server without a TPM may go through: what it makes of the
// server when it comes up, and that the way out Nova leaves brings back the disk Nova would keep.
// spec: nova-vtpm §5.6

#include "cloud_fixture.h"

namespace vtpmlab::cloud {
namespace {

using nlohmann::json;
using namespace compute_step;

// What is on the server's disk in the end: what its guest wrote, or the image's own.
enum class Disk { its_own, of_the_image };

struct PlainCrash {
    const char* action; // the key in the body
    std::string_view step;
    const char* status; // once the service is up again
    const char* way_out;
    Disk disk = Disk::its_own;
};

void PrintTo(const PlainCrash& crash, std::ostream* out) {
    *out << crash.action << " after " << crash.step;
}

class ComputeDiesOfAPlainServer : public CloudTest, public testing::WithParamInterface<PlainCrash> {
protected:
    [[nodiscard]] std::filesystem::path disk() const {
        return directory_.path() / "compute-1" / id_ / "disk";
    }

    void prepare(const std::string& action) {
        start();
        image_ = make_image({}, "as the image has it");
        id_ = create(make_flavor(), image_);
        static_cast<void>(wait_for(id_, "ACTIVE"));
        ASSERT_TRUE(write_file(disk(), "as the guest left it"));
        if (action == "unrescue") {
            ASSERT_EQ(act(id_, "rescue").status, 200);
            static_cast<void>(wait_for(id_, "RESCUE"));
        } else if (action == "unshelve") {
            ASSERT_EQ(act(id_, "shelve").status, 202);
            static_cast<void>(wait_for(id_, "SHELVED_OFFLOADED"));
        }
    }

    [[nodiscard]] Answered begin(const std::string& action) {
        json body;
        if (action == "rebuild")
            body = {{"imageRef", image_}};
        else if (action == "createBackup")
            body = {{"name", "nightly"}, {"backup_type", "daily"}, {"rotation", 1}};
        return act(id_, action, body);
    }

    // What the server was shelved into.
    [[nodiscard]] std::string shelved_image() {
        const auto images =
            call("owner", "GET", "/v2/images?name=s1-shelved", nullptr, "latest", "image");
        return images.body.at("images").at(0).at("id");
    }

    void leave_by(const std::string& way_out) {
        if (way_out.starts_with("reset")) {
            ASSERT_EQ(act(id_, "os-resetState", {{"state", "active"}}, "admin").status, 202);
        }
        if (way_out.ends_with("reboot")) {
            ASSERT_EQ(act(id_, "reboot", {{"type", "HARD"}}).status, 202);
        } else {
            const auto from = way_out.ends_with("shelved image") ? shelved_image() : image_;
            ASSERT_EQ(act(id_, "rebuild", {{"imageRef", from}}).status, 202);
        }
        static_cast<void>(wait_for(id_, "ACTIVE"));
    }

    std::string id_;
    std::string image_;
};

TEST_P(ComputeDiesOfAPlainServer, AndItsDiskIsFoundAgain) {
    const auto& crash = GetParam();
    ASSERT_NO_FATAL_FAILURE(prepare(crash.action));
    compute().kill_after(std::string(crash.step));
    ASSERT_THAT(begin(crash.action).status, testing::AnyOf(200, 202));
    wait_until_dead();
    const auto started = compute().start();
    ASSERT_TRUE(started) << started.error().message;
    const auto now = shown(id_);
    EXPECT_EQ(now["status"], crash.status);
    EXPECT_EQ(now["OS-EXT-SRV-ATTR:host"], "compute-1");

    ASSERT_NO_FATAL_FAILURE(leave_by(crash.way_out));
    const auto content = read_file(disk());
    ASSERT_TRUE(content) << content.error().message;
    EXPECT_EQ(*content,
              crash.disk == Disk::its_own ? "as the guest left it" : "as the image has it");
    remove(id_);
    expect_nothing_left();
}

constexpr auto of_the_image = Disk::of_the_image;

INSTANTIATE_TEST_SUITE_P(
    AtEveryStep, ComputeDiesOfAPlainServer,
    testing::Values(PlainCrash{"rebuild", domain_stopped, "ERROR", "rebuild", of_the_image},
                    PlainCrash{"rebuild", domain_removed, "ERROR", "rebuild", of_the_image},
                    PlainCrash{"rebuild", disks_made, "ERROR", "reboot", of_the_image},
                    PlainCrash{"rebuild", domain_defined, "ERROR", "reboot", of_the_image},
                    PlainCrash{"rebuild", domain_started, "ERROR", "reboot", of_the_image},
                    // _init_instance knows neither rescuing nor unrescuing: the task stays.
                    PlainCrash{"rescue", domain_stopped, "ACTIVE", "reset, reboot"},
                    PlainCrash{"rescue", domain_defined, "ACTIVE", "reset, reboot"},
                    PlainCrash{"rescue", domain_started, "ACTIVE", "reset, reboot"},
                    PlainCrash{"unrescue", domain_stopped, "RESCUE", "reset, reboot"},
                    PlainCrash{"unrescue", domain_undefined, "RESCUE", "reset, reboot"},
                    PlainCrash{"unrescue", domain_defined, "RESCUE", "reset, reboot"},
                    PlainCrash{"unrescue", domain_started, "RESCUE", "reset, reboot"},
                    // Nor shelving; once its disk is removed, the image is where it is.
                    PlainCrash{"shelve", domain_stopped, "ACTIVE", "reset, reboot"},
                    PlainCrash{"shelve", image_sent, "ACTIVE", "reset, reboot"},
                    PlainCrash{"shelve", domain_removed, "SHELVED",
                               "reset, rebuild from the shelved image"},
                    // Unshelved, it was spawning.
                    PlainCrash{"unshelve", disks_made, "ERROR", "reboot"},
                    PlainCrash{"unshelve", domain_defined, "ERROR", "reboot"},
                    PlainCrash{"unshelve", domain_started, "ERROR", "reboot"},
                    PlainCrash{"createBackup", image_sent, "ACTIVE", "reboot"}));

// A guest that a cut of the power turned off while it was saved is turned on again as any other.
TEST_F(ComputeDiesOfAPlainServer, AndGuestsOfAnUnfinishedSnapshotAreResumed) {
    CloudOptions options;
    options.compute.resume_guests_state_on_host_boot = true;
    start(options);
    id_ = create(make_flavor(), make_image());
    static_cast<void>(wait_for(id_, "ACTIVE"));
    compute().kill_after(std::string(image_sent));
    ASSERT_EQ(act(id_, "createImage", {{"name", "shot"}}).status, 202);
    wait_until_dead();
    ASSERT_TRUE(hypervisor().destroy(id_));
    ASSERT_TRUE(compute().start());
    static_cast<void>(wait_for(id_, "ACTIVE"));
    EXPECT_EQ(*hypervisor().state(id_), DomainState::running);
    remove(id_);
    expect_nothing_left();
}

} // namespace
} // namespace vtpmlab::cloud
