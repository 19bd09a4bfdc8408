/// The C library's locks. Threads are cooperative, so a lock is only ever found taken when its
/// owner waits inside the C library, for the console say. It goes from hand to hand, as a mutex
/// does (posix/mutexes.cpp).

#include <lodger/runtime/end.hpp>
#include <lodger/runtime/guest.hpp>
#include <lodger/runtime/panic.hpp>

#include <new>
#include <sys/lock.h>

using lodger::Deadline;
using lodger::runtime::guest;
using lodger::runtime::Thread;

struct __lock {
    Thread* owner = nullptr;
    unsigned depth = 0;
    lodger::WaitQueue waiters;
};

namespace {

bool try_acquire(__lock& lock)
{
    // An event handler counts as the thread that it interrupts: what both print may be mixed up
    // then, which is better than no guest.
    Thread* const thread = &Thread::current();
    if (lock.depth > 0 && lock.owner != thread && !lodger::runtime::is_ending())
        return false;
    lock.owner = thread;
    ++lock.depth;
    return true;
}

void acquire(__lock& lock)
{
    // Who is woken has it: `release` says so.
    if (!try_acquire(lock) && !guest().wait(lock.waiters, Deadline::never()))
        lodger::runtime::panic("an event handler called the C library while a thread was in it");
}

void release(__lock& lock)
{
    if (--lock.depth > 0)
        return;
    lock.owner = guest().scheduler().wake_one(lock.waiters);
    lock.depth = lock.owner ? 1 : 0;
}

_LOCK_T create()
{
    auto* const lock = new (std::nothrow) __lock;
    if (!lock)
        lodger::runtime::panic("out of memory for a lock of the C library");
    return lock;
}

/// At the end of the guest `exit` closes the streams, and other threads still print.
void destroy(_LOCK_T lock)
{
    if (!lodger::runtime::has_begun_to_end())
        delete lock;
}

} // namespace

extern "C" {

// newlib's own are linked unless all of them are here.
constinit __lock __lock___sinit_recursive_mutex;
constinit __lock __lock___sfp_recursive_mutex;
constinit __lock __lock___atexit_recursive_mutex;
constinit __lock __lock___at_quick_exit_mutex;
constinit __lock __lock___malloc_recursive_mutex;
constinit __lock __lock___env_recursive_mutex;
constinit __lock __lock___tz_mutex;
constinit __lock __lock___dd_hash_mutex;
constinit __lock __lock___arc4random_mutex;

void __retarget_lock_init(_LOCK_T* lock)
{
    *lock = create();
}

void __retarget_lock_init_recursive(_LOCK_T* lock)
{
    *lock = create();
}

void __retarget_lock_close(_LOCK_T lock)
{
    destroy(lock);
}

void __retarget_lock_close_recursive(_LOCK_T lock)
{
    destroy(lock);
}

void __retarget_lock_acquire(_LOCK_T lock)
{
    acquire(*lock);
}

void __retarget_lock_acquire_recursive(_LOCK_T lock)
{
    acquire(*lock);
}

int __retarget_lock_try_acquire(_LOCK_T lock)
{
    return try_acquire(*lock);
}

int __retarget_lock_try_acquire_recursive(_LOCK_T lock)
{
    return try_acquire(*lock);
}

void __retarget_lock_release(_LOCK_T lock)
{
    release(*lock);
}

void __retarget_lock_release_recursive(_LOCK_T lock)
{
    release(*lock);
}
}
