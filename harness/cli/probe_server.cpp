// `vtpmlab probe`: what the guest of a server says about its TPM, and what that proves.

#include "cli/cloud_servers.h"
#include "cli/commands.h"
#include "evidence/guest_report.h"
#include "evidence/judge.h"

#include <fmt/format.h>

#include <chrono>

namespace vtpmlab::cli {
namespace {

constexpr auto answers_within = std::chrono::seconds{120}; // it may be booting still

Result<CloudServer> find_server(const CloudRecord& cloud, const std::string& asked) {
    VTPMLAB_TRY(const auto servers, servers_of(cloud));
    std::vector<CloudServer> found;
    for (const auto& server : servers)
        if (server.id == asked || server.name == asked)
            found.push_back(server);
    if (found.size() == 1)
        return found.front();
    return fail(ErrorKind::usage,
                found.empty() ? fmt::format("there is no server '{}'", asked)
                              : fmt::format("{} servers are named '{}'", found.size(), asked),
                {}, "`vtpmlab status` lists the servers; name one by its id");
}

Result<std::filesystem::path> probe_socket(const CloudRecord& cloud, const CloudServer& server) {
    if (cloud.depth != "guest")
        return fail(ErrorKind::skipped, "this cloud is a model: there is no guest to ask", {},
                    "bring one up with `vtpmlab up --depth guest`");
    for (const auto& [name, instances] : cloud.hosts)
        if (name == server.host)
            return std::filesystem::path(instances) / server.id / "probe.sock";
    return fail(ErrorKind::product,
                fmt::format("server '{}' is {}, on no host", server.name, server.status), {},
                fmt::format("`openstack server show {}` says why it is not running", server.id));
}

Result<ExitCode> probe(const ProbeCommand& command) {
    VTPMLAB_TRY(const auto cloud, choose_cloud(running_clouds(), command.cloud));
    VTPMLAB_TRY(const auto server, find_server(cloud.record, command.server));
    VTPMLAB_TRY(const auto socket, probe_socket(cloud.record, server));
    const auto deadline = std::chrono::steady_clock::now() + answers_within;
    VTPMLAB_TRY(auto channel, GuestChannel::connect(socket, deadline));
    VTPMLAB_TRY(const auto report, take_report(channel, deadline));
    const auto verdict = judge(report);
    fmt::print("{}\n", summary(verdict));
    for (const auto& objection : objections(verdict))
        fmt::print("  {}\n", objection);
    return verdict.is_clean() ? ExitCode::all_passed : ExitCode::product_failed;
}

} // namespace

ExitCode probe_server(const ProbeCommand& command) {
    const auto code = probe(command);
    return code ? *code : tell(code.error());
}

} // namespace vtpmlab::cli
