/// What compiled C++ calls by name (Itanium C++ ABI). libstdc++ has these functions too, but for
/// a single thread, and reports misuse by exceptions that most images do without.

#include <lodger/runtime/guest.hpp>
#include <lodger/runtime/panic.hpp>
#include <lodger/runtime/thread.hpp>

#include <exception>
#include <new>

using lodger::runtime::guest;
using lodger::runtime::panic;
using lodger::runtime::Thread;
using lodger::runtime::ThreadExit;

namespace {

/// A local static variable's guard: its first byte is the compiler's, the second tells that some
/// thread is in the initializer.
struct Guard {
    char done;
    char busy;
};

constinit lodger::WaitQueue guard_waiters;

} // namespace

extern "C" {

// Declared by other names than those they are linked by: a header with a local static variable has
// the compiler declare these itself, and otherwise.
extern void* image_handle __asm__("__dso_handle");
int acquire_guard(Guard* guard) __asm__("__cxa_guard_acquire");
void release_guard(Guard* guard) __asm__("__cxa_guard_release");
void abort_guard(Guard* guard) __asm__("__cxa_guard_abort");

void* image_handle = nullptr;

[[noreturn]] void __cxa_pure_virtual()
{
    panic("a pure virtual function was called");
}

[[noreturn]] void __cxa_deleted_virtual()
{
    panic("a deleted virtual function was called");
}

int acquire_guard(Guard* guard)
{
    using lodger::Deadline;
    while (guard->busy)
        if (!guest().wait(guard_waiters, Deadline::never()))
            panic("an event handler needs a static variable that is being initialized");
    if (guard->done)
        return 0;
    guard->busy = 1;
    return 1;
}

void release_guard(Guard* guard)
{
    guard->busy = 0;
    guard->done = 1;
    guest().wake(guard_waiters);
}

void abort_guard(Guard* guard)
{
    guard->busy = 0;
    guest().wake(guard_waiters);
}

/// Has `destroy(object)` run when the thread ends.
int __cxa_thread_atexit(void (*destroy)(void*), void* object, void*)
{
    auto* const exit = new (std::nothrow)
        ThreadExit{destroy, object, [](ThreadExit* self) { delete self; }, nullptr};
    if (!exit)
        return -1;
    Thread::at_exit(*exit);
    return 0;
}
}

namespace __cxxabiv1 {

/// What std::terminate ends in; libstdc++'s own would bring in its demangler.
[[noreturn]] static void terminate()
{
    panic("std::terminate was called: an exception that nobody catches, or another dead end");
}

extern std::terminate_handler __terminate_handler;
std::terminate_handler __terminate_handler = terminate;

} // namespace __cxxabiv1
