/// Mutexes of POSIX. Threads are cooperative, so one is only ever found locked when its owner waits
/// for something else.

#include <lodger/core/wait.hpp>
#include <lodger/posix/clock.hpp>
#include <lodger/posix/errors.hpp>
#include <lodger/posix/wait_queue.hpp>

#include <pthread.h>

using namespace lodger::posix;
using lodger::Deadline;
using lodger::runtime::guest;
using lodger::runtime::Thread;

namespace {

bool is_mine(pthread_mutex_t const& mutex)
{
    return mutex.depth > 0 && mutex.owner == &Thread::current();
}

int lock(pthread_mutex_t& mutex, Deadline deadline)
{
    if (is_mine(mutex) && mutex.type != PTHREAD_MUTEX_RECURSIVE)
        return EDEADLK;
    auto const free = [&] { return mutex.depth == 0 || is_mine(mutex); };
    if (auto const locked = wait_until(guest(), queue_at(mutex.waiters), deadline, free); !locked)
        return errno_of(locked.error());
    mutex.owner = &Thread::current();
    ++mutex.depth;
    return 0;
}

} // namespace

extern "C" {

int pthread_mutex_init(pthread_mutex_t* mutex, pthread_mutexattr_t const* attributes)
{
    *mutex = {nullptr, 0, attributes ? attributes->type : PTHREAD_MUTEX_DEFAULT, nullptr};
    return 0;
}

int pthread_mutex_destroy(pthread_mutex_t* mutex)
{
    return mutex->depth > 0 ? EBUSY : 0;
}

int pthread_mutex_lock(pthread_mutex_t* mutex)
{
    return lock(*mutex, Deadline::never());
}

int pthread_mutex_trylock(pthread_mutex_t* mutex)
{
    if (mutex->depth > 0 && !(is_mine(*mutex) && mutex->type == PTHREAD_MUTEX_RECURSIVE))
        return EBUSY;
    return lock(*mutex, Deadline::never());
}

int pthread_mutex_clocklock(pthread_mutex_t* mutex, clockid_t clock, timespec const* until)
{
    auto const deadline = deadline_at(clock, *until);
    return deadline ? lock(*mutex, *deadline) : EINVAL;
}

int pthread_mutex_timedlock(pthread_mutex_t* mutex, timespec const* until)
{
    return pthread_mutex_clocklock(mutex, CLOCK_REALTIME, until);
}

int pthread_mutex_unlock(pthread_mutex_t* mutex)
{
    if (!is_mine(*mutex))
        return EPERM;
    if (--mutex->depth == 0)
        guest().scheduler().wake_one(queue_at(mutex->waiters));
    return 0;
}

int pthread_mutexattr_init(pthread_mutexattr_t* attributes)
{
    *attributes = {PTHREAD_MUTEX_DEFAULT};
    return 0;
}

int pthread_mutexattr_destroy(pthread_mutexattr_t*)
{
    return 0;
}

int pthread_mutexattr_settype(pthread_mutexattr_t* attributes, int type)
{
    if (type != PTHREAD_MUTEX_DEFAULT && type != PTHREAD_MUTEX_RECURSIVE)
        return EINVAL;
    attributes->type = type;
    return 0;
}

int pthread_mutexattr_gettype(pthread_mutexattr_t const* attributes, int* type)
{
    *type = attributes->type;
    return 0;
}
}
