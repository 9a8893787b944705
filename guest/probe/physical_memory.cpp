#include "probe/physical_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace vtpmlab::probe {
namespace {

class Mapping {
public:
    [[nodiscard]] static Result<Mapping> open(const std::string& device, std::uint64_t address,
                                              std::size_t size) {
        // O_SYNC asks for an uncached mapping, without which a register's value may be stale.
        const int fd = ::open(device.c_str(), O_RDONLY | O_SYNC | O_CLOEXEC);
        if (fd < 0)
            return fail(ErrorKind::lab, std::strerror(errno), device);
        const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
        const std::uint64_t start = address / page * page;
        const std::size_t length = size + static_cast<std::size_t>(address - start);
        void* memory = mmap(nullptr, length, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(start));
        const int error = errno;
        close(fd);
        if (memory == MAP_FAILED)
            return fail(ErrorKind::lab,
                        std::string(std::strerror(error)) +
                            (error == EPERM ? "; boot with iomem=relaxed" : ""),
                        device);
        return Mapping(memory, length, static_cast<std::size_t>(address - start));
    }
    Mapping(Mapping&& other) noexcept
        : memory_(other.memory_), length_(other.length_), offset_(other.offset_) {
        other.memory_ = nullptr;
    }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping() {
        if (memory_ != nullptr)
            munmap(memory_, length_);
    }

    [[nodiscard]] const volatile unsigned char* data() const {
        return static_cast<const volatile unsigned char*>(memory_) + offset_;
    }

private:
    Mapping(void* memory, std::size_t length, std::size_t offset)
        : memory_(memory), length_(length), offset_(offset) {}

    void* memory_;
    std::size_t length_;
    std::size_t offset_;
};

} // namespace

Result<std::uint32_t> read_register(const std::string& device, std::uint64_t address) {
    VTPMLAB_TRY(const Mapping mapping, Mapping::open(device, address, sizeof(std::uint32_t)));
    return *reinterpret_cast<const volatile std::uint32_t*>(mapping.data());
}

Result<std::string> read_physical(const std::string& device, std::uint64_t address,
                                  std::size_t size) {
    VTPMLAB_TRY(const Mapping mapping, Mapping::open(device, address, size));
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<char>(mapping.data()[i]);
    return bytes;
}

} // namespace vtpmlab::probe
