#include <lodger/arch/x86/trap_frame.hpp>

#include <array>

namespace lodger::arch {

char const* trap_name(std::uint64_t vector)
{
    static constexpr std::array names{
        "divide error",
        "debug exception",
        "non-maskable interrupt",
        "breakpoint",
        "overflow",
        "bound range exceeded",
        "invalid opcode",
        "device not available",
        "double fault",
        "coprocessor segment overrun",
        "invalid TSS",
        "segment not present",
        "stack fault",
        "general protection fault",
        "page fault",
        "reserved vector",
        "x87 floating-point error",
        "alignment check",
        "machine check",
        "SIMD floating-point error",
        "virtualization exception",
        "control protection exception",
    };
    return vector < names.size() ? names[vector] : "unknown exception";
}

} // namespace lodger::arch
