#include "cli/argument_values.h"
#include "cli/command_options.h"
#include "core/text.h"

#include <vtpmlab/release_profile.h>

#include <CLI/CLI.hpp>
#include <arpa/inet.h>
#include <fmt/format.h>

#include <memory>
#include <utility>

namespace vtpmlab::cli {
namespace {

constexpr unsigned most_hosts = 1000;
constexpr unsigned most_seconds = 1 << 20; // as in a scenario

// What has to be looked at before it is part of the command.
struct Given {
    UpCommand command;
    std::string hosts;
    std::string depth = "guest";
    std::string port_base;
    bool listen_anyway = false;
    std::string token_expiration;
    std::string image_size_cap;
    std::string storage_quota;
    std::string reclaim;
    std::string confirm_window;
};

Status check_release(const std::string& name) {
    if (name.empty() || find_release(name) != nullptr)
        return {};
    const auto names = release_names();
    const auto meant = did_you_mean(name, names);
    return usage_error(fmt::format("there is no release '{}'", printable(name, 80)),
                       fmt::format("{}it is one of: {}",
                                   meant ? fmt::format("did you mean '{}'? ", *meant) : "",
                                   fmt::join(names, ", ")));
}

// Is it an address that others may reach? The services speak plain HTTP, so that has to be said
// twice.
Result<bool> is_beyond_loopback(const std::string& text, bool anyway) {
    in_addr address{};
    if (::inet_pton(AF_INET, text.c_str(), &address) != 1)
        return usage_error(
            fmt::format("--listen must be an IPv4 address, not '{}'", printable(text, 80)),
            "leave it out for 127.0.0.1");
    if (address.s_addr == htonl(INADDR_ANY))
        return usage_error("--listen must be one address: clients are told where the services are",
                           "name the address of this machine that the clients reach");
    const bool loopback = ntohl(address.s_addr) >> 24 == 127;
    if (!loopback && !anyway)
        return usage_error(fmt::format("{} is no loopback address: others could reach this cloud, "
                                       "and read its passwords and secrets on the way",
                                       text),
                           "say --listen-anyway as well, if that is what you want");
    return !loopback;
}

Result<Command> up_command(Given& given) {
    UpCommand& command = given.command;
    VTPMLAB_TRY(command.hosts,
                number_of("--hosts", given.hosts, {1, most_hosts}, 1, "leave it out for one host"));
    VTPMLAB_CHECK(check_release(command.release));
    VTPMLAB_TRY(command.depth, depth_of(given.depth));
    VTPMLAB_TRY(const auto base, number_of("--port-base", given.port_base, {1024, 65000}, 0,
                                           "leave it out to let the kernel choose each port"));
    command.port_base = static_cast<std::uint16_t>(base);
    VTPMLAB_TRY(command.beyond_loopback, is_beyond_loopback(command.listen, given.listen_anyway));
    VTPMLAB_TRY(command.barbican_policy,
                one_of("--barbican-policy", command.barbican_policy, {"legacy", "new"}));
    VTPMLAB_TRY(command.token_expiration_s,
                number_of("--token-expiration", given.token_expiration, {1, most_seconds},
                          command.token_expiration_s, "in seconds; leave it out for an hour"));
    VTPMLAB_TRY(command.image_size_cap,
                bytes_of("--image-size-cap", given.image_size_cap, 1, command.image_size_cap,
                         "in bytes; leave it out for 1 TiB"));
    VTPMLAB_TRY(command.user_storage_quota,
                bytes_of("--user-storage-quota", given.storage_quota, 0, command.user_storage_quota,
                         "in bytes; leave it out for no quota"));
    VTPMLAB_TRY(command.reclaim_instance_interval_s,
                number_of("--reclaim-instance-interval", given.reclaim, {0, most_seconds}, 0,
                          "in seconds; leave it out, and a delete is for good"));
    VTPMLAB_TRY(command.resize_confirm_window_s,
                number_of("--resize-confirm-window", given.confirm_window, {0, most_seconds}, 0,
                          "in seconds; leave it out, and somebody has to confirm"));
    return Command{std::move(command)};
}

} // namespace

OfferedCommand offer_up(CLI::App& app) {
    auto* up = app.add_subcommand(
        "up", "bring a cloud up for the ordinary clients, and show what they ask of it");
    up->footer("exit status: 1 usage, 3 lab broken, 77 this machine cannot hold such a cloud,\n"
               "130 taken down; with a COMMAND, what that ended with");
    const auto given = std::make_shared<Given>();
    UpCommand& command = given->command;
    up->add_option("COMMAND", command.command,
                   "after --: run this in the cloud, then take the cloud down");
    up->add_option("--hosts", given->hosts,
                   "compute hosts (default 1), named compute-1, compute-2, …");
    up->add_option("--release,--profile", command.release,
                   "the Nova release it behaves like (default gazpacho)");
    up->add_option("--depth", given->depth,
                   "guest (default): servers are real guests; model: servers are in memory");
    up->add_option("--state", command.state,
                   "keep what the services know in this directory, and begin with what is there");
    up->add_option("--port-base", given->port_base,
                   "the first of six ports in a row (default: the kernel chooses)");
    up->add_option("--listen", command.listen, "the address of the services (default 127.0.0.1)");
    up->add_flag(
        "--listen-anyway", given->listen_anyway,
        "also when others reach that address: they can use this cloud, and read all of it");
    up->add_option("--barbican-policy", command.barbican_policy,
                   "legacy (default) or new: whose defaults decide who reads a secret");
    up->add_flag("--barbican-policy-nova-secret-access", command.barbican_policy_nova_secret_access,
                 "Atmosphere's option: role service reads every secret");
    up->add_flag("--barbican-policy-admin-secret-access",
                 command.barbican_policy_admin_secret_access,
                 "Atmosphere's option: admins read every secret");
    up->add_option("--barbican-policy-file", command.barbican_policy_file,
                   "an operator's policy.yaml: its rules win over the options'");
    up->add_option("--token-expiration", given->token_expiration,
                   "keystone.conf, in seconds: how long a token is good (default 3600)");
    up->add_option("--image-size-cap", given->image_size_cap,
                   "glance-api.conf, in bytes: larger uploads are refused (default 1 TiB)");
    up->add_option("--user-storage-quota", given->storage_quota,
                   "glance-api.conf, in bytes: of a project's images together (default 0: none)");
    up->add_option("--reclaim-instance-interval", given->reclaim,
                   "nova.conf, in seconds: delete is soft for so long (default 0: never)");
    up->add_option("--resize-confirm-window", given->confirm_window,
                   "nova.conf, in seconds: then a resize confirms itself (default 0: never)");
    add_guest_directory(*up, command.guest_directory);
    up->add_flag("-v,--verbose", command.verbose, "show also the services' own look-ups of tokens");
    return {up, [given] { return up_command(*given); }};
}

} // namespace vtpmlab::cli
