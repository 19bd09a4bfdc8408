#include <lodger/arch/x86/image.hpp>
#include <lodger/runtime/backtrace.hpp>
#include <lodger/runtime/early_console.hpp>
#include <lodger/runtime/guest.hpp>
#include <lodger/runtime/text.hpp>

#include <algorithm>
#include <array>
#include <span>

namespace lodger::runtime {
namespace {

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

    bool holds(std::uint64_t frame, std::size_t size) const
    {
        return frame >= start && frame + size <= end && frame % 8 == 0;
    }
    std::uint64_t word(std::uint64_t at) const
    {
        return *reinterpret_cast<std::uint64_t const*>(at);
    }
};

/// Prints one line a caller; a recursion takes one line however deep it is.
class Lines {
public:
    /// @param number of the first line; 0 is where a trap was taken, all others are callers
    explicit Lines(int number) : number_{number} {}
    ~Lines() { print_repeats(); }

    /// @return false when there have been enough
    bool add(std::uint64_t address)
    {
        constexpr int most_lines = 32;
        if (address == last_) {
            ++repeats_;
            ++number_;
            return true;
        }
        print_repeats();
        if (++lines_ > most_lines)
            return false;
        print(address);
        last_ = address;
        ++number_;
        return true;
    }

private:
    void print(std::uint64_t address) const
    {
        // A return address lies behind the call, which may be the last of its function.
        Symbol const symbol = find_symbol(number_ == 0 ? address : address - 1);
        Text text;
        text << "  #" << number_ << " 0x" << Hex{address, 8} << "  ";
        if (symbol.name.view().empty())
            text << "?";
        else
            text << symbol.name.view() << "+0x" << Hex{symbol.offset};
        early_console.write((text << "\n").view());
    }

    void print_repeats()
    {
        if (repeats_ > 0)
            early_console.write((Text{} << "     ... " << repeats_ << " times more\n").view());
        repeats_ = 0;
    }

    int number_;
    int lines_ = 0;
    int repeats_ = 0;
    std::uint64_t last_ = 0;
};

void add_callers(Lines& lines, std::uint64_t frame, Stack const& stack)
{
    while (stack.holds(frame, 16)) {
        std::uint64_t const return_address = stack.word(frame + 8);
        if (!is_code(return_address) || !lines.add(return_address))
            return;
        std::uint64_t const outer = stack.word(frame);
        if (outer <= frame)
            return;
        frame = outer;
    }
}

/// Whether a function has not made its frame by the time it reaches `address`, so that its caller
/// is what the stack pointer points to.
bool is_without_frame(std::uint64_t address)
{
    static constexpr std::array<std::uint8_t, 4> make_frame{0x55, 0x48, 0x89, 0xe5};
    Symbol const symbol = find_symbol(address);
    auto const* const start = reinterpret_cast<std::uint8_t const*>(address - symbol.offset);
    std::span const before{start, symbol.name.view().empty() ? 0 : symbol.offset};
    return std::ranges::search(before, make_frame).empty();
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
    Lines lines{1};
    lines.add(address);
    auto const own = reinterpret_cast<std::uint64_t>(frame);
    if (stack.holds(own, 16))
        add_callers(lines, stack.word(own), stack);
}

void print_backtrace_of(arch::TrapFrame const& trap)
{
    print_heading();
    Stack const stack;
    Lines lines{0};
    lines.add(trap.rip);
    // Also so after a jump to nowhere: the caller is what the call has pushed.
    if (is_without_frame(trap.rip) && stack.holds(trap.rsp, 8) && is_code(stack.word(trap.rsp)))
        lines.add(stack.word(trap.rsp));
    add_callers(lines, trap.rbp, stack);
}

} // namespace lodger::runtime
