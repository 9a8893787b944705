#pragma once
// What the program runs scenarios in. main hands in the maker of the simulated cloud; tests hand in
// one of their own, and so get the whole program without a cloud.

#include <vtpmlab/depth.h>
#include <vtpmlab/lab.h>
#include <vtpmlab/result.h>

#include <filesystem>
#include <functional>
#include <memory>

namespace vtpmlab::cli {

enum class KeepFiles { no, yes };

struct LabOptions {
    Depth depth = Depth::guest;
    std::filesystem::path guest_directory; // of vmlinuz and initramfs
    KeepFiles keep = KeepFiles::no;        // the hosts' own directories stay after the run
    unsigned jobs = 1;                     // so many clouds at once
};

using LabMaker = std::function<Result<std::unique_ptr<LabFactory>>(const LabOptions&)>;

} // namespace vtpmlab::cli
