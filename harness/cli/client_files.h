#pragma once
// What ordinary clients need to reach a cloud: clouds.yaml for the ones that read it (openstack,
// openstacksdk, keystoneauth), and a shell file that sets OS_* for the ones that do not (barbican,
// glance). Both hold passwords: write them for their owner alone.

#include <vtpmlab/lab.h>

#include <filesystem>
#include <string>
#include <vector>

namespace vtpmlab::cli {

// An entry a persona, under its name: `OS_CLOUD=owner openstack server list`.
[[nodiscard]] std::string clouds_yaml(const std::vector<Credentials>& personas);

// To be sourced, with the persona's name (default owner): `. openrc admin`.
[[nodiscard]] std::string shell_file(const std::vector<Credentials>& personas,
                                     const std::filesystem::path& clouds_file);

} // namespace vtpmlab::cli
