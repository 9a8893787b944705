#pragma once
// Bytes of the physical address space through /dev/mem, outside RAM: a kernel with STRICT_DEVMEM
// allows that, one with IO_STRICT_DEVMEM only for what no driver has claimed, or when it was booted
// with iomem=relaxed. The error says so.

#include <vtpmlab/result.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace vtpmlab::probe {

// One 32-bit access, as a register wants it.
[[nodiscard]] Result<std::uint32_t> read_register(const std::string& device, std::uint64_t address);

[[nodiscard]] Result<std::string> read_physical(const std::string& device, std::uint64_t address,
                                                std::size_t size);

} // namespace vtpmlab::probe
