#include <lodger/arch/x86/cpu.hpp>
#include <lodger/arch/x86/image.hpp>
#include <lodger/arch/x86/trap_frame.hpp>
#include <lodger/runtime/backtrace.hpp>
#include <lodger/runtime/guest.hpp>
#include <lodger/runtime/report.hpp>

namespace lodger::runtime {
namespace {

constexpr std::uint64_t double_fault = 8;
constexpr std::uint64_t page_fault = 14;

bool is_in(std::uint64_t address, std::byte const* start, std::byte const* end)
{
    return address >= reinterpret_cast<std::uintptr_t>(start) &&
           address < reinterpret_cast<std::uintptr_t>(end);
}

bool is_in_memory(std::uint64_t page)
{
    for (arch::PageRange const& range : guest().boot_info().memory)
        if (page >= range.first.value && page < range.end().value)
            return true;
    return false;
}

/// Whether it is the page below the running thread's stack.
bool is_in_guard_page(std::uint64_t address)
{
    if (!guest().scheduler().has_threads())
        return false;
    std::byte const* const stack = Thread::current().stack().data();
    return is_in(address, stack - page_size, stack);
}

/// What lies at an address, as far as it explains a fault there.
char const* place_of(std::uint64_t address)
{
    if (address < page_size)
        return "null pointer";
    if (is_in_guard_page(address))
        return "below the thread's stack";
    if (is_in(address, lodger_text_start, lodger_text_end))
        return "program text";
    if (is_in(address, lodger_rodata_start, lodger_rodata_end))
        return "read-only data";
    if (is_in(address, lodger_data_start, lodger_image_end))
        return "program data";
    return is_in_memory(address / page_size) ? "heap or stack" : "not memory of this guest";
}

/// The error code's bits are the processor manuals' ("Page-Fault Exception").
void report_page_fault(std::uint64_t error_code)
{
    bool const fetch = error_code & 16;
    bool const write = error_code & 2;
    bool const present = error_code & 1;
    std::uint64_t const address = arch::fault_address();
    Text text;
    text << (fetch   ? "execution of "
             : write ? "write to "
                     : "read of ")
         << "0x" << Hex{address} << " (" << place_of(address) << "), "
         << (!present ? "where nothing is mapped"
             : fetch  ? "which is no-execute"
                      : "which is read-only");
    report(Text{} << "page fault: " << text.view() << "\n");
}

void report_cause(arch::TrapFrame const& frame)
{
    report(Text{} << "\nlodger: panic: ");
    if (frame.vector == page_fault)
        return report_page_fault(frame.error_code);
    if (frame.vector == double_fault && is_in_guard_page(arch::fault_address())) {
        report(Text{} << "stack overflow of thread " << Thread::current().name() << "\n");
        return;
    }
    report(
        Text{} << arch::trap_name(frame.vector) << " (vector " << frame.vector << ", error code 0x"
               << Hex{frame.error_code} << ")\n");
}

void report_registers(arch::TrapFrame const& f)
{
    struct Register {
        char const* name;
        std::uint64_t value;
    };
    Register const registers[]{{"rip", f.rip}, {"rsp", f.rsp}, {"rfl", f.rflags}, {"rax", f.rax},
                               {"rbx", f.rbx}, {"rcx", f.rcx}, {"rdx", f.rdx},    {"rsi", f.rsi},
                               {"rdi", f.rdi}, {"rbp", f.rbp}, {"r8 ", f.r8},     {"r9 ", f.r9},
                               {"r10", f.r10}, {"r11", f.r11}, {"r12", f.r12},    {"r13", f.r13},
                               {"r14", f.r14}, {"r15", f.r15}};
    int column = 0;
    for (Register const& r : registers)
        report(Text{} << "  " << r.name << " " << Hex{r.value, 16} << (++column % 3 ? "" : "\n"));
}

void report_code(std::uint64_t address)
{
    constexpr std::uint64_t most_bytes = 16;
    if (!is_code(address))
        return;
    Text text;
    text << "  code";
    for (std::uint64_t at = address; at < address + most_bytes && is_code(at); ++at)
        text << " " << Hex{*reinterpret_cast<std::uint8_t const*>(at), 2};
    report(text << "\n");
}

} // namespace
} // namespace lodger::runtime

void lodger_trap(lodger::arch::TrapFrame const& frame)
{
    using namespace lodger::runtime;
    begin_report();
    report_cause(frame);
    report_registers(frame);
    report_code(frame.rip);
    print_backtrace_of(frame);
    end_report();
}
