#pragma once

#include <lodger/arch/x86/hypercall.hpp>
#include <lodger/arch/x86/image.hpp>

#include <array>
#include <cstdint>

namespace lodger::arch::pv {

// Bits of a page table entry. A PV kernel runs in ring 3, so its pages are user pages; accessed
// and dirty are set from the start to spare the CPU the writing.
inline constexpr std::uint64_t entry_present = 1u << 0;
inline constexpr std::uint64_t entry_writable = 1u << 1;
inline constexpr std::uint64_t entry_user = 1u << 2;
inline constexpr std::uint64_t entry_used = 1u << 5 | 1u << 6;
inline constexpr std::uint64_t entry_no_execute = std::uint64_t{1} << 63;
inline constexpr std::uint64_t entry_frame = 0x000f'ffff'ffff'f000;

constexpr std::uint64_t entry_for(std::uint64_t frame, Protection protection)
{
    std::uint64_t const mapped = frame << 12 | entry_present | entry_user | entry_used;
    switch (protection) {
    case Protection::none: return 0;
    case Protection::read_only: return mapped | entry_no_execute;
    case Protection::read_write: return mapped | entry_no_execute | entry_writable;
    case Protection::execute: return mapped;
    }
    return 0;
}

/// An entry of an upper table: the entries below it decide what is allowed.
constexpr std::uint64_t entry_for_table(std::uint64_t frame)
{
    return frame << 12 | entry_present | entry_writable | entry_user | entry_used;
}

/// Changes of page table entries, many to one hypercall. What is already so is left out.
class UpdateBatch {
public:
    /// @param entry where the entry is mapped, read-only
    void set(std::uint64_t const& entry, std::uint64_t value);

    /// Applies what is left.
    /// @return the first failure since the last flush
    Result<void> flush();

private:
    void apply();

    std::array<mmu_update_t, 128> updates_;
    unsigned count_ = 0;
    long failure_ = 0;
};

/// Forgets translations that have been made stricter.
void flush_tlb();

} // namespace lodger::arch::pv
