#pragma once

#include <lodger/blkfront/device.hpp>
#include <lodger/core/task.hpp>

namespace lodger::blkfront {

/// A request for the coroutine that waits for it: `co_await` submits it, and gives its outcome when
/// it is over. The coroutine goes on on the loop, and so may not block its thread there.
///
/// The backend hears of it with the device's next `publish`, as of any request: `run` does that,
/// and so does whatever handles the device's events, after all that they have set off.
template <ThreadedHypervisor H>
class AwaitedIo : public Io {
public:
    AwaitedIo(
        Device<H>& device, Operation what, std::uint64_t at, Piece pooled, Instant no_later_than)
        : Io{what, at, pooled, &go_on},
          device_{device}
    {
        expires = no_later_than;
    }
    AwaitedIo(AwaitedIo const&) = delete;
    AwaitedIo& operator=(AwaitedIo const&) = delete;
    /// A coroutine that ends while it waits hears no more of its request.
    ~AwaitedIo() { device_.abandon(*this); }

    bool await_ready() const { return false; }
    /// @return whether there is anything to wait for
    bool await_suspend(std::coroutine_handle<> waiter)
    {
        auto const submitted = device_.submit(*this);
        if (!submitted)
            outcome_ = submitted;
        else if (is_in_flight())
            waiter_ = waiter;
        return static_cast<bool>(waiter_);
    }
    Result<> await_resume() const { return outcome_; }

private:
    static void go_on(Io& io, Result<> outcome)
    {
        auto& self = static_cast<AwaitedIo&>(io);
        self.outcome_ = outcome;
        if (self.waiter_) // It may be over before `submit` has returned.
            self.waiter_.resume();
    }

    Device<H>& device_;
    std::coroutine_handle<> waiter_;
    Result<> outcome_;
};

/// Reads into data of the device's pool: `Result<> const done = co_await async_read(...)`.
/// @param offset bytes from the start of the disk; with the length a multiple of its sector size
/// @param expires when it fails with `timed_out`; `Device::cancel` ends it at any time
template <ThreadedHypervisor H>
AwaitedIo<H>
async_read(Device<H>& device, std::uint64_t offset, Piece pooled, Instant expires = Instant::max())
{
    return {device, Operation::read, offset, pooled, expires};
}

/// Writes data of the device's pool; the mirror of `async_read`.
template <ThreadedHypervisor H>
AwaitedIo<H>
async_write(Device<H>& device, std::uint64_t offset, Piece pooled, Instant expires = Instant::max())
{
    return {device, Operation::write, offset, pooled, expires};
}

/// Makes everything whose writing has completed durable.
/// @return `unsupported` if the device has no way to say
template <ThreadedHypervisor H>
AwaitedIo<H> async_flush(Device<H>& device, Instant expires = Instant::max())
{
    return {device, Operation::flush, 0, Piece{}, expires};
}

/// Blocks the calling thread until coroutines on a device are done: `run(device, deadline, a, b)`.
/// @return `timed_out` or `cancelled`; what the tasks come to is theirs to say
template <ThreadedHypervisor H, class... T>
Result<> run(Device<H>& device, Deadline deadline, Task<T> const&... tasks)
{
    device.publish();
    while (!(tasks.is_done() && ...))
        LODGER_TRY(device.wait(deadline));
    return {};
}

} // namespace lodger::blkfront
