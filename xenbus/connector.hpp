#pragma once

#include <lodger/xenbus/other_end.hpp>

#include <optional>

namespace lodger::xenbus {

/// What a device is at a given time: the answer to "why does my disk not appear".
struct Status {
    Node const& node;
    State own;
    Peer other;
    std::string_view waiting_for; ///< empty when nothing is
};

/// What a driver needs to be taken through the handshake more than once.
template <class D>
concept ConnectingDriver = FrontendDriver<D> && requires(D& driver, Node const& node) {
    driver.set_node(node);           // which device, and which other end, it is about from now on
    driver.set_deadline(Deadline{}); // of every exchange with XenStore from now on
};

/// The frontend machine with waiting around it: takes a device to Connected and back, any number
/// of times, by what XenStore shows. Decides nothing: `Life` does. Owns the machine and what
/// watches XenStore; waits in whichever thread calls it.
template <Hypervisor H, ConnectingDriver Driver>
class Connector {
public:
    using Frontend = xenbus::Frontend<Driver>;

    Connector(store::Client<H>& store, Driver& driver)
        : store_{store},
          driver_{driver},
          frontend_{driver}
    {
    }
    Connector(Connector const&) = delete;
    Connector& operator=(Connector const&) = delete;

    /// Says which device this is about. Call once, before anything else.
    void set_path(NodePath const& path) { node_.path = path; }

    Frontend const& frontend() const { return frontend_; }
    Frontend& frontend() { return frontend_; }
    OtherEnd<H> const& other_end() const { return *other_end_; }

    Status status() const
    {
        return {
            node_, frontend_.state(), other_end_ ? other_end_->last() : Peer{},
            xenbus::waiting_for(frontend_)};
    }

    /// What was last waited for in vain.
    std::string_view missed() const { return missed_; }

    /// The domain was restored since the device was found: nobody has our ring any more.
    bool is_void() const { return store_.hypervisor().incarnation() != incarnation_; }

    /// One attempt to reach Connected, from wherever we are. A device that turns out to be another
    /// one meanwhile is found anew.
    /// @param is_first a device that is in use is somebody else's: `busy`
    /// @return `no_device` if there is none, `disconnected` if the other end closed
    Result<> connect(Deadline deadline, bool is_first)
    {
        while (true) {
            auto const connected = try_to_connect(deadline, is_first);
            is_gone_ = !connected && connected.error() == Errc::no_device;
            if (connected)
                return connected;
            missed_ = xenbus::waiting_for(frontend_);
            bool const is_other = connected.error() == Errc::again || is_void();
            if (!is_other)
                return connected;
            is_first = false;
            LODGER_TRY(pause(deadline));
        }
    }

    /// Looks at XenStore once and takes what follows from it.
    /// @return `again` if the device is not the one that we know any more
    Result<> step(Deadline deadline)
    {
        Sight const sight = LODGER_TRY(other_end_->look(frontend_.state(), deadline));
        if (!sight.is_ours || is_void()) {
            frontend_.leave();
            return Failure{Errc::again};
        }
        return frontend_.peer_is(sight.peer);
    }

    /// Takes the frontend to Closed and its link back: ours Closing, its Closing, ours Closed, its
    /// Closed, and nothing mapped any more. An other end that does not answer costs the time until
    /// the deadline, half for each of its answers; what it still has mapped then is quarantined. If
    /// the deadline's cancellation ended it, call it again.
    Result<> take_leave(Deadline deadline)
    {
        driver_.set_deadline(deadline);
        // What stands in the place of a device that has gone is another one, not ours to close.
        bool const is_another = is_gone_ && frontend_.state() == State::initialising;
        Result<> outcome = is_another ? Result<>{} : frontend_.close();
        Instant const now = store_.hypervisor().now();
        Deadline const half = deadline.no_later_than(now + (deadline.at - now) / 2);
        while (outcome && frontend_.state() == State::closing)
            outcome = step_down(half);
        if (!outcome && !is_cancelled(deadline)) {
            missed_ = xenbus::waiting_for(frontend_);
            outcome = frontend_.close_regardless();
        }
        while (outcome && !frontend_.is_released())
            outcome = step_down(deadline);
        if (!outcome && is_cancelled(deadline))
            return outcome;
        if (!outcome)
            missed_ = xenbus::waiting_for(frontend_);
        frontend_.release();
        return outcome;
    }

