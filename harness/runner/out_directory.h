#pragma once
// Where a run writes: OUT with one directory a case. OUT is claimed for one run at a time, and
// nothing in it is ever removed unless vtpmlab made it.

#include <vtpmlab/result.h>

#include <filesystem>
#include <set>
#include <string>

namespace vtpmlab::runner {

class OutDirectory {
public:
    // Makes the directory, and holds a lock in it until the end of its life. Errors of kind usage:
    // another run holds it, or it has content that is no run's.
    [[nodiscard]] static Result<OutDirectory> claim(const std::filesystem::path& path);

    OutDirectory(OutDirectory&& other) noexcept;
    OutDirectory& operator=(OutDirectory&& other) noexcept;
    OutDirectory(const OutDirectory&) = delete;
    OutDirectory& operator=(const OutDirectory&) = delete;
    ~OutDirectory();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    // The name of a case's directory: one path component, unlike any other of this run.
    [[nodiscard]] std::string reserve(const std::string& case_name);
    // An empty directory of that name; what an earlier run left there goes.
    [[nodiscard]] Result<std::filesystem::path> make(const std::string& reserved) const;

private:
    OutDirectory(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
    std::filesystem::path path_;
    int lock_ = -1;
    std::set<std::string> reserved_;
};

// "tis_by_default[tpm=2.0-crb]" -> "tis_by_default.tpm=2.0-crb": nothing a shell or a file system
// minds.
[[nodiscard]] std::string directory_name(const std::string& case_name);

} // namespace vtpmlab::runner
