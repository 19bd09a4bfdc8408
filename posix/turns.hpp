#pragma once

#include <lodger/core/wait.hpp>

namespace lodger::posix {

/// Who may go on: many at a time, or one alone. Who wants to be alone goes before those who come
/// later, so that many do not keep it waiting for ever.
template <Hypervisor H>
class Turns {
public:
    explicit Turns(H& hypervisor) : hypervisor_{hypervisor} {}
    Turns(Turns const&) = delete;
    Turns& operator=(Turns const&) = delete;

    /// @return what `wait` says; then it has no turn
    Result<> begin_shared(Deadline deadline)
    {
        LODGER_TRY(
            wait_until(hypervisor_, queue_, deadline, [this] { return !alone_ && wanting_ == 0; }));
        ++sharing_;
        return {};
    }
    void end_shared()
    {
        if (--sharing_ == 0)
            hypervisor_.wake(queue_);
    }

    Result<> begin_alone(Deadline deadline)
    {
        ++wanting_;
        auto const begun =
            wait_until(hypervisor_, queue_, deadline, [this] { return !alone_ && sharing_ == 0; });
        --wanting_;
        if (!begun) {
            hypervisor_.wake(queue_); // Those who let it go first.
            return begun;
        }
        alone_ = true;
        return {};
    }
    void end_alone()
    {
        alone_ = false;
        hypervisor_.wake(queue_);
    }

private:
    H& hypervisor_;
    WaitQueue queue_;
    unsigned sharing_ = 0;
    unsigned wanting_ = 0;
    bool alone_ = false;
};

} // namespace lodger::posix
