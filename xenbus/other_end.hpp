#pragma once

#include <lodger/xenbus/frontend.hpp>
#include <lodger/xenbus/node.hpp>

namespace lodger::xenbus {

/// The other end of a device as XenStore shows it: watched first, then read, so that no change is
/// missed, and several changes may be seen as one. Owns the watch.
template <Hypervisor H>
class OtherEnd {
public:
    static Result<OtherEnd> watch(store::Client<H>& store, Node const& node, Deadline deadline)
    {
        return OtherEnd{
            store, node, LODGER_TRY(store.watch({node.other_end.view(), "state"}, deadline))};
    }

    /// What it said when it was last looked at.
    Peer last() const { return last_; }

    /// Whether it may have said something new since.
    bool has_news() const { return watch_.has_event(); }

    /// Reads what it says now.
    Result<Peer> look(Deadline deadline)
    {
        Peer const before = last_;
        LODGER_TRY(read_state(deadline));
        if (last_ != before)
            trace(
                store_->hypervisor(), Topic::xenbus, path_.view(), " is ",
                last_ ? name(*last_) : "not there");
        return last_;
    }

    /// Waits until it may have said something new.
    Result<> wait(Deadline deadline) { return watch_.wait(deadline); }

private:
    Result<> read_state(Deadline deadline)
    {
        std::array<char, 64> buffer;
        auto const text = store_->read({path_, "state"}, buffer, deadline);
        if (text)
            last_ = state_of(*text);
        else if (text.error() == Errc::not_found || text.error() == Errc::denied)
            last_ = std::nullopt; // A path is as unreadable as what is left above it.
        else if (text.error() == Errc::too_large)
            last_ = State::unknown;
        else
            return Failure{text.error()};
        return {};
    }

    OtherEnd(store::Client<H>& store, Node const& node, store::Watch<H> watch)
        : store_{&store},
          path_{node.other_end},
          watch_{std::move(watch)}
    {
    }

    store::Client<H>* store_;
    NodePath path_;
    store::Watch<H> watch_;
    Peer last_;
};

/// What a device is at a given time: the answer to "why does my disk not appear".
struct Status {
    Node const& node;
    State own;
    Peer other;
    std::string_view waiting_for; ///< empty when nothing is
};

} // namespace lodger::xenbus
