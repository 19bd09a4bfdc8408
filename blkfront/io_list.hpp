#pragma once

#include <lodger/blkfront/io.hpp>

namespace lodger::blkfront {

/// Requests that wait for the ring, in the order of their submission.
class IoList {
public:
    Io* first() const { return first_; }

    // Not inlined, or GCC 12 warns of an `Io` on the stack of whoever waits for it to be over.
    [[gnu::noinline]] void push_back(Io& io)
    {
        io.next_ = nullptr;
        *last_ = &io;
        last_ = &io.next_;
    }

    /// Puts a request back to where it belongs.
    void insert(Io& io)
    {
        Io** link = &first_;
        while (*link && (*link)->sequence_ < io.sequence_)
            link = &(*link)->next_;
        io.next_ = *link;
        *link = &io;
        if (!io.next_)
            last_ = &io.next_;
    }

    void remove(Io& io)
    {
        Io** link = &first_;
        while (*link && *link != &io)
            link = &(*link)->next_;
        if (!*link)
            return;
        *link = io.next_;
        if (!*link)
            last_ = link;
    }

    void pop_front()
    {
        first_ = first_->next_;
        if (!first_)
            last_ = &first_;
    }

    IoList() = default;
    IoList(IoList const&) = delete;
    IoList& operator=(IoList const&) = delete;

private:
    Io* first_ = nullptr;
    Io** last_ = &first_;
};

} // namespace lodger::blkfront
