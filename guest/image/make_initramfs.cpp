// make-initramfs INIT PROBE MODULES OUTPUT CONTENTS [--gzip]: packs the micro guest's initramfs and
// writes down, as JSON, what is in it. An empty MODULES: without any, a guest that hears no button.

#include "image/initramfs.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <exception>
#include <fstream>
#include <string_view>

namespace {

using vtpmlab::image::Compression;
using vtpmlab::image::PackedFile;

vtpmlab::Status write_contents(const char* path, const std::vector<PackedFile>& files) {
    auto json = nlohmann::ordered_json::array();
    for (const PackedFile& file : files)
        json.push_back({{"path", "/" + file.path},
                        {"source", file.source.filename().string()},
                        {"size", file.size},
                        {"sha256", file.sha256}});
    std::ofstream out(path);
    out << json.dump(2) << '\n';
    if (!out.flush())
        return vtpmlab::fail(vtpmlab::ErrorKind::lab, "cannot be written", path);
    return {};
}

vtpmlab::Status run(int argc, char** argv) {
    const bool gzip = argc == 7 && std::string_view{argv[6]} == "--gzip";
    if (argc != 6 && !gzip)
        return vtpmlab::fail(vtpmlab::ErrorKind::usage,
                             "INIT PROBE MODULES OUTPUT CONTENTS [--gzip]", "usage");
    VTPMLAB_TRY(const auto files,
                vtpmlab::image::write_initramfs(argv[4], {argv[1], argv[2], argv[3]},
                                                gzip ? Compression::gzip : Compression::none));
    return write_contents(argv[5], files);
}

} // namespace

int main(int argc, char** argv) {
    try {
        const auto done = run(argc, argv);
        if (done)
            return 0;
        std::fprintf(stderr, "make-initramfs: %s: %s\n", done.error().where.c_str(),
                     done.error().message.c_str());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "make-initramfs: %s\n", error.what());
    }
    return 1;
}
