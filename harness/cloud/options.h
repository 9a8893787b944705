#pragma once
// The options of nova.conf and of the operator's policy that decide about a server's life.

#include <chrono>

namespace vtpmlab::cloud {

struct ComputeOptions {
    bool allow_resize_to_same_host = false;
    std::chrono::seconds reclaim_instance_interval{0}; // 0: delete is for good
    // For a guest to turn itself off, where its image names no os_shutdown_timeout; and when it is
    // rebooted softly ([libvirt] wait_soft_reboot_seconds).
    std::chrono::seconds shutdown_timeout{60};
    std::chrono::seconds wait_soft_reboot{120};
    // Members may migrate the servers of their project (spec: nova-vtpm §LIF-RSZ-4).
    bool members_may_migrate = false;
    bool resume_guests_state_on_host_boot = false;
    std::chrono::seconds resize_confirm_window{0}; // 0: somebody confirms
    // [libvirt] images_type is rbd: every host sees every disk.
    bool shares_disks = false;
    // Servers of one project, [quota] instances: many more than Nova's 10, and few enough for one
    // process.
    unsigned instances_quota = 20000;
    // Between two looks: at what has no interval of its own (reclaiming, confirming), at power
    // states, and for guests of servers that are gone (running_deleted_instance_poll_interval).
    std::chrono::seconds periodic_interval{60};
    std::chrono::seconds sync_power_state_interval{600};
    std::chrono::seconds running_deleted_poll_interval{1800};
};

} // namespace vtpmlab::cloud
