#pragma once
// The data of images on disk: one file each, named by the image's id, written in constant memory
// while it is hashed. A file under its final name is whole; one that is being written has another
// name and goes away with its writer.
//
// Not synced to the disk: what survives a killed process is enough here, a power cut is not meant.

#include "glance/stream_digests.h"
#include "http/message.h"

#include <vtpmlab/result.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace vtpmlab::fakes::glance {

struct DataFacts {
    std::uint64_t size = 0;
    std::string md5;
    std::string sha512;
    std::string head; // the first bytes, for formats that say more about themselves
};

// 0 is success, anything else an errno.
using SystemCode = int;

class DataFiles {
public:
    // An empty path makes a private directory that goes with this object.
    static Result<std::unique_ptr<DataFiles>> open(const std::filesystem::path& directory);
    ~DataFiles();
    DataFiles(const DataFiles&) = delete;
    DataFiles& operator=(const DataFiles&) = delete;

    class Writer {
    public:
        Writer(const std::filesystem::path& directory, const std::string& id);
        ~Writer(); // removes what was not finished
        Writer(const Writer&) = delete;
        Writer& operator=(const Writer&) = delete;

        [[nodiscard]] SystemCode open();
        [[nodiscard]] SystemCode append(std::string_view piece);
        // Puts the file under its final name.
        [[nodiscard]] SystemCode finish(DataFacts& facts);

    private:
        [[nodiscard]] SystemCode write_in_hand();
        std::filesystem::path part_, final_;
        int descriptor_ = -1;
        DataFacts facts_;
        StreamDigests digests_;
    };
    [[nodiscard]] std::unique_ptr<Writer> writer(const std::string& id) const;

    // Nothing if there is no such file.
    [[nodiscard]] std::optional<http::FileBody> read(const std::string& id) const;
    // The first bytes, or nothing.
    [[nodiscard]] std::string head(const std::string& id) const;
    // Of data that waits for its import.
    [[nodiscard]] static std::string staged_name(const std::string& id) { return id + ".staged"; }
    // Makes the staged data the image's data.
    [[nodiscard]] SystemCode unstage(const std::string& id) const;
    void remove(const std::string& id) const; // staged data as well
    // Removes files of this class's naming that are not among these, and unfinished ones.
    void keep_only(const std::set<std::string>& names) const;

    // Keeps all whole files under a name, as links: a copy costs no room. Files are never written
    // to again once they are whole, so the links stay what they were.
    [[nodiscard]] Status snapshot(const std::string& name) const;
    // Brings back the files of that snapshot; those that came later stay.
    [[nodiscard]] Status restore(const std::string& name) const;

private:
    enum class Ownership { borrowed, temporary };
    DataFiles(std::filesystem::path directory, Ownership ownership)
        : directory_(std::move(directory)), ownership_(ownership) {}

    std::filesystem::path directory_;
    Ownership ownership_;
};

} // namespace vtpmlab::fakes::glance
