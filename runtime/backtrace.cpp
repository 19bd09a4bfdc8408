#include <lodger/arch/x86/image.hpp>
#include <lodger/runtime/backtrace.hpp>
#include <lodger/runtime/early_console.hpp>
#include <lodger/runtime/guest.hpp>
#include <lodger/runtime/text.hpp>

#include <span>

namespace lodger::runtime {
namespace {

constexpr int most_frames = 32;

/// Frames are only believed where there can be any: on the stack in use.
struct Stack {
    std::uintptr_t start = reinterpret_cast<std::uintptr_t>(lodger_boot_stack_guard) + page_size;
    std::uintptr_t end = reinterpret_cast<std::uintptr_t>(lodger_boot_stack_end);

    Stack()
    {
        if (!guest().scheduler().has_threads())
            return;
        std::span const stack = Thread::current().stack();
        start = reinterpret_cast<std::uintptr_t>(stack.data());
        end = start + stack.size();
    }

    bool holds(std::uint64_t frame) const
    {
        return frame >= start && frame + 16 <= end && frame % 8 == 0;
    }
};

void print_address(int number, std::uint64_t address)
{
    // A return address lies behind the call, which may be the last instruction of its function.
    std::uint64_t const place = number == 0 ? address : address - 1;
    Symbol const symbol = find_symbol(place);
    Text text;
    text << "  #" << number << " 0x" << Hex{address, 8} << "  ";
    if (symbol.name.empty())
        text << "?";
    else
        text << symbol.name << "+0x" << Hex{symbol.offset};
    early_console.write((text << "\n").view());
}

void print_callers(int number, std::uint64_t frame, Stack const& stack)
{
    while (number < most_frames && stack.holds(frame)) {
        auto const* const words = reinterpret_cast<std::uint64_t const*>(frame);
        std::uint64_t const caller_frame = words[0];
        std::uint64_t const return_address = words[1];
        if (!is_code(return_address))
            return;
        print_address(number++, return_address);
        if (caller_frame <= frame)
            return;
        frame = caller_frame;
    }
}

void print_heading()
{
    Text text;
    text << "backtrace";
    if (guest().scheduler().has_threads())
        text << " of thread " << Thread::current().name();
    early_console.write((text << ":\n").view());
}

} // namespace

void print_backtrace(std::uint64_t address, std::uint64_t const* frame)
{
    print_heading();
    Stack const stack;
    print_address(1, address);
    auto const own = reinterpret_cast<std::uint64_t>(frame);
    if (stack.holds(own))
        print_callers(2, *frame, stack);
}

void print_backtrace_of(arch::TrapFrame const& trap)
{
    print_heading();
    Stack const stack;
    print_address(0, trap.rip);
    int number = 1;
    // A jump to nowhere: the caller is what the call has pushed.
    if (!is_code(trap.rip) && stack.holds(trap.rsp)) {
        std::uint64_t const caller = *reinterpret_cast<std::uint64_t const*>(trap.rsp);
        if (is_code(caller))
            print_address(number++, caller);
    }
    print_callers(number, trap.rbp, stack);
}

} // namespace lodger::runtime
