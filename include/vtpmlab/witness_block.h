#pragma once
// The block of a disk that is the witness's: where it lies, what an image brings along in it, and
// the mark in it, the bytes by which a disk is known again. What an image did not give the witness,
// nobody writes to: a guest's disk may be somebody's. Standard library only, for this header is
// compiled into the guest as well.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

namespace vtpmlab::witness_block {

// The second block of 4 KiB: the first is the boot sector's and the partition table's.
inline constexpr std::size_t offset = 4096;
inline constexpr std::size_t size = 4096;
inline constexpr std::size_t mark_size = 32;

// What the block begins with. The mark follows.
inline constexpr std::string_view permission = "vtpmlab: a witness may be written here\n";
// The mark of a disk to which nobody wrote.
inline constexpr std::string_view mark_of_an_image = "as the image has it, and no guest";
static_assert(mark_of_an_image.size() >= mark_size);

// As an image brings it along.
constexpr void prepare(std::span<unsigned char, size> block) {
    std::ranges::fill(block, 0);
    std::ranges::copy(permission, block.begin());
    std::ranges::copy(mark_of_an_image.substr(0, mark_size), block.begin() + permission.size());
}

[[nodiscard]] constexpr bool may_be_written(std::span<const unsigned char, size> block) {
    return std::ranges::equal(block.first(permission.size()), permission);
}

[[nodiscard]] constexpr std::span<unsigned char, mark_size>
mark_in(std::span<unsigned char, size> block) {
    return block.subspan<permission.size(), mark_size>();
}

} // namespace vtpmlab::witness_block
