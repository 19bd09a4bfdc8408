#pragma once

namespace lodger {

class WaitQueue;

/// A thread that can wait; the base of whatever a `Hypervisor` runs as threads.
class Waiter {
public:
    Waiter() = default;
    Waiter(Waiter const&) = delete;
    Waiter& operator=(Waiter const&) = delete;

    bool is_waiting() const { return queue_ != nullptr; }

private:
    friend class WaitQueue;
    Waiter* next_ = nullptr;
    WaitQueue* queue_ = nullptr;
};

/// Threads that wait for the same thing, first come first. It knows no hypervisor:
/// `Hypervisor::wait` puts the running thread in, `Hypervisor::wake` takes all of them out. Waking
/// is a hint: who is woken looks at its condition again.
class WaitQueue {
public:
    WaitQueue() = default;
    WaitQueue(WaitQueue const&) = delete;
    WaitQueue& operator=(WaitQueue const&) = delete;

    bool empty() const { return first_ == nullptr; }

    void add(Waiter& waiter)
    {
        Waiter** link = &first_;
        while (*link)
            link = &(*link)->next_;
        *link = &waiter;
        waiter.next_ = nullptr;
        waiter.queue_ = this;
    }

    /// Takes the first waiter out; null when nobody waits.
    Waiter* take()
    {
        Waiter* const waiter = first_;
        if (waiter) {
            first_ = waiter->next_;
            waiter->queue_ = nullptr;
        }
        return waiter;
    }

    /// Takes a waiter, whose deadline has passed, out of the queue it is in.
    static void remove(Waiter& waiter)
    {
        Waiter** link = &waiter.queue_->first_;
        while (*link != &waiter)
            link = &(*link)->next_;
        *link = waiter.next_;
        waiter.queue_ = nullptr;
    }

private:
    Waiter* first_ = nullptr;
};

} // namespace lodger
