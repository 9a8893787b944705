#pragma once
// Glance v2: images with their data on disk, JSON patches, sharing between projects, tags, and the
// schemas clients read, import of staged data with its tasks, and metadata definitions. Not there:
// locations, caching, more than one store.

#include "http/service.h"

#include <vtpmlab/result.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace vtpmlab::fakes::glance {

struct GlanceConfig : http::GuardedServiceConfig {
    std::string database = {}; // a file, or "" for memory
    // Where the data of images lies, one file each. Empty: a private directory, gone at the end.
    // Files in it that are no image of `database` are removed at the start.
    std::filesystem::path data_directory = {};
    std::uint64_t image_size_cap = std::uint64_t{1} << 40; // larger uploads are refused
    std::uint64_t user_storage_quota = 0; // of a project's images together; 0: none
};

class Glance {
public:
    static Result<std::unique_ptr<Glance>> start(GlanceConfig config);
    ~Glance();
    Glance(const Glance&) = delete;
    Glance& operator=(const Glance&) = delete;

    [[nodiscard]] std::string url() const; // without /v2
    void stop();
    // A snapshot of its state, as POST /__control/snapshot takes it.
    [[nodiscard]] Status keep(const std::string& name);

private:
    class Impl;
    explicit Glance(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace vtpmlab::fakes::glance
