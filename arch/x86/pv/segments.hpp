#pragma once

#include <lodger/arch/x86/hypercall.hpp>

namespace lodger::arch::pv {

/// Asks Xen to let the FS base be set by instruction instead of by hypercall, if it will.
void allow_fsgsbase();

extern constinit bool fsgsbase_allowed;

inline void set_fs_base(unsigned long base)
{
    if (fsgsbase_allowed)
        __asm__ __volatile__("wrfsbase %0" : : "r"(base));
    else
        set_segment_base(SEGBASE_FS, base);
}

} // namespace lodger::arch::pv
