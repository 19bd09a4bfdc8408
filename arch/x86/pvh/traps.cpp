#include <lodger/arch/x86/image.hpp>
#include <lodger/arch/x86/pvh/traps.hpp>

#include <array>
#include <cstdint>

namespace lodger::arch::pvh {
namespace {

constexpr std::size_t trap_count = 22;
constexpr std::uint16_t code_selector = 0x08; // entry.S
constexpr std::uint16_t task_selector = 0x18;

/// An interrupt gate (Intel's manual, volume 3, "64-Bit Mode IDT").
struct Gate {
    std::uint16_t address_low;
    std::uint16_t selector;
    std::uint8_t stack; ///< of the task segment's; 0 is the stack in use
    std::uint8_t type;
    std::uint16_t address_middle;
    std::uint32_t address_high;
    std::uint32_t reserved;
};
static_assert(sizeof(Gate) == 16);

struct [[gnu::packed]] TaskSegment {
    std::uint32_t reserved0;
    std::array<std::uint64_t, 3> ring_stacks;
    std::uint64_t reserved1;
    std::array<std::uint64_t, 7> interrupt_stacks;
    std::uint64_t reserved2;
    std::uint16_t reserved3;
    std::uint16_t io_map;
};
static_assert(sizeof(TaskSegment) == 104);

struct [[gnu::packed]] TablePointer {
    std::uint16_t limit;
    void const* base;
};

extern "C" {
extern std::uint64_t const lodger_pvh_trap_stubs[trap_count];
extern std::uint64_t lodger_pvh_gdt[];
}

constinit std::array<Gate, trap_count> gates{};
constinit TaskSegment task{};

/// A fault while the stack is used up becomes a double fault, since its frame cannot be pushed.
/// These must not use the stack in use; the boot stack has been left by then.
std::uint8_t stack_for(std::size_t vector)
{
    constexpr std::size_t non_maskable = 2;
    constexpr std::size_t double_fault = 8;
    constexpr std::size_t machine_check = 18;
    return vector == non_maskable || vector == double_fault || vector == machine_check ? 1 : 0;
}

Gate gate_to(std::uint64_t address, std::uint8_t stack)
{
    constexpr std::uint8_t present_interrupt_gate = 0x8e;
    return {
        static_cast<std::uint16_t>(address),
        code_selector,
        stack,
        present_interrupt_gate,
        static_cast<std::uint16_t>(address >> 16),
        static_cast<std::uint32_t>(address >> 32),
        0};
}

void load_task_segment()
{
    task.interrupt_stacks[0] = reinterpret_cast<std::uintptr_t>(lodger_boot_stack_end);
    task.io_map = sizeof task;
    constexpr std::uint64_t present_available_task = 0x89;
    auto const base = reinterpret_cast<std::uintptr_t>(&task);
    std::uint64_t* const descriptor = &lodger_pvh_gdt[task_selector / 8];
    descriptor[0] = (sizeof task - 1) | (base & 0xff'ffff) << 16 | present_available_task << 40 |
                    (base >> 24 & 0xff) << 56;
    descriptor[1] = base >> 32;
    __asm__ __volatile__("ltr %0" : : "r"(task_selector) : "memory");
}

} // namespace

void install_traps()
{
    for (std::size_t vector = 0; vector < trap_count; ++vector)
        gates[vector] = gate_to(lodger_pvh_trap_stubs[vector], stack_for(vector));
    load_task_segment();
    TablePointer const pointer{sizeof gates - 1, gates.data()};
    __asm__ __volatile__("lidt %0" : : "m"(pointer));
}

} // namespace lodger::arch::pvh
