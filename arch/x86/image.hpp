#pragma once

#include <cstddef>
#include <cstdint>

/// The boundaries in the image that linker.ld names. All of them are whole pages.
extern "C" {
extern std::byte lodger_text_start[];
extern std::byte lodger_text_end[];
extern std::byte lodger_rodata_start[];
extern std::byte lodger_rodata_end[];
extern std::byte lodger_data_start[];
extern std::byte lodger_image_end[];
extern std::byte lodger_boot_stack_guard[]; ///< the page below the boot stack, left unmapped
extern std::byte lodger_boot_stack_end[];
}

namespace lodger::arch {

inline std::uint64_t page_of(void const* address)
{
    return reinterpret_cast<std::uintptr_t>(address) >> 12;
}

/// What may be done with a page; never both write and execute.
enum class Protection : std::uint8_t { none, read_only, read_write, execute };

/// How a page below the image's end is protected; beyond it all memory is `read_write`.
inline Protection image_protection(std::uint64_t page)
{
    if (page == 0 || page == page_of(lodger_boot_stack_guard))
        return Protection::none;
    if (page >= page_of(lodger_text_start) && page < page_of(lodger_text_end))
        return Protection::execute;
    if (page >= page_of(lodger_rodata_start) && page < page_of(lodger_rodata_end))
        return Protection::read_only;
    return Protection::read_write;
}

} // namespace lodger::arch
