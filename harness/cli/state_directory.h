#pragma once
// The directory of `vtpmlab up --state`: what a cloud knows from one start to the next. Nobody else
// may enter it (Barbican's key and everybody's passwords are in it), and one cloud at a time uses
// it. Whatever ends the cloud, the directory is free again.

#include "process/unique_fd.h"

#include <vtpmlab/result.h>

#include <filesystem>

namespace vtpmlab::cli {

class StateDirectory {
public:
    // Made where it is not there. Kind usage: another cloud uses it, it has something else in it,
    // or it is somebody else's.
    [[nodiscard]] static Result<StateDirectory> claim(const std::filesystem::path& path);

    [[nodiscard]] const std::filesystem::path& path() const { return path_; } // absolute

private:
    StateDirectory(std::filesystem::path path, UniqueFd lock)
        : path_(std::move(path)), lock_(std::move(lock)) {}

    std::filesystem::path path_;
    UniqueFd lock_;
};

} // namespace vtpmlab::cli
