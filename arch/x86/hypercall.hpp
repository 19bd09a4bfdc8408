#pragma once

#include <lodger/core/result.hpp>

#include <cstdint>

#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#include <xen/xen.h>

namespace lodger::arch {

/// The instruction that calls Xen: `syscall` from PV, else by the CPU's vendor. There is no
/// hypercall page: on PVH it would be one writable-then-executable page more, and an indirect
/// branch for speculation to go wrong at (XSA-466).
enum class HypercallBy : std::uint8_t { syscall, vmmcall, vmcall };

/// Set once by the entry code, before the first hypercall.
extern "C" HypercallBy lodger_hypercall_by;

inline bool is_pv()
{
    return lodger_hypercall_by == HypercallBy::syscall;
}

/// One hypercall, inline. Every argument register is in-out, since a debug Xen destroys them
/// (xen/arch/x86/hypercall.c); rcx and r11 are lost to `syscall`.
inline long hypercall(
    unsigned long number, unsigned long a1 = 0, unsigned long a2 = 0, unsigned long a3 = 0,
    unsigned long a4 = 0, unsigned long a5 = 0)
{
    long result = static_cast<long>(number);
    register unsigned long r10 __asm__("r10") = a4;
    register unsigned long r8 __asm__("r8") = a5;
    __asm__ __volatile__("   cmpb $1, %[by]\n"
                         "   jae 1f\n"
                         "   syscall\n"
                         "   jmp 3f\n"
                         "1: ja 2f\n"
                         "   vmmcall\n"
                         "   jmp 3f\n"
                         "2: vmcall\n"
                         "3:\n"
                         : "+a"(result), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8)
                         : [by] "m"(lodger_hypercall_by)
                         : "rcx", "r11", "cc", "memory");
    return result;
}

/// What a hypercall returned, as a `Result`.
inline Result<void> outcome(long returned)
{
    if (returned < 0)
        return Failure{errc_of_hypercall(returned)};
    return {};
}

template <class T>
unsigned long argument(T* pointer)
{
    return reinterpret_cast<unsigned long>(pointer);
}

// Xen's hypercalls under Xen's names; each returns what Xen returns.

inline long mmu_update(mmu_update_t const* requests, unsigned count)
{
    return hypercall(
        __HYPERVISOR_mmu_update, argument(requests), count, 0 /* done_out */, DOMID_SELF);
}

inline long mmuext_op(mmuext_op_t const* operations, unsigned count)
{
    return hypercall(__HYPERVISOR_mmuext_op, argument(operations), count, 0, DOMID_SELF);
}

inline long update_va_mapping(void const* address, std::uint64_t entry, unsigned long flags)
{
    return hypercall(__HYPERVISOR_update_va_mapping, argument(address), entry, flags);
}

inline long set_trap_table(trap_info_t const* table)
{
    return hypercall(__HYPERVISOR_set_trap_table, argument(table));
}

inline long set_segment_base(unsigned which, unsigned long base)
{
    return hypercall(__HYPERVISOR_set_segment_base, which, base);
}

inline long memory_op(unsigned command, void* details)
{
    return hypercall(__HYPERVISOR_memory_op, command, argument(details));
}

inline long multicall(multicall_entry_t* calls, unsigned count)
{
    return hypercall(__HYPERVISOR_multicall, argument(calls), count);
}

inline long xen_version(unsigned command, void* details)
{
    return hypercall(__HYPERVISOR_xen_version, command, argument(details));
}

inline long grant_table_op(unsigned command, void* operations, unsigned count)
{
    return hypercall(__HYPERVISOR_grant_table_op, command, argument(operations), count);
}

inline long vcpu_op(unsigned command, unsigned vcpu, void* details)
{
    return hypercall(__HYPERVISOR_vcpu_op, command, vcpu, argument(details));
}

inline long sched_op(unsigned command, void* details)
{
    return hypercall(__HYPERVISOR_sched_op, command, argument(details));
}

inline long event_channel_op(unsigned command, void* details)
{
    return hypercall(__HYPERVISOR_event_channel_op, command, argument(details));
}

inline long hvm_op(unsigned command, void* details)
{
    return hypercall(__HYPERVISOR_hvm_op, command, argument(details));
}

} // namespace lodger::arch
