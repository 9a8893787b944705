#include "probe/disk.h"

#include <vtpmlab/witness_block.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace vtpmlab::probe {
namespace {

// As Nova attaches the disk of a server.
constexpr const char* node = "/dev/vda";
constexpr const char* driver = "/sys/bus/virtio/drivers/virtio_blk";

// Aligned, as reading and writing past the cache wants it.
struct alignas(witness_block::size) Block {
    std::array<unsigned char, witness_block::size> bytes{};
};

class Disk {
public:
    [[nodiscard]] static Look<Disk> open(const Machine& machine, int access) {
        const std::string path = machine.path_of(node);
        const int fd = ::open(path.c_str(), access | O_SYNC | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT) {
            std::error_code error;
            if (std::filesystem::exists(machine.path_of(driver), error))
                return std::nullopt;
            return fail(ErrorKind::lab, "this kernel has no driver for the disk", node);
        }
        if (fd < 0)
            return failed();
        Disk disk(fd);
        struct stat kind {};
        // A plain file is a test's, and its file system may have no way past its cache.
        if (fstat(fd, &kind) != 0 ||
            (S_ISBLK(kind.st_mode) && fcntl(fd, F_SETFL, O_DIRECT | O_SYNC) != 0))
            return failed();
        return disk;
    }
    Disk(Disk&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    ~Disk() {
        if (fd_ >= 0)
            close(fd_);
    }

    [[nodiscard]] Status read(Block& block) const {
        return whole(pread(fd_, block.bytes.data(), block.bytes.size(), witness_block::offset));
    }
    [[nodiscard]] Status write(const Block& block) const {
        return whole(pwrite(fd_, block.bytes.data(), block.bytes.size(), witness_block::offset));
    }

private:
    explicit Disk(int fd) : fd_(fd) {}

    [[nodiscard]] static tl::unexpected<Error> failed() {
        return fail(ErrorKind::lab, std::strerror(errno), node);
    }
    [[nodiscard]] static Status whole(ssize_t count) {
        if (count < 0)
            return failed();
        if (static_cast<std::size_t>(count) != witness_block::size)
            return fail(ErrorKind::lab, "the disk ends before the witness's block", node);
        return {};
    }

    int fd_;
};

} // namespace

Look<Bytes> read_disk_mark(const Machine& machine) {
    VTPMLAB_TRY(const auto disk, Disk::open(machine, O_RDONLY));
    if (!disk)
        return std::nullopt;
    Block block;
    VTPMLAB_CHECK(disk->read(block));
    const auto mark = witness_block::mark_in(block.bytes);
    return Bytes(mark.begin(), mark.end());
}

Status write_disk_mark(const Machine& machine, const Bytes& mark) {
    VTPMLAB_TRY(const auto disk, Disk::open(machine, O_RDWR));
    if (!disk)
        return fail(ErrorKind::product, "there is no disk to set a witness in");
    Block block;
    VTPMLAB_CHECK(disk->read(block));
    if (!witness_block::may_be_written(block.bytes))
        return fail(ErrorKind::product, "the disk's image left no block to a witness", node);
    std::ranges::copy(mark, witness_block::mark_in(block.bytes).begin());
    return disk->write(block);
}

} // namespace vtpmlab::probe
