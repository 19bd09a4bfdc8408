#pragma once

#include <lodger/blkfront/expiry_list.hpp>
#include <lodger/blkfront/io_list.hpp>
#include <lodger/blkfront/link.hpp>

#include <optional>

namespace lodger::blkfront {

/// What a disk has done since it was opened.
struct Counters {
    std::uint64_t completed = 0;     ///< requests, of any length
    std::uint64_t notifications = 0; ///< that we raised
    std::uint64_t events = 0;        ///< that the backend raised
    std::uint64_t grants = 0;        ///< made to the present backend, of pages for data
};

/// Requests under way: those that wait for room in a ring, in the order of their submission, and
/// those of which parts are in the rings. Without a link all of them wait; with the next one they
/// are issued anew, each once. Owns no request; each completes exactly once, or is abandoned.
template <Hypervisor H>
class Flow {
public:
    explicit Flow(grant::Table<H>& table)
        : table_{table},
          shortage_{Listener::of<&Flow::go_on>(*this)}
    {
    }
    Flow(Flow const&) = delete;
    Flow& operator=(Flow const&) = delete;
    ~Flow() { table_.forget(shortage_); }

    Counters const& counters() const { return counters_; }
    /// Requests taken on that are not over.
    std::size_t active() const { return active_; }
    /// Why no more are taken on, if so.
    std::optional<Errc> failed() const { return failed_; }

    /// Sends everything through a link from now on.
    void attach(Link<H>& link)
    {
        attach(link, [](Io const&) { return Result<>{}; });
    }

    /// The same for a device that may be another one than before: a request of which `check(io)`
    /// says why it cannot be, completes with that error.
    template <class Check>
    void attach(Link<H>& link, Check check)
    {
        link_ = &link;
        turn_ = 0; // It may have fewer rings.
        waiting_.for_each([&](Io& io) { io.outcome_ = check(io); });
        go_on();
        table_.hypervisor().wake(completed_);
    }

    /// Takes everything out of the link, the backend's last responses first. What is not answered
    /// waits for another link; the old one's pages stay held for as long as it is there.
    ///
    /// Of a link that was saved with its domain no response is taken: it may have been saved later
    /// than the data that it speaks of.
    [[gnu::cold]] void detach()
    {
        if (!link_)
            return;
        Quiet const quiet{table_};
        if (!link_->is_void())
            static_cast<void>(reap_rings());
        Link<H>& link = *std::exchange(link_, nullptr);
        for (std::size_t i = 0; i < link.queues(); ++i)
            link.channel(i).queue.drain([this](Io& io) { begin_anew(io); });
        // The last responses may have been all that somebody waits for.
        table_.hypervisor().wake(completed_);
    }

    /// Completes everything with an error, and takes no more on.
    [[gnu::cold]] void fail_all(Errc error)
    {
        if (!failed_)
            failed_ = error;
        detach();
        while (Io* const io = waiting_.first()) {
            waiting_.pop_front();
            complete(*io, Failure{error});
        }
        table_.hypervisor().wake(completed_);
    }

    /// Takes a request on, which has been checked.
    [[gnu::always_inline]] Result<> take_on(Io& io)
    {
        if (failed_)
            return Failure{*failed_};
        if (io.is_timed()) [[unlikely]]
            timed_.insert(io);
        ++active_;
        io.start(++last_sequence_);
        if (waiting_.first() || !put_short(io)) [[unlikely]]
            put_in_turn(io);
        return {};
    }

    /// Shows the backend everything in the rings, with at most one notification each.
    void publish()
    {
        for (std::size_t i = 0; link_ && i < link_->queues(); ++i)
            counters_.notifications += link_->channel(i).publish();
    }

    /// Nobody hears of a request any more, though it may still happen.
    [[gnu::cold]] void abandon(Io& io)
    {
        if (!io.is_in_flight())
            return;
        withdraw(io);
        leave(io);
        table_.hypervisor().wake(completed_);
    }

    /// Completes a request now, though it may still happen.
    [[gnu::cold]] void cancel(Io& io, Errc why)
    {
        if (!io.is_in_flight())
            return;
        withdraw(io);
        complete(io, Failure{why});
        table_.hypervisor().wake(completed_);
    }

    /// Completes every request whose time has come.
    /// @return when the next one's has, or `Instant::max()`
    [[gnu::cold]] Instant expire(Instant now)
    {
        Io* io = timed_.first();
        for (; io && io->expires <= now; io = timed_.first())
            cancel(*io, Errc::timed_out);
        return io ? io->expires : Instant::max();
    }

    /// Completes what the backend has answered, and fills the rings again. Called for each event.
    /// @return `protocol` if the backend broke the protocol; then call `fail_all`
    Result<> serve()
    {
        if (!link_)
            return {};
        ++counters_.events;
        Quiet const quiet{table_};
        LODGER_TRY(reap_rings());
        go_on();
        table_.hypervisor().wake(completed_);
        return {};
    }

