#pragma once

#include <lodger/blkfront/io.hpp>

namespace lodger::blkfront {

/// Requests under way that have a deadline, the earliest first.
class ExpiryList {
public:
    Io* first() const { return first_; }

    /// Looks for the place from the end, where it is when all have the same time.
    void insert(Io& io)
    {
        Io* before = last_;
        while (before && before->expires > io.expires)
            before = before->timed_before_;
        Io* const after = before ? before->timed_after_ : first_;
        io.timed_before_ = before;
        io.timed_after_ = after;
        link_before(after) = &io;
        link_after(before) = &io;
    }

    void remove(Io& io)
    {
        link_before(io.timed_after_) = io.timed_before_;
        link_after(io.timed_before_) = io.timed_after_;
    }

    ExpiryList() = default;
    ExpiryList(ExpiryList const&) = delete;
    ExpiryList& operator=(ExpiryList const&) = delete;

private:
    /// What leads from `io`, or from the list's end, to the one before it.
    Io*& link_before(Io* io) { return io ? io->timed_before_ : last_; }
    /// What leads from `io`, or from the list's beginning, to the one after it.
    Io*& link_after(Io* io) { return io ? io->timed_after_ : first_; }

    Io* first_ = nullptr;
    Io* last_ = nullptr;
};

} // namespace lodger::blkfront
