#pragma once

#include <lodger/xenbus/other_end.hpp>

#include <optional>

namespace lodger::xenbus {

/// What becomes of a device whose backend has closed, died, or been replaced.
enum class OnLoss : std::uint8_t {
    fail_fast, ///< it is over; whatever is under way fails at once
    reconnect, ///< it waits for the device to come back
};

/// How long a device's life may stand still.
struct Patience {
    Duration connect = std::chrono::seconds{30}; ///< for one attempt to come back
    Duration come_back = std::chrono::minutes{5};
    Duration close = std::chrono::seconds{5};
};

/// What a device is at a given time: the answer to "why does my disk not appear".
struct Status {
    Node const& node;
    State own;
    Peer other;
    std::string_view waiting_for; ///< empty when nothing is
};

/// What a driver does besides the handshake itself.
template <class D>
concept LivingDriver = FrontendDriver<D> && requires(D& driver, Node const& node, Errc reason) {
    driver.set_node(node);
    driver.set_deadline(Deadline{});
    driver.connected();   // for the first time, or again
    driver.spoken();      // the connected other end may have changed something
    driver.ended(reason); // it will not be connected any more
    { driver.withdraw() } -> std::same_as<Result<>>; // what was written besides states
};

/// A device's whole life on a thread of its own: connects, follows what the other end and the
/// toolstack do, comes back after a loss if that is wanted, and closes. Several devices live beside
/// each other, so n of them connect in the time of one.
///
/// The other end and the toolstack are not trusted: whatever they write, each wait has a deadline,
/// and `status()` says what is waited for.
template <ThreadedHypervisor H, LivingDriver Driver>
class Life {
public:
    using Frontend = xenbus::Frontend<Driver>;

    Life(store::Client<H>& store, Driver& driver)
        : store_{store},
          driver_{driver},
          frontend_{driver}
    {
    }
    Life(Life const&) = delete;
    Life& operator=(Life const&) = delete;
    ~Life() { assert(!is_running_); }

    /// Starts to connect. Call once.
    /// @param path the device's own directory
    Result<> begin(NodePath const& path, OnLoss on_loss, Patience patience, Deadline deadline)
    {
        node_.path = path;
        on_loss_ = on_loss;
        patience_ = patience;
        connect_by_ = deadline;
        LODGER_TRY(hypervisor().start_thread("xenbus", &Life::run, this));
        is_running_ = true;
        return {};
    }

    /// Waits for the outcome of the first attempt to connect, which has the deadline of `begin`.
    Result<> wait_begun()
    {
        Deadline const attempt_ends{Instant::max(), connect_by_.cancellation};
        LODGER_TRY(
            wait_until(hypervisor(), changed_, attempt_ends, [&] { return begun_.has_value(); }));
        return *begun_;
    }

    /// Closes in order, and waits until that is done. Fine to call twice, or before `begin`.
    /// @return `timed_out` if the other end did not follow; then what it still has mapped is
    /// quarantined
    Result<> end(Deadline deadline)
    {
        if (!is_running_)
            return {};
        end_by_ = deadline;
        stop_.request(hypervisor());
        // The thread's own waits are bounded, and it uses this object to its very end.
        while (!is_over_)
            static_cast<void>(wait(hypervisor(), changed_, Deadline::never()));
        is_running_ = false;
        return outcome_;
    }

    /// Has the device closed because its other end cannot be trusted any more. May be called from
    /// a listener.
    void give_up(Errc reason)
    {
        given_up_ = reason;
        store_.connection().wake();
    }

    Frontend const& frontend() const { return frontend_; }
    Frontend& frontend() { return frontend_; }

    Status status() const
    {
        return {
            node_, frontend_.state(), other_end_ ? other_end_->last() : Peer{},
            is_over_ ? "" : waiting_for(frontend_)};
    }

private:
    H& hypervisor() const { return store_.hypervisor(); }
    Deadline within(Duration duration) { return {hypervisor().now() + duration, &stop_}; }

    static void run(void* self) { static_cast<Life*>(self)->live(); }

    void live()
    {
        begun_ = connect({connect_by_.at, &stop_}, true);
        hypervisor().wake(changed_);
        Result<> alive = *begun_;
        while (alive) {
            driver_.connected();
            alive = serve();
            if (!stop_.is_requested())
                static_cast<void>(take_leave(within(patience_.close)));
            if (alive.error() == Errc::disconnected && !stop_.is_requested())
                alive = come_back();
        }
        if (*begun_)
            driver_.ended(alive.error());
        else
            wait_for_end(); // Until then the status says what was waited for.
        outcome_ =
            take_leave(stop_.is_requested() ? end_by_ : after(hypervisor(), patience_.close));
        driver_.set_deadline(after(hypervisor(), patience_.close));
        if (auto const withdrawn = driver_.withdraw(); !withdrawn && outcome_)
            outcome_ = withdrawn;
        other_end_.reset();
        is_over_ = true;
        hypervisor().wake(changed_);
    }