    /// Waits until XenStore may show something new of the device, there or not.
    Result<> wait(Deadline deadline) { return other_end_->wait(deadline); }

    /// Lets a little time pass.
    /// @return `timed_out` if the deadline is over, or `cancelled`
    Result<> pause(Deadline deadline, Duration moment = std::chrono::milliseconds{20})
    {
        WaitQueue nobody_wakes;
        H& hypervisor = store_.hypervisor();
        auto const waited = lodger::wait(
            hypervisor, nobody_wakes, deadline.no_later_than(hypervisor.now() + moment));
        bool const is_over = waited || waited.error() != Errc::timed_out;
        return is_over || deadline.passed(hypervisor.now()) ? waited : Result<>{};
    }

    /// Watches no longer.
    void end() { other_end_.reset(); }

private:
    Result<> try_to_connect(Deadline deadline, bool is_first)
    {
        driver_.set_deadline(deadline);
        incarnation_ = store_.hypervisor().incarnation();
        LODGER_TRY(persist(deadline, [&] { return find(deadline, is_first); }));
        driver_.set_node(node_);
        if (node_.state == State::closed)
            LODGER_TRY(persist(deadline, [&] { return let_it_close(deadline); }));
        LODGER_TRY(persist(deadline, [&] { return frontend_.restart(node_.state); }));
        while (true) {
            LODGER_TRY(persist(deadline, [&] { return step(deadline); }));
            if (frontend_.state() >= State::connected)
                break;
            LODGER_TRY(other_end_->wait(deadline));
        }
        return frontend_.state() == State::connected ? Result<>{} : Failure{Errc::disconnected};
    }

    /// Tries again what is denied: the toolstack may be about to permit it.
    template <class Attempt>
    Result<> persist(Deadline deadline, Attempt attempt)
    {
        while (true) {
            Result<> const outcome = attempt();
            if (outcome || outcome.error() != Errc::denied)
                return outcome;
            if (!pause(deadline))
                return outcome;
        }
    }

    Result<> find(Deadline deadline, bool is_first)
    {
        if (!other_end_)
            other_end_.emplace(LODGER_TRY(OtherEnd<H>::watch(store_, node_.path, deadline)));
        node_ = LODGER_TRY(other_end_->find(deadline));
        bool const in_use = node_.state == State::initialised || node_.state == State::connected;
        return is_first && in_use ? Failure{Errc::busy} : Result<>{};
    }

    /// A connection before us has ended, maybe just now: who has yet to notice would close on us
    /// instead, also a backend that is only beginning, for it looks at us when it is in InitWait.
    /// But who never does is asked all the same.
    Result<> let_it_close(Deadline deadline)
    {
        Deadline const limit =
            deadline.no_later_than(store_.hypervisor().now() + std::chrono::seconds{1});
        while (true) {
            Sight const sight = LODGER_TRY(other_end_->look(node_.state, deadline));
            if (!sight.is_ours)
                return Failure{Errc::again};
            if (!sight.peer || *sight.peer == State::closed)
                return {};
            auto const waited = other_end_->wait(limit);
            if (!waited)
                return limit.passed(store_.hypervisor().now()) ? Result<>{} : waited;
        }
    }

    static bool is_cancelled(Deadline deadline)
    {
        return deadline.cancellation && deadline.cancellation->is_requested();
    }

    Result<> step_down(Deadline deadline)
    {
        frontend_.let_go();
        if (frontend_.is_released())
            return {};
        if (!other_end_)
            return pause(deadline);
        auto const stepped = step(deadline);
        if (!stepped && stepped.error() != Errc::again)
            return stepped;
        if (frontend_.is_released() || other_end_->has_news())
            return {};
        // That a mapping has gone makes no event.
        if (frontend_.state() == State::closed)
            return pause(deadline);
        return other_end_->wait(deadline);
    }

    store::Client<H>& store_;
    Driver& driver_;
    Frontend frontend_;
    Node node_;
    std::optional<OtherEnd<H>> other_end_;
    std::string_view missed_;
    std::uint32_t incarnation_ = 0;
    bool is_gone_ = false; ///< the last attempt to connect found no device
};

} // namespace lodger::xenbus
