#include <lodger/arch/x86/cpu.hpp>
#include <lodger/arch/x86/image.hpp>
#include <lodger/arch/x86/trap_frame.hpp>
#include <lodger/runtime/backtrace.hpp>
#include <lodger/runtime/early_console.hpp>
#include <lodger/runtime/guest.hpp>
#include <lodger/runtime/panic.hpp>
#include <lodger/runtime/text.hpp>

namespace lodger::runtime {
namespace {

constexpr std::uint64_t page_fault = 14;

void print(Text const& text)
{
    early_console.write(text.view());
}

/// A report that itself fails must not start another one.
void begin_report()
{
    static constinit bool reporting = false;
    if (std::exchange(reporting, true)) {
        early_console.write("\nlodger: panic within the report of a panic\n");
        guest().shut_down(SHUTDOWN_crash);
    }
}

[[noreturn]] void end_report()
{
    early_console.write("lodger: crashed\n");
    early_console.drain();
    guest().shut_down(SHUTDOWN_crash);
}

/// What lies at an address, as far as it explains a fault there.
char const* place_of(std::uint64_t address)
{
    auto const is_in = [address](std::byte const* start, std::byte const* end) {
        return address >= reinterpret_cast<std::uintptr_t>(start) &&
               address < reinterpret_cast<std::uintptr_t>(end);
    };
    if (address < page_size)
        return "null pointer";
    if (is_in(lodger_text_start, lodger_text_end))
        return "program text";
    if (is_in(lodger_rodata_start, lodger_rodata_end))
        return "read-only data";
    if (is_in(lodger_data_start, lodger_image_end))
        return "program data";
    for (arch::PageRange const& range : guest().boot_info().memory)
        if (address / page_size >= range.first.value && address / page_size < range.end().value)
            return "heap, stack or guard page";
    return "not memory of this guest";
}

/// The error code's bits are the processor manuals' ("Page-Fault Exception").
void print_page_fault(std::uint64_t error_code)
{
    bool const fetch = error_code & 16;
    bool const write = error_code & 2;
    bool const present = error_code & 1;
    std::uint64_t const address = arch::fault_address();
    Text text;
    text << "page fault: "
         << (fetch   ? "execution of "
             : write ? "write to "
                     : "read of ")
         << "0x" << Hex{address} << " (" << place_of(address) << "), "
         << (!present ? "where nothing is mapped"
             : fetch  ? "which is no-execute"
                      : "which is read-only")
         << "\n";
    print(text);
}

void print_cause(arch::TrapFrame const& frame)
{
    print(Text{} << "\nlodger: panic: ");
    if (frame.vector == page_fault)
        return print_page_fault(frame.error_code);
    print(
        Text{} << arch::trap_name(frame.vector) << " (vector " << frame.vector << ", error code 0x"
               << Hex{frame.error_code} << ")\n");
}

void print_registers(arch::TrapFrame const& f)
{
    auto const line = [](char const* n1, std::uint64_t v1, char const* n2, std::uint64_t v2,
                         char const* n3, std::uint64_t v3) {
        print(
            Text{} << "  " << n1 << " " << Hex{v1, 16} << "  " << n2 << " " << Hex{v2, 16} << "  "
                   << n3 << " " << Hex{v3, 16} << "\n");
    };
    line("rip", f.rip, "rsp", f.rsp, "rfl", f.rflags);
    line("rax", f.rax, "rbx", f.rbx, "rcx", f.rcx);
    line("rdx", f.rdx, "rsi", f.rsi, "rdi", f.rdi);
    line("rbp", f.rbp, "r8 ", f.r8, "r9 ", f.r9);
    line("r10", f.r10, "r11", f.r11, "r12", f.r12);
    line("r13", f.r13, "r14", f.r14, "r15", f.r15);
}

void print_code(std::uint64_t address)
{
    if (!is_code(address))
        return;
    auto const* const code = reinterpret_cast<std::uint8_t const*>(address);
    Text text;
    text << "  code";
    for (int i = 0; i < 16 && is_code(address + static_cast<unsigned>(i)); ++i)
        text << " " << Hex{code[i], 2};
    print(text << "\n");
}

} // namespace

void panic(std::string_view reason)
{
    begin_report();
    print(Text{} << "\nlodger: panic: " << reason << "\n");
    print_backtrace(
        reinterpret_cast<std::uint64_t>(__builtin_return_address(0)),
        static_cast<std::uint64_t const*>(__builtin_frame_address(0)));
    end_report();
}

} // namespace lodger::runtime

void lodger_trap(lodger::arch::TrapFrame const& frame)
{
    using namespace lodger::runtime;
    begin_report();
    print_cause(frame);
    print_registers(frame);
    print_code(frame.rip);
    print_backtrace_of(frame);
    end_report();
}
