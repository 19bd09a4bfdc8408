#pragma once

#include <lodger/core/hypervisor.hpp>
#include <lodger/runtime/thread.hpp>
#include <lodger/runtime/timer.hpp>

#include <xen/xen.h>

namespace lodger::runtime {

/// The one loop. It has no thread of its own: whoever must wait runs it, on its own stack, until
/// some thread is runnable; and when that is itself, it just returns. Events come from the pending
/// bits of the shared page, without interrupts; the nearest deadline is an event too; only when no
/// thread is runnable the guest sleeps in SCHEDOP_poll, until the next event.
class Scheduler {
public:
    using Ports = event::PortTable<SharedMemory>;

    void start(shared_info_t& shared);
    /// After the domain was restored: no port is what it was.
    void restart();
    void set_first(Thread& thread) { current_ = &thread; }

    Ports& ports() { return ports_; }
    /// Whether the first thread runs already.
    bool has_threads() const { return current_ != nullptr; }
    Thread& current() const { return *current_; }
    /// Null within an event handler, which runs on some thread's stack and is no part of it.
    Thread* running() const { return in_listener_ ? nullptr : current_; }

    Result<void> wait(WaitQueue& queue, Deadline deadline);
    void wake(WaitQueue& queue);
    /// Wakes who has waited longest. @return null if nobody did
    Thread* wake_one(WaitQueue& queue);
    /// How often the guest has slept in Xen, since there was nothing to do.
    std::uint64_t sleeps() const { return sleeps_; }
    /// Lets the other runnable threads run first.
    void yield();

    void make_runnable(Thread& thread);
    /// Leaves the current thread for good; its stack is given back when another one runs, if it
    /// is detached.
    [[noreturn]] void leave();
    /// The first step of a thread that runs again, or for the first time.
    void after_switch();

private:
    void run_another();
    Thread* take_runnable();
    void serve_events();
    void wake_sleepers();
    void sleep();
    void switch_to(Thread& next);
    void add_sleeper(Thread& thread);
    void remove_sleeper(Thread& thread);

    shared_info_t* shared_ = nullptr;
    Thread* current_ = nullptr;
    Thread* first_runnable_ = nullptr;
    Thread** last_runnable_ = &first_runnable_;
    Thread* first_sleeper_ = nullptr; ///< by deadline
    Thread* leaving_ = nullptr;       ///< detached and at its end
    std::uint64_t sleeps_ = 0;
    bool in_listener_ = false;
    Ports ports_;
    Timer timer_;
};

} // namespace lodger::runtime
