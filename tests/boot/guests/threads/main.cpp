/// Threads, deadlines, clocks, and what runs before and after `main`, each checked by itself.
#include <lodger/core/wait.hpp>
#include <lodger/runtime/guest.hpp>
#include <lodger/runtime/thread.hpp>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <pthread.h>
#include <sys/lock.h>
#include <vector>

using namespace lodger;
using namespace std::chrono_literals;
using runtime::guest;
using runtime::spawn;
using runtime::Thread;

namespace {

int failures = 0;

void check(bool holds, char const* what)
{
    std::printf("%s %s\n", holds ? "ok    " : "FAILED", what);
    failures += holds ? 0 : 1;
}

// --- Static and thread-local objects ------------------------------------------------------------

std::vector<int> constructed_before_main{1, 2, 3};

struct MainsOwn {
    ~MainsOwn() { std::printf("main's thread-local destructor\n"); }
    int value = 1;
};
thread_local MainsOwn mains_own;

struct AtExit {
    ~AtExit()
    {
        std::printf("static destructor\nTest result: %s\n", failures ? "FAILURE" : "SUCCESS");
    }
} at_exit;

thread_local int initialized = 42;
alignas(64) thread_local char aligned[64];
thread_local int zeroed;

int destroyed = 0;
struct PerThread {
    int value = 7;
    ~PerThread() { ++destroyed; }
};
thread_local PerThread per_thread;

void thread_locals()
{
    check(initialized == 42 && zeroed == 0, "main's thread-local variables");
    initialized = 1;
    bool fresh = false;
    bool well_aligned = false;
    {
        auto const thread = spawn({"locals"}, [&] {
            fresh = initialized == 42 && zeroed == 0 && per_thread.value == 7;
            well_aligned = reinterpret_cast<std::uintptr_t>(aligned) % 64 == 0;
            initialized = 2;
        });
    }
    check(fresh, "a thread has thread-local variables of its own");
    check(well_aligned, "alignment of thread-local variables");
    check(initialized == 1, "main's thread-local variable is untouched");
    check(destroyed == 1, "a thread-local object is destroyed when its thread ends");
}

// --- Order, joining and deadlines ---------------------------------------------------------------

void order()
{
    std::vector<int> steps;
    auto first = *spawn({"first"}, [&] {
        steps.push_back(1);
        guest().scheduler().yield();
        steps.push_back(3);
    });
    auto second = *spawn({"second"}, [&] { steps.push_back(2); });
    check(steps.empty(), "a new thread waits for its turn");
    check(first.join().has_value() && second.join().has_value(), "joining");
    check(steps == std::vector{1, 2, 3}, "threads take turns");
}

void deadlines()
{
    WaitQueue never_woken;
    Instant const start = guest().now();
    auto const result = guest().wait(never_woken, after(guest(), 30ms));
    Duration const waited = guest().now() - start;
    check(!result && result.error() == Errc::timed_out, "a wait ends at its deadline");
    check(waited >= 30ms && waited < 300ms, "the deadline is kept");
    check(never_woken.empty(), "and the thread has left the queue");

    std::vector<int> woken;
    std::vector<runtime::ThreadHandle> sleepers;
    for (int i : {3, 1, 2})
        sleepers.push_back(*spawn({"sleeper"}, [&woken, i] {
            guest().sleep_until(guest().now() + i * 20ms);
            woken.push_back(i);
        }));
    auto const early = sleepers[0].join(after(guest(), 1ms));
    check(!early && early.error() == Errc::timed_out, "joining has a deadline");
    sleepers.clear();
    check(woken == std::vector{1, 2, 3}, "sleepers wake in the order of their deadlines");
}

void wake_up()
{
    WaitQueue queue;
    bool ready = false;
    int served = 0;
    std::vector<runtime::ThreadHandle> waiters;
    for (int i = 0; i < 3; ++i)
        waiters.push_back(*spawn({"waiter"}, [&] {
            served += wait_until(guest(), queue, after(guest(), 5s), [&] { return ready; }) ? 1 : 0;
        }));
    guest().scheduler().yield();
    ready = true;
    guest().wake(queue);
    waiters.clear();
    check(served == 3, "waking wakes all that wait");
}

// --- Events -------------------------------------------------------------------------------------

/// A port bound to ourselves: what is sent comes back through the loop.
struct Loopback {
    Port near, far;
    WaitQueue queue;
    int events = 0;
    Errc wait_inside{};
    pthread_mutex_t mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
    int lock_inside = 0;

