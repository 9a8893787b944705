#pragma once
// What was asked of one host's libvirt, when, and how long it took: an artefact for people, and
// what the time of an operation is measured against.
//
//     2026-11-22T09:27:04.417Z 2576 ms start of domain d045297d-69ea-425c-b205-183cfa841b4b

#include <chrono>
#include <filesystem>
#include <mutex>
#include <string_view>

namespace vtpmlab {

class CallLog {
public:
    explicit CallLog(std::filesystem::path file) : file_(std::move(file)) {}

    // Thread-safe. A line that cannot be written is lost: no call fails for its log's sake.
    void add(std::chrono::system_clock::time_point begun, std::chrono::milliseconds took,
             std::string_view what, bool is_refused);

private:
    std::filesystem::path file_;
    std::mutex mutex_;
};

} // namespace vtpmlab
