#pragma once

#include <lodger/arch/x86/image.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace lodger::arch {

inline constexpr std::size_t entries_per_table = 512;
using Table = std::span<std::uint64_t, entries_per_table>;

// Bits of a page table entry. Accessed and dirty are set from the start, which spares the CPU
// the writing.
inline constexpr std::uint64_t entry_present = 1u << 0;
inline constexpr std::uint64_t entry_writable = 1u << 1;
inline constexpr std::uint64_t entry_user = 1u << 2;
inline constexpr std::uint64_t entry_used = 1u << 5 | 1u << 6;
inline constexpr std::uint64_t entry_large = 1u << 7;
inline constexpr std::uint64_t entry_no_execute = std::uint64_t{1} << 63;
inline constexpr std::uint64_t entry_frame = 0x000f'ffff'ffff'f000;

/// @param flags the machine's, for every entry that is present
constexpr std::uint64_t entry_for(std::uint64_t frame, Protection protection, std::uint64_t flags)
{
    std::uint64_t const mapped = frame << 12 | entry_present | entry_used | flags;
    switch (protection) {
    case Protection::none: return 0;
    case Protection::read_only: return mapped | entry_no_execute;
    case Protection::read_write: return mapped | entry_no_execute | entry_writable;
    case Protection::execute: return mapped;
    }
    return 0;
}

/// An entry that refers to a table: the entries in there decide what is allowed.
constexpr std::uint64_t entry_for_table(std::uint64_t frame, std::uint64_t flags)
{
    return frame << 12 | entry_present | entry_writable | entry_used | flags;
}

} // namespace lodger::arch
