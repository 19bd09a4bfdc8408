#pragma once

/// What the runtime needs from the machine, whichever way it was booted; no other directory knows
/// the difference. README.md has side by side how each mode does each thing.

#include <lodger/arch/x86/boot_info.hpp>
#include <lodger/arch/x86/image.hpp>
#include <lodger/core/hypervisor.hpp>
#include <lodger/core/result.hpp>

#include <cstddef>
#include <span>

#include <xen/xen.h>

/// Where every entry ends: the runtime's start, which never returns.
extern "C" [[noreturn]] void lodger_start(lodger::arch::BootInfo& boot);

namespace lodger::arch {

/// Faults are reported to `lodger_trap` from now on.
void prepare_cpu();

/// Protects the image and all memory that is mapped already; sets aside what page tables for the
/// rest of memory will need; finds the pages of XenStore and console, if the entry could not.
Result<void> prepare_memory(BootInfo& boot);

/// Makes pages of our own memory readable and writable, unless they are.
Result<void> map(PageRange pages);

/// Changes how one page of our own memory may be used: `none` for the page below a stack.
Result<void> protect(void* page, Protection protection);

/// Maps the page that Xen shares with the guest.
Result<shared_info_t*> map_shared_info();

/// The grant table grown to at least `frames` frames, all of them mapped, one after the other.
/// @return `no_space` beyond Xen's limit
Result<std::span<std::byte>> map_grant_table(std::size_t frames);

// The window above memory, place by place (README.md).
inline constexpr std::size_t window_slots = 512;
/// From here on they are for pages that other domains have granted us.
inline constexpr std::size_t first_foreign_slot = 272;

/// Where a place of the window is seen.
std::byte* window_address(std::size_t slot);

/// Makes a place visible after Xen has put another domain's page there. On PV Xen's own entry does.
Result<void> show_window_page(std::size_t slot, Access access);
/// The opposite, after Xen has taken the page away.
Result<void> hide_window_page(std::size_t slot);

/// The page at an address of our own memory, as Xen's interfaces want it named.
Gfn gfn(void const* address);

/// Writes to a page of ours what is there already, at once with whatever another domain writes to
/// it: for Xen, which notes for a live migration what we write, it has changed.
void mark_changed(Gfn page);

/// Where `thread_local` variables are found: the FS base.
void set_thread_pointer(void* pointer);

/// Whatever runs unasked is turned off: Xen's periodic timer on PV.
void stop_periodic_timer();

} // namespace lodger::arch