    void on_event()
    {
        ++events;
        auto const waited = guest().wait(queue, Deadline::never());
        wait_inside = waited ? Errc::unknown : waited.error();
        lock_inside = pthread_mutex_lock(&mutex);
        if (lock_inside == 0)
            pthread_mutex_unlock(&mutex);
        guest().wake(queue);
    }
};

void events()
{
    Loopback loopback;
    loopback.near = *guest().alloc_unbound(Domain{DOMID_SELF});
    loopback.far = *guest().bind_interdomain(Domain{DOMID_SELF}, loopback.near);
    check(
        guest().listen(loopback.near, Listener::of<&Loopback::on_event>(loopback)).has_value(),
        "listening to a port");
    auto sender = *spawn({"sender"}, [&] {
        guest().sleep_until(guest().now() + 10ms);
        check(guest().notify(loopback.far).has_value(), "sending an event");
    });
    auto const waited = wait_until(
        guest(), loopback.queue, after(guest(), 2s), [&] { return loopback.events > 0; });
    check(waited.has_value(), "an event wakes who waits for it");
    check(loopback.wait_inside == Errc::would_deadlock, "a wait inside a listener fails");
    check(loopback.lock_inside == 0, "a mutex that is free can be had there");
    static_cast<void>(sender.join());
    pthread_mutex_lock(&loopback.mutex);
    static_cast<void>(guest().notify(loopback.far));
    static_cast<void>(wait_until(
        guest(), loopback.queue, after(guest(), 2s), [&] { return loopback.events > 1; }));
    check(loopback.lock_inside == EDEADLK, "one of the thread that it interrupts cannot");
    pthread_mutex_unlock(&loopback.mutex);
    guest().unlisten(loopback.near);
    check(guest().close(loopback.near) && guest().close(loopback.far), "closing ports");
}

// --- The C library ------------------------------------------------------------------------------

void clocks()
{
    timespec before{}, after{};
    clock_gettime(CLOCK_MONOTONIC, &before);
    timespec const pause{0, 20'000'000};
    check(nanosleep(&pause, nullptr) == 0, "nanosleep");
    clock_gettime(CLOCK_MONOTONIC, &after);
    long long const passed =
        (after.tv_sec - before.tv_sec) * 1'000'000'000LL + after.tv_nsec - before.tv_nsec;
    check(passed >= 20'000'000 && passed < 500'000'000, "the monotonic clock");
    // 2025-01-01 and 2100-01-01.
    std::time_t const now = std::time(nullptr);
    check(now > 1'735'689'600 && now < 4'102'444'800, "the wall clock");
    Instant last = guest().now();
    bool forward = true;
    for (int i = 0; i < 100'000; ++i) {
        Instant const next = guest().now();
        forward = forward && next >= last;
        last = next;
    }
    check(forward, "time never goes back");
}

void c_library_in_threads()
{
    errno = 5;
    int other = -1;
    {
        auto const thread = spawn({"errno"}, [&] {
            other = errno;
            errno = 9;
        });
    }
    check(errno == 5 && other == 0, "errno is a thread's own");

    std::vector<runtime::ThreadHandle> printers;
    for (int i = 0; i < 4; ++i)
        printers.push_back(*spawn({"printer"}, [i] {
            for (int line = 0; line < 50; ++line)
                std::printf("printer %d line %02d number %.6f\n", i, line, i + line / 64.0);
        }));
}

/// @return whether another thread has a lock in between that one takes again at once whenever it
/// has given it up
bool another_has_it(auto lock, auto unlock)
{
    bool had = false;
    auto const once = *spawn({"once"}, [&] {
        guest().sleep_until(guest().now() + 1ms);
        lock();
        had = true;
        unlock();
    });
    for (int rounds = 0; rounds < 20 && !had; ++rounds) {
        lock();
        guest().sleep_until(guest().now() + 3ms);
        unlock();
    }
    return had;
}

void locks()
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    check(
        another_has_it([&] { pthread_mutex_lock(&mutex); }, [&] { pthread_mutex_unlock(&mutex); }),
        "a mutex goes to who waits for it");
    _LOCK_T lock;
    __retarget_lock_init(&lock);
    check(
        another_has_it(
            [&] { __retarget_lock_acquire(lock); }, [&] { __retarget_lock_release(lock); }),
        "and so does a lock of the C library");
    __retarget_lock_close(lock);
}

/// Each thread's stack and state are given back.
void many_threads()
{
    std::size_t const before = guest().pages().free_pages();
    bool all = true;
    for (int i = 0; i < 500; ++i) {
        auto thread = spawn({"short-lived", 16 << 10}, [] {});
        all = all && thread.has_value();
        if (thread && i % 2)
            thread->detach();
    }
    guest().sleep_until(guest().now() + 1ms);
    check(all, "500 threads, one after the other");
    check(guest().pages().free_pages() + 8 >= before, "whose memory has come back");
}

} // namespace

int main()
{
    check(constructed_before_main.size() == 3, "static constructors ran");
    check(mains_own.value == 1, "main has thread-local objects");
    thread_locals();
    order();
    deadlines();
    wake_up();
    events();
    clocks();
    c_library_in_threads();
    locks();
    many_threads();
    return failures ? 1 : 0;
}
