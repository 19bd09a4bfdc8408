#pragma once

#include <lodger/arch/x86/hypercall.hpp>

namespace lodger::arch {

/// Has the FS base be set by instruction instead of by hypercall or MSR, if the CPU can and Xen
/// lets it.
void allow_fsgsbase(bool is_pv);

extern constinit bool fsgsbase_allowed;

inline void set_fs_base(unsigned long base, bool is_pv)
{
    constexpr unsigned fs_base_register = 0xc000'0100;
    if (fsgsbase_allowed)
        __asm__ __volatile__("wrfsbase %0" : : "r"(base));
    else if (is_pv)
        set_segment_base(SEGBASE_FS, base);
    else
        __asm__ __volatile__("wrmsr" : : "c"(fs_base_register), "a"(base), "d"(base >> 32));
}

} // namespace lodger::arch
