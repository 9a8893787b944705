#pragma once
// Glance as Nova uses it: what an image is, and its data, always with the user's token and Nova's
// own beside it.

#include "client/session.h"
#include "cloud/state/records.h"

#include <vtpmlab/result.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace vtpmlab::cloud {

struct Image {
    ImageCopy copy;
    std::uint64_t size_bytes = 0;
    std::string md5;    // empty when Glance has none
    std::string sha512; // likewise, or when the image has another algorithm
};

class ImageService {
public:
    explicit ImageService(client::ServiceClient& caller) : caller_(caller) {}

    // Nothing when the caller sees no such image. Asks for the schema as well: a field that is not
    // in it is a property.
    [[nodiscard]] Result<std::optional<Image>> show(const std::string& id);
    // A private raw image without data yet: its id.
    [[nodiscard]] Result<std::string> create(const std::string& name, const Properties& properties);
    // An empty path sends an image without content.
    [[nodiscard]] Status upload(const std::string& id, const std::filesystem::path& file);
    // The whole file with the right checksum, or none.
    [[nodiscard]] Status download(const Image& image, const std::filesystem::path& file);
    // No such image is not an error.
    [[nodiscard]] Status remove(const std::string& id);
    // The images createBackup has made of that server under that name of a kind, newest first.
    [[nodiscard]] Result<std::vector<std::string>> backups(const std::string& server_id,
                                                           const std::string& kind);

private:
    client::ServiceClient& caller_;
};

} // namespace vtpmlab::cloud
