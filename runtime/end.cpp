#include <lodger/runtime/console.hpp>
#include <lodger/runtime/early_console.hpp>
#include <lodger/runtime/end.hpp>
#include <lodger/runtime/guest.hpp>
#include <lodger/runtime/text.hpp>

#include <cstdlib>

namespace lodger::runtime {
namespace {

constinit bool crash_on_failure = false;
constinit bool ending = false;
constinit bool has_loss = false;
constinit unsigned good_end = SHUTDOWN_poweroff;
constinit Thread const* first_to_end = nullptr;

} // namespace

void choose_end(CommandLine const& command_line)
{
    crash_on_failure = command_line.has_option("crash_on_failure");
}

void report_loss(std::string_view what)
{
    has_loss = true;
    print((Text{} << "lodger: " << what << "\n").view());
}

void end(int status)
{
    if (has_loss && status == 0)
        status = EXIT_FAILURE;
    if (status != 0)
        early_console.write((Text{} << "lodger: exit status " << status << "\n").view());
    early_console.drain();
    guest().shut_down(status != 0 && crash_on_failure ? SHUTDOWN_crash : good_end);
}

void be_first_to_end()
{
    static constinit WaitQueue others;
    Thread const* const self = &Thread::current();
    if (!first_to_end)
        first_to_end = self;
    while (first_to_end != self && guest().wait(others, Deadline::never()))
        ;
}

bool has_begun_to_end()
{
    return first_to_end != nullptr;
}

void exit_although_others_run(unsigned reason)
{
    be_first_to_end();
    good_end = reason;
    ending = true;
    std::exit(0);
}

bool is_ending()
{
    return ending;
}

} // namespace lodger::runtime
