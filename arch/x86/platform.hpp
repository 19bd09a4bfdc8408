#pragma once

/// What the runtime needs from the machine, whichever way it was booted. Each function says how
/// it works in one mode or the other at its definition; README.md has them side by side.

#include <lodger/arch/x86/boot_info.hpp>
#include <lodger/core/result.hpp>

#include <cstddef>
#include <span>

#include <xen/xen.h>

/// Where every entry ends: the runtime's start, which never returns.
extern "C" [[noreturn]] void lodger_start(lodger::arch::BootInfo& boot);

namespace lodger::arch {

/// Protects the image and all memory that is mapped already, and sets aside, from
/// `boot.first_free` on, what page tables for the rest of memory will need.
Result<void> prepare_memory(BootInfo& boot);

/// Makes pages of our own memory readable and writable, unless they are.
Result<void> map(PageRange pages);

/// A page of our own memory that no access may hit, such as the one below a stack.
Result<void> protect(void* page);
/// Undoes `protect`.
Result<void> unprotect(void* page);

/// Maps the page that Xen shares with the guest.
Result<shared_info_t*> map_shared_info();

/// The grant table grown to at least `frames` frames, all of them mapped, one after the other.
/// @return `no_space` beyond Xen's limit
Result<std::span<std::byte>> map_grant_table(std::size_t frames);

/// The page at an address of our own memory, as Xen's interfaces want it named.
Gfn gfn(void const* address);

/// Has the faults that Xen or the CPU can raise reported to `lodger_trap`.
void install_traps();

/// Where `thread_local` variables are found: the FS base.
void set_thread_pointer(void* pointer);

/// Whatever runs unasked is turned off: Xen's periodic timer on PV.
void stop_periodic_timer();

} // namespace lodger::arch
