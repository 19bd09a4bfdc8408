/// Condition variables of POSIX. Nothing comes between giving up the mutex and waiting: another
/// thread runs only from there on.

#include <lodger/posix/clock.hpp>
#include <lodger/posix/errors.hpp>
#include <lodger/posix/wait_queue.hpp>
#include <lodger/runtime/panic.hpp>

#include <pthread.h>

using namespace lodger::posix;
using lodger::Deadline;
using lodger::Errc;
using lodger::runtime::guest;

namespace {

int wait(pthread_cond_t& condition, pthread_mutex_t& mutex, Deadline deadline)
{
    if (int const error = pthread_mutex_unlock(&mutex))
        return error;
    auto const waited = guest().wait(queue_at(condition.waiters), deadline);
    // Whoever waits in a loop, as is right, would never leave it.
    if (!waited && waited.error() == Errc::would_deadlock)
        lodger::runtime::panic("an event handler waits for a condition variable");
    if (int const error = pthread_mutex_lock(&mutex))
        return error;
    return waited ? 0 : errno_of(waited.error());
}

} // namespace

extern "C" {

int pthread_cond_init(pthread_cond_t* condition, pthread_condattr_t const* attributes)
{
    *condition = {attributes ? attributes->clock : CLOCK_REALTIME, nullptr};
    return 0;
}

int pthread_cond_destroy(pthread_cond_t* condition)
{
    return queue_at(condition->waiters).empty() ? 0 : EBUSY;
}

int pthread_cond_signal(pthread_cond_t* condition)
{
    guest().scheduler().wake_one(queue_at(condition->waiters));
    return 0;
}

int pthread_cond_broadcast(pthread_cond_t* condition)
{
    guest().wake(queue_at(condition->waiters));
    return 0;
}

int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex)
{
    return wait(*condition, *mutex, Deadline::never());
}

int pthread_cond_clockwait(
    pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock, timespec const* until)
{
    auto const deadline = deadline_at(clock, *until);
    return deadline ? wait(*condition, *mutex, *deadline) : EINVAL;
}

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, timespec const* until)
{
    // Of zeros is one that has no clock chosen.
    clockid_t const clock = condition->clock == CLOCK_MONOTONIC ? CLOCK_MONOTONIC : CLOCK_REALTIME;
    return pthread_cond_clockwait(condition, mutex, clock, until);
}

int pthread_condattr_init(pthread_condattr_t* attributes)
{
    *attributes = {CLOCK_REALTIME};
    return 0;
}

int pthread_condattr_destroy(pthread_condattr_t*)
{
    return 0;
}

int pthread_condattr_setclock(pthread_condattr_t* attributes, clockid_t clock)
{
    if (!read_clock(clock))
        return EINVAL;
    attributes->clock = clock;
    return 0;
}

int pthread_condattr_getclock(pthread_condattr_t const* attributes, clockid_t* clock)
{
    *clock = attributes->clock;
    return 0;
}
}
