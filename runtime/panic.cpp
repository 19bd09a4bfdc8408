#include <lodger/runtime/backtrace.hpp>
#include <lodger/runtime/early_console.hpp>
#include <lodger/runtime/guest.hpp>
#include <lodger/runtime/panic.hpp>
#include <lodger/runtime/report.hpp>

#include <utility>

namespace lodger::runtime {

void begin_report()
{
    static constinit bool reporting = false;
    if (std::exchange(reporting, true)) {
        early_console.write("\nlodger: panic within the report of a panic\n");
        guest().shut_down(SHUTDOWN_crash);
    }
}

void report(Text const& text)
{
    early_console.write(text.view());
}

void end_report()
{
    early_console.write("lodger: crashed\n");
    early_console.drain();
    guest().shut_down(SHUTDOWN_crash);
}

void panic(std::string_view reason)
{
    begin_report();
    report(Text{} << "\nlodger: panic: " << reason << "\n");
    print_backtrace(
        reinterpret_cast<std::uint64_t>(__builtin_return_address(0)),
        static_cast<std::uint64_t const*>(__builtin_frame_address(0)));
    end_report();
}

} // namespace lodger::runtime
