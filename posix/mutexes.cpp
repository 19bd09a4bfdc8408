/// Mutexes of POSIX. Threads are cooperative, so one is only ever found locked when its owner waits
/// for something else. Who unlocks it hands it to the first who waits: left free, it could be
/// locked again by the same thread, over and over, before another one runs.

#include <lodger/core/wait.hpp>
#include <lodger/posix/clock.hpp>
#include <lodger/posix/errors.hpp>
#include <lodger/posix/wait_queue.hpp>

#include <pthread.h>

using namespace lodger::posix;
using lodger::Deadline;
using lodger::runtime::guest;

namespace {

bool is_mine(pthread_mutex_t const& mutex)
{
    return mutex.depth > 0 && mutex.owner == guest().scheduler().running();
}

int lock(pthread_mutex_t& mutex, Deadline deadline)
{
    if (is_mine(mutex) && mutex.type != PTHREAD_MUTEX_RECURSIVE)
        return EDEADLK;
    if (mutex.depth > 0 && !is_mine(mutex)) {
        auto const handed =
            wait_until(guest(), queue_at(mutex.waiters), deadline, [&] { return is_mine(mutex); });
        return handed ? 0 : errno_of(handed.error());
    }
    mutex.owner = guest().scheduler().running();
    ++mutex.depth;
    return 0;
}

void hand_over(pthread_mutex_t& mutex)
{
    mutex.owner = guest().scheduler().wake_one(queue_at(mutex.waiters));
    mutex.depth = mutex.owner ? 1 : 0;
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
        hand_over(*mutex);
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
