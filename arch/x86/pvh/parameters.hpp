#pragma once

#include <lodger/core/result.hpp>

#include <cstdint>

namespace lodger::arch::pvh {

/// What Xen's builder tells an HVM or PVH guest (`HVM_PARAM_*`, xen/include/public/hvm/params.h).
Result<std::uint64_t> parameter(std::uint32_t index);

/// Makes Xen see a 64-bit guest, which decides the layout of the page it shares with us
/// (xen/arch/x86/hvm/hvm.c, hvm_latch_shinfo_size), and a guest that can go on after a cancelled
/// suspend: both hang on the callback vector. No upcall is ever delivered, since interrupts stay
/// off.
Result<void> set_callback_vector();

} // namespace lodger::arch::pvh
