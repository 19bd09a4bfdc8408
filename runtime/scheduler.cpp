#include <lodger/arch/x86/context.hpp>
#include <lodger/arch/x86/hypercall.hpp>
#include <lodger/arch/x86/platform.hpp>
#include <lodger/runtime/guest.hpp>
#include <lodger/runtime/panic.hpp>
#include <lodger/runtime/scheduler.hpp>

#include <sys/reent.h>

namespace lodger::runtime {

void Scheduler::start(shared_info_t& shared)
{
    shared_ = &shared;
    timer_.start(ports_);
}

void Scheduler::restart()
{
    ports_.clear();
    timer_.start(ports_);
    wake_sleepers();
}

Result<void> Scheduler::wait(WaitQueue& queue, Deadline deadline)
{
    if (in_listener_)
        return Failure{Errc::would_deadlock};
    Thread& thread = *current_;
    queue.add(thread);
    thread.deadline_ = deadline;
    thread.timed_out_ = false;
    if (!deadline.is_never())
        add_sleeper(thread);
    run_another();
    return thread.timed_out_ ? Result<void>{Failure{Errc::timed_out}} : Result<void>{};
}

void Scheduler::wake(WaitQueue& queue)
{
    while (wake_one(queue))
        ;
}

Thread* Scheduler::wake_one(WaitQueue& queue)
{
    Waiter* const waiter = queue.take();
    if (!waiter)
        return nullptr;
    auto& thread = static_cast<Thread&>(*waiter);
    if (!thread.deadline_.is_never())
        remove_sleeper(thread);
    make_runnable(thread);
    return &thread;
}

void Scheduler::yield()
{
    if (in_listener_)
        return;
    make_runnable(*current_);
    run_another();
}

void Scheduler::make_runnable(Thread& thread)
{
    thread.next_ = nullptr;
    *last_runnable_ = &thread;
    last_runnable_ = &thread.next_;
}

Thread* Scheduler::take_runnable()
{
    Thread* const thread = first_runnable_;
    if (thread) {
        first_runnable_ = thread->next_;
        if (!first_runnable_)
            last_runnable_ = &first_runnable_;
    }
    return thread;
}

/// Returns when the current thread is to go on.
void Scheduler::run_another()
{
    for (;;) {
        serve_events();
        if (timer_.has_rung())
            wake_sleepers();
        if (Thread* const next = take_runnable()) {
            if (next != current_)
                switch_to(*next);
            return;
        }
        sleep();
    }
}

void Scheduler::serve_events()
{
    in_listener_ = true;
    ports_.dispatch(Ports::Words{shared_->evtchn_pending});
    in_listener_ = false;
}

void Scheduler::add_sleeper(Thread& thread)
{
    Thread** link = &first_sleeper_;
    while (*link && (*link)->deadline_.at <= thread.deadline_.at)
        link = &(*link)->next_sleeper_;
    thread.next_sleeper_ = *link;
    *link = &thread;
    timer_.set_no_later_than(thread.deadline_.at);
}

void Scheduler::remove_sleeper(Thread& thread)
{
    Thread** link = &first_sleeper_;
    while (*link != &thread)
        link = &(*link)->next_sleeper_;
    *link = thread.next_sleeper_;
}

/// The timer may have been set for somebody who sleeps no more; then nobody wakes.
void Scheduler::wake_sleepers()
{
    if (!first_sleeper_)
        return;
    Instant const now = guest().now();
    while (first_sleeper_ && first_sleeper_->deadline_.passed(now)) {
        Thread& thread = *first_sleeper_;
        first_sleeper_ = thread.next_sleeper_;
        thread.timed_out_ = true;
        WaitQueue::remove(thread);
        make_runnable(thread);
    }
    if (first_sleeper_)
        timer_.set_no_later_than(first_sleeper_->deadline_.at);
}

/// An event that is pending already makes SCHEDOP_poll return at once, so none is lost between
/// `serve_events` and here (xen/common/sched/core.c, do_poll).
void Scheduler::sleep()
{
    auto const ports = ports_.ports();
    if (ports.size() == 1 && !first_sleeper_) // the timer's
        panic("deadlock: every thread waits, and neither an event nor a deadline can end it");
    sched_poll_t poll{};
    set_xen_guest_handle(poll.ports, const_cast<evtchn_port_t*>(ports.data()));
    poll.nr_ports = static_cast<unsigned>(ports.size());
    ++sleeps_;
    if (arch::sched_op(SCHEDOP_poll, &poll) != 0)
        panic("SCHEDOP_poll refuses a port that is listened to");
}

void Scheduler::switch_to(Thread& next)
{
    Thread& previous = *current_;
    current_ = &next;
    _impure_ptr = next.c_library_state_;
    arch::set_thread_pointer(next.thread_pointer_);
    arch::lodger_switch(&previous.stack_pointer_, next.stack_pointer_);
    after_switch();
}

void Scheduler::after_switch()
{
    if (leaving_)
        std::exchange(leaving_, nullptr)->give_back();
}

void Scheduler::leave()
{
    if (current_->detached_)
        leaving_ = current_;
    run_another();
    panic("a thread that has ended runs again");
}

} // namespace lodger::runtime
