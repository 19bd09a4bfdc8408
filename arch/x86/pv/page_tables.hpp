#pragma once

#include <lodger/arch/x86/boot_info.hpp>
#include <lodger/arch/x86/image.hpp>
#include <lodger/core/result.hpp>

#include <cstdint>

#include <xen/xen.h>

/// Page tables of a PV guest. They hold machine frames and are read-only for us: every change is
/// a hypercall, and Xen checks each entry (xen/arch/x86/mm.c). There are 4 KiB entries only.

namespace lodger::arch::pv {

/// Remembers what the rest needs of the builder's page.
void use_start_info(start_info_t const& info);

/// One of our own pages, mapped where its place in our memory is, by its machine frame.
std::byte* own_page(Mfn frame);

/// The machine frame of one of our own pages.
Mfn machine_frame(Pfn page);

/// The machine address of the page that Xen shares with us, from `start_info`.
Mfn shared_info_frame();

/// Sets tables aside and protects all that is mapped.
Result<void> prepare(BootInfo& boot);

/// Maps a page of our own, or changes how it may be accessed.
Result<void> set_page(Pfn page, Protection protection);

/// Makes the 2 MiB of our own memory around `page` readable and writable, unless they are.
Result<void> map_around(Pfn page);

/// Frames that are not of our own memory are mapped in a window of 512 pages right above it.
inline constexpr std::size_t slot_shared_info = 0;
inline constexpr std::size_t slot_grant_table = 1;
inline constexpr std::size_t grant_table_slots = 256;

/// Maps a foreign frame into a slot of the window.
Result<std::byte*> map_foreign(std::size_t slot, Mfn frame);

} // namespace lodger::arch::pv
