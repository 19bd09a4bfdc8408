#include <lodger/arch/x86/platform.hpp>
#include <lodger/runtime/command_line.hpp>
#include <lodger/runtime/console.hpp>
#include <lodger/runtime/end.hpp>
#include <lodger/runtime/guest.hpp>
#include <lodger/runtime/panic.hpp>
#include <lodger/runtime/stack_protector.hpp>

#include <algorithm>
#include <cstdlib>
#include <new>

/// The application. The C++ standard forbids to call `main` by its name.
extern "C" int lodger_application(int argc, char** argv) __asm__("main");

/// From linker.ld: what static constructors and destructors compile to.
extern "C" {
using Function = void (*)();
extern Function const lodger_init_array[];
extern Function const lodger_init_array_end[];
extern Function const lodger_fini_array[];
extern Function const lodger_fini_array_end[];
}

namespace lodger::runtime {
namespace {

void run_destructors()
{
    for (Function const* f = lodger_fini_array_end; f != lodger_fini_array;)
        (*--f)();
}

void run_constructors()
{
    for (Function const* f = lodger_init_array; f != lodger_init_array_end; ++f)
        (*f)();
    if (&lodger_fini_array[0] != &lodger_fini_array_end[0])
        std::atexit(run_destructors);
}

void run_application(void*)
{
    static constinit CommandLine command_line;
    char const* const words = guest().boot_info().command_line;
    command_line.split(words ? words : "");
    choose_end(command_line);
    guest().show_trace(command_line.trace());
    start_console();
    run_constructors();
    int const status = lodger_application(command_line.argc(), command_line.argv());
    Thread::run_exits();
    be_first_to_end();
    std::exit(status);
}

/// What the first thread gets: little where memory is little, else enough for software that was
/// written for machines with plenty.
std::size_t first_stack_size()
{
    constexpr std::size_t least = 64 << 10;
    constexpr std::size_t most = 1 << 20;
    return std::clamp(guest().pages().all_pages() * page_size / 32, least, most);
}

} // namespace
} // namespace lodger::runtime

/// Without a stack protector of its own, since it draws the number that protectors compare with.
[[gnu::no_stack_protector]] void lodger_start(lodger::arch::BootInfo& boot)
{
    using namespace lodger::runtime;
    draw_stack_canary();
    (new (guest_place) Guest)->start(boot);
    Thread::run_first(first_stack_size(), run_application);
}
