#pragma once
// Which clouds of `vtpmlab up` stand on this machine. Each keeps a record in its run directory,
// written when it is up and gone when it is; a record whose process has ended, however that was, is
// no cloud. Only this user's are seen.

#include <vtpmlab/result.h>
#include <vtpmlab/secret_value.h>

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace vtpmlab::cli {

struct CloudRecord {
    pid_t pid = 0;
    std::string process_started; // tells a process from a later one of the same number
    std::string since;           // "2026-11-22T05:12:36Z"
    std::string depth;
    std::string release;
    std::string description; // "model", "tcg, QEMU 7.2.22, libvirt 9.0.0"
    std::vector<std::pair<std::string, std::string>> endpoints; // service, URL
    std::vector<std::pair<std::string, std::string>> hosts;     // name, where its instances are
    std::filesystem::path clouds_file;
    std::filesystem::path shell_file;
    std::filesystem::path control_file; // the header that opens /__control; empty: it is closed
    std::filesystem::path journal;
    std::filesystem::path state_directory; // empty without one
    std::string auth_url;
    std::string admin_project;
    SecretValue admin_password;
};

struct RunningCloud {
    std::filesystem::path directory;
    CloudRecord record;
};

// Of this process, for its record.
[[nodiscard]] Result<std::string> process_start_of(pid_t pid);

[[nodiscard]] Status write_cloud_record(const std::filesystem::path& run_directory,
                                        const CloudRecord& record);

// In $TMPDIR or /tmp, where run directories are made; the longest standing first.
[[nodiscard]] std::vector<RunningCloud> running_clouds();
[[nodiscard]] std::vector<RunningCloud> running_clouds(const std::filesystem::path& base);

// The one meant by `asked`, a run directory or a process id; the only one when that is empty. The
// errors say which there are.
[[nodiscard]] Result<RunningCloud> choose_cloud(std::vector<RunningCloud> clouds,
                                                const std::string& asked);

} // namespace vtpmlab::cli