    /// One attempt to reach Connected.
    Result<> connect(Deadline deadline, bool is_first)
    {
        driver_.set_deadline(deadline);
        other_end_.reset();
        incarnation_ = hypervisor().incarnation();
        LODGER_TRY(persist(deadline, [&] { return find_node(deadline, is_first); }));
        driver_.set_node(node_);
        other_end_.emplace(LODGER_TRY(OtherEnd<H>::watch(store_, node_, deadline)));
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

    Result<> find_node(Deadline deadline, bool is_first)
    {
        node_ = LODGER_TRY(read_node(store_, node_.path, deadline));
        bool const in_use = node_.state == State::initialised || node_.state == State::connected;
        return is_first && in_use ? Failure{Errc::busy} : Result<>{};
    }

    /// Looks at XenStore once and takes what follows from it.
    /// @return `disconnected` if the device is not the one that we know any more
    Result<> step(Deadline deadline)
    {
        Sight const sight = LODGER_TRY(other_end_->look(frontend_.state(), deadline));
        if (!sight.is_ours) {
            frontend_.leave();
            return Failure{Errc::disconnected};
        }
        return frontend_.peer_is(sight.peer);
    }

    /// Follows a connected device.
    /// @return why it is not connected any more: `disconnected`, `cancelled` when it is to end,
    /// or the reason given to `give_up`
    Result<> serve()
    {
        while (true) {
            Deadline const look_by = within(patience_.connect);
            driver_.set_deadline(look_by);
            bool const has_spoken = other_end_->has_spoken();
            auto const looked = is_void() ? Failure{Errc::disconnected} : step(look_by);
            if (stop_.is_requested())
                return Failure{Errc::cancelled};
            if (given_up_)
                return Failure{*given_up_};
            if (is_void())
                frontend_.leave();
            if (frontend_.state() != State::connected)
                return Failure{Errc::disconnected};
            if (looked && has_spoken)
                driver_.spoken();
            // A device goes on without XenStore, so we look again in a while.
            if (looked)
                wait_for_news();
            else
                static_cast<void>(pause(Deadline{Instant::max(), &stop_}));
        }
    }

    /// The domain was restored since the device was connected: nobody has our ring any more.
    bool is_void() const { return hypervisor().incarnation() != incarnation_; }

    void wait_for_news()
    {
        Result<> waited;
        while (waited && !other_end_->has_news() && !given_up_ && !is_void())
            waited = store_.connection().wait({Instant::max(), &stop_});
    }

    /// Lets a little time pass.
    /// @return `timed_out` if the deadline is over, or `cancelled`
    Result<> pause(Deadline deadline)
    {
        constexpr Duration moment = std::chrono::milliseconds{20};
        WaitQueue nobody_wakes;
        auto const waited =
            wait(hypervisor(), nobody_wakes, deadline.no_later_than(hypervisor().now() + moment));
        bool const is_over = waited || waited.error() != Errc::timed_out;
        return is_over || deadline.passed(hypervisor().now()) ? waited : Result<>{};
    }

    /// After a loss, until the device is connected again.
    Result<> come_back()
    {
        if (on_loss_ == OnLoss::fail_fast && !is_void())
            return Failure{Errc::disconnected};
        Deadline const limit = within(patience_.come_back);
        while (true) {
            Deadline const attempt = limit.no_later_than(hypervisor().now() + patience_.connect);
            auto const connected = connect(attempt, false);
            if (connected)
                return connected;
            if (!stop_.is_requested())
                static_cast<void>(take_leave(within(patience_.close)));
            if (auto const waited = pause(limit); !waited)
                return waited;
        }
    }

    /// Takes the frontend to Closed and its link back: ours Closing, its Closing, ours Closed, its
    /// Closed, and nothing mapped any more. An other end that does not answer costs the time until
    /// the deadline, half for each of its answers; what it still has mapped then is quarantined.
    Result<> take_leave(Deadline deadline)
    {
        driver_.set_deadline(deadline);
        Result<> outcome = frontend_.close();
        Instant const now = hypervisor().now();
        Deadline const half = deadline.no_later_than(now + (deadline.at - now) / 2);
        while (outcome && frontend_.state() == State::closing)
            outcome = step_down(half);
        if (!outcome && !stopped(deadline))
            outcome = frontend_.close_regardless();
        while (outcome && !frontend_.is_released())
            outcome = step_down(deadline);
        if (!outcome && stopped(deadline))
            return outcome; // There is less time than we thought, and somebody will begin again.
        frontend_.release();
        return outcome;
    }

    bool stopped(Deadline deadline) const { return deadline.cancellation && stop_.is_requested(); }

    Result<> step_down(Deadline deadline)
    {
        frontend_.let_go();
        if (frontend_.is_released())
            return {};
        if (!other_end_)
            return pause(deadline);
        auto const stepped = step(deadline);
        if (!stepped && stepped.error() != Errc::disconnected)
            return stepped;
        if (frontend_.is_released() || other_end_->has_news())
            return {};
        // That a mapping has gone makes no event.
        if (frontend_.state() == State::closed)
            return pause(deadline);
        return other_end_->wait(deadline);
    }

    void wait_for_end()
    {
        WaitQueue nobody_wakes;
        static_cast<void>(wait(hypervisor(), nobody_wakes, {Instant::max(), &stop_}));
    }

    store::Client<H>& store_;
    Driver& driver_;
    Frontend frontend_;
    Node node_;
    std::optional<OtherEnd<H>> other_end_;
    OnLoss on_loss_{};
    Patience patience_;
    Deadline connect_by_;
    Deadline end_by_;
    Cancellation stop_;
    WaitQueue changed_;
    std::uint32_t incarnation_ = 0;
    std::optional<Result<>> begun_;
    std::optional<Errc> given_up_;
    Result<> outcome_;
    bool is_running_ = false;
    bool is_over_ = false;
};

} // namespace lodger::xenbus
