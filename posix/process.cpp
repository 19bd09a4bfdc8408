/// The system calls on processes, of which there is one.

#include <lodger/runtime/end.hpp>
#include <lodger/runtime/panic.hpp>
#include <lodger/runtime/text.hpp>

#include <sys/types.h>

using lodger::runtime::panic;
using lodger::runtime::Text;

extern "C" {

[[noreturn]] void _exit(int status)
{
    lodger::runtime::end(status);
}

[[noreturn]] void abort()
{
    panic("abort was called");
}

[[noreturn]] void
__assert_func(char const* file, int line, char const* function, char const* expression)
{
    Text text;
    text << "assertion failed: " << expression << ", in " << (function ? function : "?") << " at "
         << file << ":" << line;
    panic(text.view());
}

pid_t getpid()
{
    return 1;
}

/// The only process can only mean itself; nothing handles signals.
int kill(pid_t, int signal)
{
    panic((Text{} << "signal " << signal << " was raised").view());
}
}
