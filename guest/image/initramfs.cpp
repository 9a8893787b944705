#include "image/initramfs.h"

#include "image/elf_needs.h"

#include <vtpmlab/encoding.h>

#include <archive.h>
#include <archive_entry.h>
#include <openssl/evp.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <system_error>

namespace vtpmlab::image {
namespace {

namespace fs = std::filesystem;

Result<std::string> content_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string content{std::istreambuf_iterator<char>(file), {}};
    if (!file)
        return fail(ErrorKind::lab, "cannot be read", path.string());
    return content;
}

std::string sha256(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
    return hex(std::span{digest}.first(size));
}

class CpioWriter {
public:
    [[nodiscard]] static Result<CpioWriter> open(const fs::path& path, Compression compression) {
        CpioWriter writer(path);
        auto* archive = writer.archive_.get();
        if (compression == Compression::gzip) {
            VTPMLAB_CHECK(writer.check(archive_write_add_filter_gzip(archive)));
            // The gzip header's own time stamp.
            VTPMLAB_CHECK(writer.check(
                archive_write_set_filter_option(archive, "gzip", "timestamp", nullptr)));
        }
        VTPMLAB_CHECK(writer.check(archive_write_set_format_cpio_newc(archive)));
        VTPMLAB_CHECK(writer.check(archive_write_open_filename(archive, path.c_str())));
        return writer;
    }

    Status directory(const std::string& path) { return add(path, AE_IFDIR | 0755, {}, 0); }
    Status file(const std::string& path, std::string_view content) {
        return add(path, AE_IFREG | 0755, content, 0);
    }
    Status character_device(const std::string& path, dev_t device) {
        return add(path, AE_IFCHR | 0600, {}, device);
    }
    Status finish() { return check(archive_write_close(archive_.get())); }

private:
    struct FreeArchive {
        void operator()(archive* a) const noexcept { archive_write_free(a); }
    };
    struct FreeEntry {
        void operator()(archive_entry* e) const noexcept { archive_entry_free(e); }
    };

    explicit CpioWriter(fs::path path) : path_(std::move(path)), archive_(archive_write_new()) {}

    Status check(int code) {
        if (code == ARCHIVE_OK)
            return {};
        const char* text = archive_error_string(archive_.get());
        return fail(ErrorKind::lab, text != nullptr ? text : "libarchive failed", path_.string());
    }

    Status add(const std::string& path, unsigned mode, std::string_view content, dev_t device) {
        const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
        archive_entry_set_pathname(entry.get(), path.c_str());
        archive_entry_set_mode(entry.get(), static_cast<__LA_MODE_T>(mode));
        archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
        archive_entry_set_mtime(entry.get(), 0, 0);
        archive_entry_set_uid(entry.get(), 0);
        archive_entry_set_gid(entry.get(), 0);
        archive_entry_set_ino64(entry.get(), ++last_inode_);
        archive_entry_set_nlink(entry.get(), 1);
        if (device != 0)
            archive_entry_set_rdev(entry.get(), device);
        VTPMLAB_CHECK(check(archive_write_header(archive_.get(), entry.get())));
        const la_ssize_t written =
            archive_write_data(archive_.get(), content.data(), content.size());
        return check(written < 0 ? static_cast<int>(written) : ARCHIVE_OK);
    }

    fs::path path_;
    std::unique_ptr<archive, FreeArchive> archive_;
    la_int64_t last_inode_ = 0;
};

Result<std::vector<PackedFile>> files_to_pack(const GuestFiles& guest) {
    std::vector<PackedFile> files{{"init", guest.init, 0, {}},
                                  {"vtpm/vtpm-probe", guest.probe, 0, {}}};
    if (!guest.modules.empty()) {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(guest.modules, error))
            if (entry.path().extension() == ".ko")
                files.push_back(
                    {"modules/" + entry.path().filename().string(), entry.path(), 0, {}});
        if (error)
            return fail(ErrorKind::lab, error.message(), guest.modules.string());
    }
    VTPMLAB_TRY(const ProgramNeeds needs, program_needs(guest.probe));
    files.push_back({"vtpm/loader", needs.loader, 0, {}});
    for (const auto& [soname, path] : needs.libraries)
        files.push_back({"vtpm/" + soname, path, 0, {}});
    std::ranges::sort(files, {}, &PackedFile::path);
    return files;
}

Status write_archive(const fs::path& path, std::vector<PackedFile>& files,
                     Compression compression) {
    VTPMLAB_TRY(CpioWriter writer, CpioWriter::open(path, compression));
    for (const char* directory : {"dev", "modules", "proc", "sys", "vtpm"})
        VTPMLAB_CHECK(writer.directory(directory));
    // Without it the first program has no standard streams, and its last words are lost.
    VTPMLAB_CHECK(writer.character_device("dev/console", makedev(5, 1)));
    for (PackedFile& file : files) {
        VTPMLAB_TRY(const std::string content, content_of(file.source));
        file.size = content.size();
        file.sha256 = sha256(content);
        VTPMLAB_CHECK(writer.file(file.path, content));
    }
    return writer.finish();
}

} // namespace

Result<std::vector<PackedFile>> write_initramfs(const fs::path& output, const GuestFiles& guest,
                                                Compression compression) {
    VTPMLAB_TRY(std::vector<PackedFile> files, files_to_pack(guest));
    // Beside, then renamed: a guest never boots half an archive.
    const fs::path unfinished = output.string() + ".new";
    std::error_code error;
    if (const Status written = write_archive(unfinished, files, compression); !written) {
        fs::remove(unfinished, error);
        return fail(written.error());
    }
    fs::rename(unfinished, output, error);
    if (error)
        return fail(ErrorKind::lab, error.message(), output.string());
    return files;
}

} // namespace vtpmlab::image
