#pragma once

#include <lodger/core/wait.hpp>

namespace lodger::posix {

/// Who may go on: many at a time, or one alone. Who has to wait goes on in the order of coming, so
/// that nobody waits for ever, however often others come back.
template <Hypervisor H>
class Turns {
public:
    explicit Turns(H& hypervisor) : hypervisor_{hypervisor} {}
    Turns(Turns const&) = delete;
    Turns& operator=(Turns const&) = delete;

    /// @return what `wait` says; then it has no turn
    Result<> begin_shared(Deadline deadline)
    {
        LODGER_TRY(stand_in_line(deadline, [this] { return !alone_; }));
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
        LODGER_TRY(stand_in_line(deadline, [this] { return !alone_ && sharing_ == 0; }));
        alone_ = true;
        return {};
    }
    void end_alone()
    {
        alone_ = false;
        hypervisor_.wake(queue_);
    }

private:
    /// A place in the line, on the stack of who stands there.
    struct Place {
        Place* next = nullptr;
    };

    template <std::predicate Free>
    Result<> stand_in_line(Deadline deadline, Free is_free)
    {
        if (!first_ && is_free())
            return {};
        Place mine;
        Place** last = &first_;
        while (*last)
            last = &(*last)->next;
        *last = &mine;
        auto const come =
            wait_until(hypervisor_, queue_, deadline, [&] { return first_ == &mine && is_free(); });
        leave(mine);
        return come;
    }

    void leave(Place const& place)
    {
        Place** link = &first_;
        while (*link != &place)
            link = &(*link)->next;
        *link = place.next;
        hypervisor_.wake(queue_); // Those behind: they may be first now.
    }

    H& hypervisor_;
    WaitQueue queue_;
    Place* first_ = nullptr;
    unsigned sharing_ = 0;
    bool alone_ = false;
};

} // namespace lodger::posix