    /// Waits until requests have completed or failed.
    Result<> wait(Deadline deadline)
    {
        return lodger::wait(table_.hypervisor(), completed_, deadline);
    }

private:
    using Quiet = grant::Table<H>::Quiet;

    /// Puts what waits into the rings, as far as there is room, and shows it to the backend.
    void go_on()
    {
        if (!waiting_.first())
            return;
        Quiet const quiet{table_};
        fill();
        publish();
    }

    void fill()
    {
        while (Io* const io = waiting_.first()) {
            if (!put(*io))
                return;
            waiting_.pop_front();
            complete_if_refused(*io);
        }
    }

    /// Puts a request of one part into a ring, of which nothing was there yet.
    /// @return false if it has to wait for room, or is another one
    [[gnu::always_inline]] bool put_short(Io& io)
    {
        return can_put() && link_->channel(turn_).queue.issue_short(io);
    }

    /// Puts a request into the rings, behind those that wait.
    [[gnu::noinline]] void put_in_turn(Io& io)
    {
        Quiet const quiet{table_};
        if (waiting_.first() || !put(io))
            waiting_.push_back(io);
        else
            complete_if_refused(io);
    }

    /// Puts what is left of a request into the rings. One of which a part has failed already, or
    /// cannot be put there, goes no further.
    /// @return false if it has to wait for room
    bool put(Io& io)
    {
        bool const is_fresh = io.issued_ == 0 && io.outcome_;
        return (is_fresh && put_short(io)) || (can_put() && put_parts(io));
    }

    /// What completes while responses are taken may submit again, which only adds to what waits.
    bool can_put() const { return !is_reaping_ && link_ && !link_->is_void(); }

    bool put_parts(Io& io)
    {
        do {
            Result<> const issued = io.outcome_ ? issue(io) : io.outcome_;
            if (!issued) [[unlikely]]
                return refuse(io, issued.error());
        } while (!io.is_issued());
        return true;
    }

    [[gnu::cold, gnu::noinline]] bool refuse(Io& io, Errc error)
    {
        if (error == Errc::no_space)
            table_.await_entry(shortage_);
        if (error == Errc::no_space || error == Errc::busy)
            return false;
        io.outcome_ = Failure{error};
        io.issued_ = io.size_;
        return true;
    }

    /// A request that was put into the rings is over already if no part of it got there.
    void complete_if_refused(Io& io)
    {
        if (io.in_ring_ > 0) [[likely]]
            return;
        complete(io, io.outcome_);
        table_.hypervisor().wake(completed_);
    }

    /// Puts the next part of a request into the first ring with room, in turns.
    Result<> issue(Io& io)
    {
        for (std::size_t tried = 0;;) {
            Result<> const issued = link_->channel(turn_).queue.issue(io);
            if (issued || issued.error() != Errc::busy || ++tried > link_->queues()) [[likely]]
                return issued;
            turn_ = (turn_ + 1) % link_->queues();
        }
    }

    Result<> reap_rings()
    {
        is_reaping_ = true;
        Result<> outcome;
        for (std::size_t i = 0; outcome && i < link_->queues(); ++i)
            outcome = link_->channel(i).queue.reap([this](Io& io) { settle(io); });
        is_reaping_ = false;
        return outcome;
    }

    /// No part of a request is in a ring any more.
    void settle(Io& io)
    {
        if (io.must_repeat_ && io.outcome_)
            return begin_anew(io);
        if (!io.is_issued()) {
            if (io.outcome_)
                return; // Its next part waits for room.
            waiting_.remove(io);
        }
        complete(io, io.outcome_);
    }

    void begin_anew(Io& io)
    {
        if (io.is_issued())
            waiting_.insert(io);
        io.rewind();
    }

    /// Nothing here knows of a request any more, and what the backend says of it is passed over;
    /// its pages stay held until then.
    void withdraw(Io& io)
    {
        if (!io.is_issued())
            waiting_.remove(io);
        for (std::size_t i = 0; link_ && i < link_->queues(); ++i)
            link_->channel(i).queue.abandon(io);
    }

    void leave(Io& io)
    {
        if (io.is_timed()) [[unlikely]]
            timed_.remove(io);
        io.in_flight_ = false;
        --active_;
    }

    void complete(Io& io, Result<> outcome)
    {
        leave(io);
        ++counters_.completed;
        io.on_complete(io, outcome);
    }

    grant::Table<H>& table_;
    grant::Shortage shortage_;
    Link<H>* link_ = nullptr;
    IoList waiting_;
    ExpiryList timed_;
    WaitQueue completed_;
    std::uint64_t last_sequence_ = 0;
    std::size_t active_ = 0;
    std::size_t turn_ = 0;
    std::optional<Errc> failed_;
    Counters counters_;
    bool is_reaping_ = false;
};

} // namespace lodger::blkfront
