#pragma once

#include <lodger/arch/x86/boot_info.hpp>

namespace lodger::arch::pvh {

/// Marks what a builder or loader placed in memory, in whole pages.
void occupy(BootInfo& boot, std::uint64_t address, std::size_t size);
void occupy_image(BootInfo& boot);

/// Adds an entry of a memory map, if it is RAM.
/// @param type as in `hvm_memmap_table_entry`, which is as in an E820 map
void add_memory(BootInfo& boot, std::uint64_t address, std::uint64_t size, std::uint32_t type);

/// The map that Xen itself keeps, for whoever was given none.
void ask_xen_for_memory(BootInfo& boot);

} // namespace lodger::arch::pvh
