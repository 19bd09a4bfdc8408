#pragma once

#include <cstdint>

namespace lodger::arch::pvh {

/// I/O ports of the machine. `Value` says how wide: 8, 16 or 32 bits.
template <class Value>
void write_port(std::uint16_t port, Value value)
{
    if constexpr (sizeof value == 1)
        __asm__ __volatile__("outb %0, %1" : : "a"(value), "Nd"(port));
    else if constexpr (sizeof value == 2)
        __asm__ __volatile__("outw %0, %1" : : "a"(value), "Nd"(port));
    else
        __asm__ __volatile__("outl %0, %1" : : "a"(value), "Nd"(port));
}

template <class Value>
Value read_port(std::uint16_t port)
{
    Value value{};
    if constexpr (sizeof value == 1)
        __asm__ __volatile__("inb %1, %0" : "=a"(value) : "Nd"(port));
    else
        __asm__ __volatile__("inw %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

} // namespace lodger::arch::pvh
