/// Threads of POSIX: a `pthread_t` is a thread of the guest's.

#include <lodger/posix/errors.hpp>
#include <lodger/runtime/guest.hpp>

#include <memory>
#include <new>
#include <pthread.h>

using lodger::Deadline;
using lodger::posix::errno_of;
using lodger::runtime::guest;
using lodger::runtime::Thread;

namespace {

/// More than the library's own threads have: software that knows of no small stacks.
constexpr pthread_attr_t usual{128 << 10, PTHREAD_CREATE_JOINABLE};

struct Start {
    void* (*function)(void*);
    void* argument;
};

void run(void* object)
{
    Start const start = *std::unique_ptr<Start>{static_cast<Start*>(object)};
    Thread::current().set_value(start.function(start.argument));
}

Thread& thread_of(pthread_t thread)
{
    return *reinterpret_cast<Thread*>(thread);
}

} // namespace

extern "C" {

int pthread_create(
    pthread_t* thread, pthread_attr_t const* attributes, void* (*function)(void*), void* argument)
{
    pthread_attr_t const& chosen = attributes ? *attributes : usual;
    std::unique_ptr<Start> start{new (std::nothrow) Start{function, argument}};
    if (!start)
        return EAGAIN;
    auto const started = Thread::start({"pthread", chosen.stack_size}, run, start.get());
    if (!started)
        return EAGAIN;
    static_cast<void>(start.release());
    *thread = reinterpret_cast<pthread_t>(*started);
    if (chosen.detach_state == PTHREAD_CREATE_DETACHED)
        (*started)->detach();
    return 0;
}

int pthread_join(pthread_t thread, void** result)
{
    if (&thread_of(thread) == &Thread::current())
        return EDEADLK;
    auto const joined = thread_of(thread).join(Deadline::never(), result);
    return joined ? 0 : errno_of(joined.error());
}

int pthread_detach(pthread_t thread)
{
    thread_of(thread).detach();
    return 0;
}

pthread_t pthread_self()
{
    return reinterpret_cast<pthread_t>(&Thread::current());
}

int pthread_equal(pthread_t one, pthread_t other)
{
    return one == other;
}

int sched_yield()
{
    guest().scheduler().yield();
    return 0;
}

int pthread_attr_init(pthread_attr_t* attributes)
{
    *attributes = usual;
    return 0;
}

int pthread_attr_destroy(pthread_attr_t*)
{
    return 0;
}

int pthread_attr_setstacksize(pthread_attr_t* attributes, size_t size)
{
    if (size < PTHREAD_STACK_MIN)
        return EINVAL;
    attributes->stack_size = size;
    return 0;
}

int pthread_attr_getstacksize(pthread_attr_t const* attributes, size_t* size)
{
    *size = attributes->stack_size;
    return 0;
}

int pthread_attr_setdetachstate(pthread_attr_t* attributes, int state)
{
    if (state != PTHREAD_CREATE_JOINABLE && state != PTHREAD_CREATE_DETACHED)
        return EINVAL;
    attributes->detach_state = state;
    return 0;
}

int pthread_attr_getdetachstate(pthread_attr_t const* attributes, int* state)
{
    *state = attributes->detach_state;
    return 0;
}
}
