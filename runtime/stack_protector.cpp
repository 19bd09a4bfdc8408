#include <lodger/arch/x86/cpu.hpp>
#include <lodger/runtime/panic.hpp>
#include <lodger/runtime/stack_protector.hpp>

#include <cstdint>

extern "C" {
// Both names are the compiler's; newlib's own pair is not linked because these exist.
std::uintptr_t __stack_chk_guard = 0;

[[noreturn]] void __stack_chk_fail()
{
    lodger::runtime::panic("stack smashed: a function wrote beyond its local variables");
}
}

namespace lodger::runtime {

[[gnu::no_stack_protector]] void draw_stack_canary()
{
    // Without a source of random numbers, the time stamp's low bits are what cannot be known.
    std::uint64_t number = arch::time_stamp() * 0x9e37'79b9'7f4a'7c15;
    if (auto const random = arch::hardware_random())
        number ^= *random;
    // A zero byte, first in memory, ends any string that runs into it.
    __stack_chk_guard = number << 8;
}

} // namespace lodger::runtime
