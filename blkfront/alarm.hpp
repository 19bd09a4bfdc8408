#pragma once

#include <lodger/core/wait.hpp>

namespace lodger::blkfront {

/// Calls a listener when it is time, on a thread of its own, which there is from the first time
/// that one is set. The listener must not wait.
template <ThreadedHypervisor H>
class Alarm {
public:
    Alarm(H& hypervisor, Listener listener) : hypervisor_{hypervisor}, listener_{listener} {}
    Alarm(Alarm const&) = delete;
    Alarm& operator=(Alarm const&) = delete;
    ~Alarm() { end(); }

    /// Rings at `time`, or before if an earlier one was set that is still to come.
    /// @return what `start_thread` says, the first time
    Result<> set(Instant time)
    {
        if (time >= time_)
            return {};
        if (!is_running_)
            LODGER_TRY(hypervisor_.start_thread("alarm", &Alarm::run, this));
        is_running_ = true;
        time_ = time;
        hypervisor_.wake(changed_);
        return {};
    }

    /// Rings no more. Waits for the thread, which uses this object to its very end.
    void end()
    {
        stop_.request(hypervisor_);
        while (is_running_)
            static_cast<void>(wait(hypervisor_, ended_, Deadline::never()));
    }

private:
    static void run(void* object)
    {
        auto& self = *static_cast<Alarm*>(object);
        while (!self.stop_.is_requested())
            self.wait_and_ring();
        self.is_running_ = false;
        self.hypervisor_.wake(self.ended_);
    }

    void wait_and_ring()
    {
        if (hypervisor_.now() < time_) {
            static_cast<void>(wait(hypervisor_, changed_, {time_, &stop_}));
            return;
        }
        time_ = Instant::max();
        listener_.call(listener_.object);
    }

    H& hypervisor_;
    Listener listener_;
    Instant time_ = Instant::max();
    Cancellation stop_;
    WaitQueue changed_;
    WaitQueue ended_;
    bool is_running_ = false;
};

} // namespace lodger::blkfront
