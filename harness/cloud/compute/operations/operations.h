#pragma once
// The operations of nova-compute by name. Each sets the states the reference gives; none answers a
// client: the API has, before they begin.
// spec: nova-vtpm §5

#include "cloud/compute/operation.h"

namespace vtpmlab::cloud {

[[nodiscard]] Operation stop_instance();
[[nodiscard]] Operation start_instance();
enum class RebootType { soft, hard };
[[nodiscard]] Operation reboot_instance(RebootType type);
[[nodiscard]] Operation pause_instance();
[[nodiscard]] Operation unpause_instance();
[[nodiscard]] Operation suspend_instance();
[[nodiscard]] Operation resume_instance();

// The record has the new image already.
enum class AfterRebuild { run, stop };
[[nodiscard]] Operation rebuild_instance(AfterRebuild after);
// The record has the image to rescue with.
[[nodiscard]] Operation rescue_instance();
[[nodiscard]] Operation unrescue_instance();
// Into an image that Glance has queued.
[[nodiscard]] Operation snapshot_instance(std::string image_id);
// The same, and the backups of that kind beyond the newest `rotation` go.
[[nodiscard]] Operation backup_instance(std::string image_id, std::string kind, unsigned rotation);
// Saves the server into an image that Glance has queued, and takes it off the host.
// [DEFAULT] shelved_offload_time is 0.
[[nodiscard]] Operation shelve_instance(std::string image_id);
// On the host it comes to, which holds its allocation.
[[nodiscard]] Operation unshelve_instance();
// Stopped, when that is asked for or it was stopped before.
enum class AfterEvacuation { as_before, stopped };
[[nodiscard]] Operation evacuate_instance(const Migration& migration, AfterEvacuation after);
[[nodiscard]] Operation soft_delete_instance();
[[nodiscard]] Operation restore_instance();

} // namespace vtpmlab::cloud
