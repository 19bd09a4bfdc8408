/// The system calls on processes, of which there is one.

#include <lodger/core/ids.hpp>
#include <lodger/posix/errors.hpp>
#include <lodger/posix/process.hpp>
#include <lodger/runtime/end.hpp>
#include <lodger/runtime/panic.hpp>
#include <lodger/runtime/text.hpp>

#include <sys/types.h>
#include <unistd.h>
#include <utility>

using lodger::runtime::panic;
using lodger::runtime::Text;

namespace lodger::posix {

constinit CloseFiles close_mounts = nullptr;
constinit CloseFiles close_disks = nullptr;

} // namespace lodger::posix

extern "C" {

[[noreturn]] void _exit(int status)
{
    lodger::runtime::be_first_to_end();
    for (auto* const close : {&lodger::posix::close_mounts, &lodger::posix::close_disks})
        if (auto* const function = std::exchange(*close, nullptr))
            function();
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

/// The size of a page, and one processor; nothing else is known here.
long sysconf(int name)
{
    switch (name) {
    case _SC_PAGESIZE: return lodger::page_size;
    case _SC_NPROCESSORS_CONF:
    case _SC_NPROCESSORS_ONLN: return 1;
    default: return lodger::posix::fail(EINVAL);
    }
}

/// The only process can only mean itself; nothing handles signals.
int kill(pid_t, int signal)
{
    panic((Text{} << "signal " << signal << " was raised").view());
}
}
