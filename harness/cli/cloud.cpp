#include "cli/cloud.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace vtpmlab::cli {
namespace {

// The users, and the groups, of a compute host with libvirt and swtpm installed.
bool is_known_account(const std::string& name) {
    constexpr std::array<std::string_view, 4> names = {"root", "tss", "swtpm", "libvirt-qemu"};
    return std::find(names.begin(), names.end(), name) != names.end();
}

} // namespace

Result<std::unique_ptr<Cloud>> Cloud::start(CloudConfig config) {
    std::unique_ptr<Cloud> cloud(new Cloud(std::move(config.hosts)));
    VTPMLAB_CHECK(cloud->bring_up(config));
    return cloud;
}

Status Cloud::bring_up(const CloudConfig& config) {
    clock_ = config.clock;
    fakes::ServicesConfig services;
    services.state_dir = config.state_directory;
    services.scratch_dir = config.scratch_directory;
    services.key_manager_in_catalog = config.spec.key_manager_in_catalog;
    services.barbican_policy = config.spec.barbican_policy == "new"
                                   ? fakes::BarbicanPolicy::new_defaults
                                   : fakes::BarbicanPolicy::legacy;
    services.barbican_policy_changes.nova_secret_access =
        config.spec.barbican_policy_nova_secret_access;
    services.barbican_policy_changes.admin_secret_access =
        config.spec.barbican_policy_admin_secret_access;
    services.barbican_policy_changes.policy_file = config.spec.barbican_policy_file;
    services.barbican_policy_changes.policy_file_name = config.spec.barbican_policy_file_name;
    services.token_lifetime = std::chrono::seconds(config.spec.token_expiration_s);
    services.image_size_cap = config.spec.image_size_cap;
    services.user_storage_quota = config.spec.user_storage_quota;
    services.binding = config.binding;
    services.control = config.control;
    services.os_traits_release = config.spec.os_traits_release;
    services.clock = config.clock;
    VTPMLAB_TRY(services_, fakes::Services::start(std::move(services)));

    cloud::ComputeCloudConfig compute;
    compute.auth_url = services_->auth_url();
    VTPMLAB_TRY(const auto nova, services_->persona("nova"));
    compute.nova_password = nova->password.clone();
    compute.release = config.spec.release;
    compute.quota_driver = config.spec.quota_driver;
    compute.options.allow_resize_to_same_host = config.spec.allow_resize_to_same_host;
    compute.options.reclaim_instance_interval =
        std::chrono::seconds(config.spec.reclaim_instance_interval_s);
    compute.options.members_may_migrate = config.spec.members_may_migrate;
    compute.options.resume_guests_state_on_host_boot = config.spec.resume_guests_state_on_host_boot;
    compute.options.resize_confirm_window =
        std::chrono::seconds(config.spec.resize_confirm_window_s);
    compute.options.shares_disks = config.spec.shares_disks;
    compute.has_service_user = config.spec.has_service_user;
    if (config.runs_periodic_tasks)
        compute.periodic_tasks = cloud::ComputeCloudConfig::PeriodicTasks::by_time;
    compute.journal = &services_->journal();
    compute.steering = {&services_->faults(), config.control};
    compute.clock = config.clock;
    if (!config.state_directory.empty())
        compute.database = config.state_directory / "compute.sqlite";
    compute.binding = config.binding;
    if (compute.binding.port != 0)
        compute.binding.port += fakes::Services::ports_used;
    for (const auto& host : hosts_) {
        cloud::ComputeHost compute_host;
        compute_host.spec = host->spec();
        compute_host.hypervisor = &host->hypervisor();
        compute_host.files = &host->files();
        compute_host.instances_dir = host->instances_directory();
        compute_host.accounts = {is_known_account, is_known_account};
        compute.hosts.push_back(std::move(compute_host));
    }
    VTPMLAB_TRY(compute_, cloud::ComputeCloud::start(std::move(compute)));
    VTPMLAB_CHECK(services_->register_endpoint("compute", "nova", compute_->endpoint()));
    if (config.control)
        VTPMLAB_CHECK(services_->keep_pristine());
    return describe(config.depth);
}

Status Cloud::describe(Depth depth) {
    if (depth == Depth::model) {
        description_ = "model";
        return {};
    }
    VTPMLAB_TRY(const auto capabilities, hosts_.front()->hypervisor().capabilities());
    description_ = fmt::format("{}, QEMU {}, libvirt {}", capabilities.accelerator,
                               capabilities.qemu_version, capabilities.libvirt_version);
    return {};
}

} // namespace vtpmlab::cli
