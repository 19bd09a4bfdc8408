#pragma once

/// What the runtime needs from the machine, whichever way it was booted; no other directory knows
/// the difference. README.md has side by side how each mode does each thing.

#include <lodger/arch/x86/boot_info.hpp>
#include <lodger/arch/x86/image.hpp>
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

/// The page at an address of our own memory, as Xen's interfaces want it named.
Gfn gfn(void const* address);

/// Where `thread_local` variables are found: the FS base.
void set_thread_pointer(void* pointer);

/// Whatever runs unasked is turned off: Xen's periodic timer on PV.
void stop_periodic_timer();

} // namespace lodger::arch
