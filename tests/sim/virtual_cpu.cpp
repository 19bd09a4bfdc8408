#include <lodger/tests/sim/world.hpp>

#include <algorithm>
#include <utility>

// The part of a domain that runs its threads: what the guest's own runtime does with its one loop.

namespace lodger::sim {

using namespace std::chrono_literals;

void Domain::spawn(std::string name, std::function<void()> body)
{
    start(std::move(name), false, std::move(body));
}

void Domain::serve(std::string name, std::function<void()> body)
{
    start(std::move(name), true, std::move(body));
}

void Domain::start(std::string name, bool is_service, std::function<void()> body)
{
    auto run = [this, body = std::move(body)] {
        struct End {
            Domain& domain;
            ~End() { domain.end_thread(); }
        } end{*this};
        body();
    };
    threads_.push_back(std::make_unique<Thread>(std::move(name), is_service, std::move(run)));
    make_ready(*threads_.back());
}

void Domain::end_thread()
{
    thread_ended_ = true;
    running_ = nullptr;
    current_ = &loop_;
}

void Domain::make_ready(Thread& thread)
{
    ready_.push_back(&thread);
    kick(); // In case it is not this domain that makes the thread ready.
}

void Domain::loop()
{
    while (!world_.is_finishing() || !threads_.empty()) {
        ports_.dispatch(pending_);
        expire();
        if (ready_.empty()) {
            poll();
            continue;
        }
        auto const chosen =
            ready_.begin() + static_cast<std::ptrdiff_t>(world_.random().below(ready_.size()));
        running_ = *chosen;
        current_ = &running_->fiber;
        ready_.erase(chosen);
        Fiber::suspend();
    }
}

/// Threads whose time is up, or whose world ends, wait no longer.
void Domain::expire()
{
    for (auto const& thread : threads_) {
        bool const over = world_.is_finishing() || thread->deadline.passed(own_time());
        if (!thread->is_waiting() || !over)
            continue;
        WaitQueue::remove(*thread);
        thread->timed_out = true;
        ready_.push_back(thread.get());
    }
}

/// SCHEDOP_poll: sleeps unless a named port is pending. Any event that was not pending wakes it.
void Domain::poll()
{
    world_.scheduling_point();
    if (any_pending() || !ready_.empty())
        return;
    poll_until_ = Instant::max();
    for (auto const& thread : threads_) {
        if (thread->is_waiting() && !thread->deadline.is_never())
            poll_until_ = std::min(poll_until_, thread->deadline.at + suspended_);
    }
    kicked_at_ = Instant::max();
    is_polling_ = true;
    Fiber::suspend();
    is_polling_ = false;
}

bool Domain::any_pending() const
{
    return std::ranges::any_of(ports_.ports(), [this](evtchn_port_t port) {
        return pending_[port / 64] >> port % 64 & 1;
    });
}

Instant Domain::runnable_at() const
{
    if (loop_.is_done())
        return Instant::max();
    if (!is_polling_ || world_.is_finishing())
        return Instant{};
    return std::min(kicked_at_, poll_until_);
}

void Domain::kick()
{
    if (is_polling_)
        kicked_at_ = std::min(kicked_at_, world_.now() + world_.wake_latency());
}

void Domain::raise(std::uint32_t port)
{
    xen_ulong_t const bit = xen_ulong_t{1} << port % 64;
    if (pending_[port / 64] & bit)
        return; // No edge: nobody wakes up.
    pending_[port / 64] |= bit;
    kick();
}

void Domain::clear(std::uint32_t port)
{
    pending_[port / 64] &= ~(xen_ulong_t{1} << port % 64);
}

void Domain::leave()
{
    Thread* const self = running_;
    running_ = nullptr;
    current_ = &loop_;
    while (running_ != self)
        Fiber::suspend();
}

Instant Domain::now()
{
    world_.spend(20ns + world_.random().up_to(200ns));
    return own_time();
}

Instant Domain::own_time() const
{
    return world_.now() - suspended_;
}

Result<void> Domain::wait(WaitQueue& queue, Deadline deadline)
{
    if (!running_)
        return Failure{Errc::would_deadlock};
    if (world_.is_finishing())
        return Failure{Errc::cancelled};
    Thread& self = *running_;
    self.deadline = deadline;
    self.timed_out = false;
    queue.add(self);
    leave();
    if (!self.timed_out)
        return {};
    return Failure{world_.is_finishing() ? Errc::cancelled : Errc::timed_out};
}

void Domain::wake(WaitQueue& queue)
{
    while (Waiter* const waiter = queue.take())
        make_ready(*static_cast<Thread*>(waiter));
}

void Domain::yield()
{
    ready_.push_back(running_);
    leave();
}

void Domain::sleep(Duration duration)
{
    WaitQueue nobody_wakes;
    static_cast<void>(wait(nobody_wakes, {now() + duration}));
}

/// Buries the threads that have ended; what one of them threw goes on from here.
void Domain::reap()
{
    if (!std::exchange(thread_ended_, false))
        return;
    std::exception_ptr failure;
    std::erase_if(threads_, [&](auto const& thread) {
        if (!thread->fiber.is_done())
            return false;
        if (thread->fiber.failure())
            failure = thread->fiber.failure();
        return true;
    });
    if (failure)
        std::rethrow_exception(failure);
}

std::string Domain::describe() const
{
    std::string text;
    for (auto const& thread : threads_) {
        text += "  d" + std::to_string(id_.value) + " " + thread->name;
        text += thread->is_waiting() ? " waits" : " could run";
        if (thread->is_waiting() && !thread->deadline.is_never())
            text +=
                " until " + std::to_string(thread->deadline.at.time_since_epoch() / 1us) + " us";
        text += '\n';
    }
    return text;
}

} // namespace lodger::sim
