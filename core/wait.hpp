#pragma once

#include <lodger/core/hypervisor.hpp>

#include <utility>

namespace lodger {

/// A way for one thread to end what another one waits for: the waiting call, whose deadline names
/// this, fails with `cancelled`, and so does every later one. Serves one waiting thread at a time,
/// and must outlive its calls.
class Cancellation {
public:
    Cancellation() = default;
    Cancellation(Cancellation const&) = delete;
    Cancellation& operator=(Cancellation const&) = delete;

    bool is_requested() const { return requested_; }

    template <Hypervisor H>
    void request(H& hypervisor)
    {
        requested_ = true;
        if (queue_)
            hypervisor.wake(*queue_);
    }

private:
    template <Hypervisor H>
    friend Result<> wait(H& hypervisor, WaitQueue& queue, Deadline deadline);

    bool requested_ = false;
    WaitQueue* queue_ = nullptr;
};

/// Waits as `Hypervisor::wait` does, and heeds the deadline's cancellation. All waiting in the
/// library is done here.
template <Hypervisor H>
Result<> wait(H& hypervisor, WaitQueue& queue, Deadline deadline)
{
    Cancellation* const cancellation = deadline.cancellation;
    if (!cancellation)
        return hypervisor.wait(queue, deadline);
    if (cancellation->is_requested())
        return Failure{Errc::cancelled};
    cancellation->queue_ = &queue;
    Result<> const waited = hypervisor.wait(queue, deadline);
    cancellation->queue_ = nullptr;
    return cancellation->is_requested() ? Failure{Errc::cancelled} : waited;
}

/// Waits until `ready()` holds; looks first, so it never sleeps on what is there already.
template <Hypervisor H, std::predicate Ready>
Result<> wait_until(H& hypervisor, WaitQueue& queue, Deadline deadline, Ready ready)
{
    while (!ready())
        LODGER_TRY(wait(hypervisor, queue, deadline));
    return {};
}

} // namespace lodger
