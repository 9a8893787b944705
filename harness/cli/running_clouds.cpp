#include "cli/running_clouds.h"

#include "core/files.h"
#include "process/run_directory.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <sstream>

namespace vtpmlab::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* record_name = "cloud.json";
constexpr std::size_t longest_record = 1 << 20; // a thousand hosts take 20 KiB

json encode(const CloudRecord& record) {
    return {{"pid", record.pid},
            {"process_started", record.process_started},
            {"since", record.since},
            {"depth", record.depth},
            {"release", record.release},
            {"description", record.description},
            {"endpoints", record.endpoints},
            {"hosts", record.hosts},
            {"clouds_file", record.clouds_file.string()},
            {"shell_file", record.shell_file.string()},
            {"control_file", record.control_file.string()},
            {"journal", record.journal.string()},
            {"state_directory", record.state_directory.string()},
            {"auth_url", record.auth_url},
            {"admin_project", record.admin_project},
            {"admin_password", record.admin_password.reveal()}};
}

// Throws json's exceptions on what vtpmlab did not write.
CloudRecord decode(const std::string& text) {
    const json from = json::parse(text);
    CloudRecord record;
    record.pid = from.at("pid");
    record.process_started = from.at("process_started");
    record.since = from.at("since");
    record.depth = from.at("depth");
    record.release = from.at("release");
    record.description = from.at("description");
    record.endpoints = from.at("endpoints");
    record.hosts = from.at("hosts");
    record.clouds_file = from.at("clouds_file").get<std::string>();
    record.shell_file = from.at("shell_file").get<std::string>();
    record.control_file = from.at("control_file").get<std::string>();
    record.journal = from.at("journal").get<std::string>();
    record.state_directory = from.at("state_directory").get<std::string>();
    record.auth_url = from.at("auth_url");
    record.admin_project = from.at("admin_project");
    record.admin_password = SecretValue(from.at("admin_password").get<std::string>());
    return record;
}

bool is_own_directory(const fs::path& path) {
    struct stat info {};
    return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == ::geteuid();
}

// Nothing where no cloud stands.
std::optional<RunningCloud> cloud_in(const fs::path& directory) {
    std::error_code code;
    if (!is_own_directory(directory) || !fs::exists(directory / record_name, code))
        return std::nullopt;
    const auto text = read_file(directory / record_name, longest_record);
    if (!text)
        return std::nullopt; // it went down just now
    try {
        RunningCloud cloud{directory, decode(*text)};
        const auto started = process_start_of(cloud.record.pid);
        if (started && *started == cloud.record.process_started)
            return cloud;
    } catch (const json::exception&) {
        // Not one of ours.
    }
    return std::nullopt;
}

std::string list_of(const std::vector<RunningCloud>& clouds) {
    std::string text;
    for (const auto& cloud : clouds)
        text += fmt::format("{}{} (process {})", text.empty() ? "" : ", ", cloud.directory.string(),
                            cloud.record.pid);
    return text;
}

} // namespace

Result<std::string> process_start_of(pid_t pid) {
    VTPMLAB_TRY(const std::string stat, read_file(fmt::format("/proc/{}/stat", pid), 4096));
    // The second field is the program's name, which may hold anything but ends with the last ")".
    std::istringstream fields(stat.substr(std::min(stat.rfind(')') + 1, stat.size())));
    std::string field;
    for (int number = 3; fields >> field; ++number) {
        if (number == 3 && (field == "Z" || field == "X"))
            return fail(ErrorKind::lab, fmt::format("process {} has ended", pid));
        if (number == 22)
            return field;
    }
    return fail(ErrorKind::lab, fmt::format("cannot read when process {} began", pid));
}

Status write_cloud_record(const fs::path& run_directory, const CloudRecord& record) {
    return write_file(run_directory / record_name, encode(record).dump(2) + "\n",
                      FileMode::owner_only);
}

std::vector<RunningCloud> running_clouds() { return running_clouds(temporary_root()); }

std::vector<RunningCloud> running_clouds(const fs::path& base) {
    std::vector<RunningCloud> clouds;
    std::error_code code;
    for (auto at = fs::directory_iterator(base, code); !code && at != fs::directory_iterator();
         at.increment(code))
        if (at->path().filename().string().starts_with(run_directory_prefix))
            if (auto cloud = cloud_in(at->path()))
                clouds.push_back(std::move(*cloud));
    std::sort(clouds.begin(), clouds.end(), [](const auto& a, const auto& b) {
        return std::pair(a.record.since, a.directory) < std::pair(b.record.since, b.directory);
    });
    return clouds;
}

Result<RunningCloud> choose_cloud(std::vector<RunningCloud> clouds, const std::string& asked) {
    if (clouds.empty())
        return fail(ErrorKind::lab, "no cloud is up", {}, "bring one up with `vtpmlab up`");
    if (asked.empty()) {
        if (clouds.size() == 1)
            return std::move(clouds.front());
        return fail(ErrorKind::usage, fmt::format("{} clouds are up", clouds.size()), {},
                    "name one with --cloud: " + list_of(clouds));
    }
    for (auto& cloud : clouds)
        if (std::to_string(cloud.record.pid) == asked ||
            cloud.directory == fs::path(asked).lexically_normal() ||
            cloud.directory.filename() == asked)
            return std::move(cloud);
    return fail(ErrorKind::usage, fmt::format("no cloud '{}' is up", asked), {},
                "there is " + list_of(clouds));
}

} // namespace vtpmlab::cli
