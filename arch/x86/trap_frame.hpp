#pragma once

#include <cstdint>

namespace lodger::arch {

/// The registers at a trap, as the stubs of trap_entry.S and the CPU, or Xen, push them.
struct TrapFrame {
    std::uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    std::uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
    std::uint64_t vector, error_code;
    std::uint64_t rip, cs, rflags, rsp, ss;
};

static_assert(sizeof(TrapFrame) == 22 * 8);

/// The name of an exception, as the processor manuals have it.
char const* trap_name(std::uint64_t vector);

} // namespace lodger::arch

/// The runtime's report of a trap, which ends the guest.
extern "C" [[noreturn]] void lodger_trap(lodger::arch::TrapFrame const& frame);
