#pragma once

#include <lodger/xenbus/connector.hpp>
#include <lodger/xenbus/report.hpp>

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

/// What a driver does besides the handshake itself.
template <class D>
concept LivingDriver = ConnectingDriver<D> && requires(D& driver, State state, Errc reason) {
    driver.connected();   // for the first time, or again
    driver.spoken(state); // the connected other end is in this state, and may have changed things
    driver.ended(reason); // it will not be connected any more, or never was
    { driver.withdraw() } -> std::same_as<Result<>>; // what was written besides states
};

/// A device's whole life on a thread of its own: connects, follows what the other end and the
/// toolstack do, comes back after a loss if that is wanted, and closes. Several devices live beside
/// each other, so n of them connect in the time of one.
///
/// The other end and the toolstack are not trusted: whatever they write, each wait has a deadline,
/// and `status()` says what is waited for. Why a device of ours does not work, if it is not that
/// the other end closed, is reported in XenStore before we close.
template <ThreadedHypervisor H, LivingDriver Driver>
class Life {
public:
    using Frontend = xenbus::Frontend<Driver>;

    Life(store::Client<H>& store, Driver& driver)
        : store_{store},
          driver_{driver},
          connector_{store, driver}
    {
    }
    Life(Life const&) = delete;
    Life& operator=(Life const&) = delete;
    ~Life() { assert(!is_running_); }

    /// Starts to connect. Call once.
    /// @param path the device's own directory
    Result<> begin(NodePath const& path, OnLoss on_loss, Patience patience, Deadline deadline)
    {
        connector_.set_path(path);
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

    /// Closes in order, and waits until that is done: with a deadline that is cancelled, no longer
    /// than `Patience::close` from then on. Fine to call twice, or before `begin`.
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

    Frontend const& frontend() const { return connector_.frontend(); }
    Frontend& frontend() { return connector_.frontend(); }

    Status status() const
    {
        Status status = connector_.status();
        if (is_over_)
            status.waiting_for = "";
        return status;
    }

private:
    H& hypervisor() const { return store_.hypervisor(); }
    Deadline within(Duration duration) { return {hypervisor().now() + duration, &stop_}; }

    static void run(void* self) { static_cast<Life*>(self)->live(); }

    void live()
    {
        Result<> alive = connect_first();
        begun_ = alive;
        hypervisor().wake(changed_);
        while (alive) {
            driver_.connected();
            retract();
            alive = serve();
            report(alive.error(), "");
            if (!stop_.is_requested())
                static_cast<void>(connector_.take_leave(within(patience_.close)));
            if (alive.error() == Errc::disconnected && !stop_.is_requested())
                alive = come_back();
        }
        driver_.ended(alive.error());
        if (!*begun_)
            wait_for_end(); // Until then the status says what was waited for.
        close();
        is_over_ = true;
        hypervisor().wake(changed_);
    }

    Result<> connect_first()
    {
        Deadline const deadline{connect_by_.at, &stop_};
        auto const connected = connector_.connect(deadline, true);
        if (!connected)
            report(connected.error(), connector_.missed());
        return connected;
    }

    /// Follows a connected device.
    /// @return why it is not connected any more: `disconnected`, `cancelled` when it is to end,
    /// or the reason given to `give_up`
    Result<> serve()
    {
        bool has_spoken = false; // and nobody has listened
        while (true) {
            Deadline const look_by = within(patience_.connect);
            driver_.set_deadline(look_by);
            has_spoken |= connector_.other_end().has_spoken();
            auto const looked =
                connector_.is_void() ? Failure{Errc::disconnected} : connector_.step(look_by);
            if (given_up_)
                return Failure{*given_up_};
            if (stop_.is_requested())
                return Failure{Errc::cancelled};
            if (connector_.is_void())
                frontend().leave();
            if (frontend().state() != State::connected)
                return Failure{Errc::disconnected};
            if (looked && std::exchange(has_spoken, false))
                driver_.spoken(connector_.other_end().last().value_or(State::unknown));
            // A device goes on without XenStore, so we look again in a while.
            if (looked)
                wait_for_news();
            else
                static_cast<void>(connector_.pause({Instant::max(), &stop_}));
        }
    }

    void wait_for_news()
    {
        Result<> waited;
        while (waited && !connector_.other_end().has_news() && !given_up_ && !connector_.is_void())
            waited = store_.connection().wait({Instant::max(), &stop_});
    }

    /// After a loss, until the device is connected again.
    Result<> come_back()
    {
        if (on_loss_ == OnLoss::fail_fast && !connector_.is_void())
            return Failure{Errc::disconnected};
        Deadline const limit = within(patience_.come_back);
        while (true) {
            Deadline const attempt = limit.no_later_than(hypervisor().now() + patience_.connect);
            auto const connected = connector_.connect(attempt, false);
            if (connected)
                return connected;
            report(connected.error(), connector_.missed());
            // To take leave looks at XenStore, and may see what we would wait for.
            bool const may_miss_news =
                connected.error() == Errc::no_device && !frontend().is_released();
            if (!stop_.is_requested())
                static_cast<void>(connector_.take_leave(within(patience_.close)));
            Errc const why = may_miss_news ? Errc::disconnected : connected.error();
            if (auto const waited = wait_to_retry(why, limit); !waited)
                return waited;
        }
    }

    /// Waits until another attempt makes sense.
    Result<> wait_to_retry(Errc why, Deadline limit)
    {
        // Where it has changed meanwhile nobody may tell us again.
        if (why == Errc::disconnected)
            return connector_.pause(limit);
        // The toolstack makes a device that is not there, and an event with it.
        Deadline const look_by = why == Errc::no_device
                                     ? limit
                                     : limit.no_later_than(hypervisor().now() + retry_interval);
        auto const waited = connector_.wait(look_by);
        bool const is_over = waited || stop_.is_requested() || limit.passed(hypervisor().now());
        // XenStore may be out of order, too; and no event may make us try without a pause.
        return is_over && !waited ? waited : connector_.pause(limit);
    }

    /// The end: nothing is shared any more afterwards.
    void close()
    {
        outcome_ = connector_.take_leave(
            stop_.is_requested() ? end_by_ : after(hypervisor(), patience_.close));
        if (!outcome_ && outcome_.error() == Errc::cancelled)
            outcome_ = connector_.take_leave(after(hypervisor(), patience_.close));
        if (!outcome_)
            report(outcome_.error(), connector_.missed());
        driver_.set_deadline(after(hypervisor(), patience_.close));
        if (auto const withdrawn = driver_.withdraw(); !withdrawn && outcome_)
            outcome_ = withdrawn;
        connector_.end();
    }

    /// Says in XenStore what is wrong, unless it is only that the other end or we have closed.
    void report(Errc why, std::string_view missed)
    {
        bool const is_ordinary = why == Errc::cancelled || why == Errc::disconnected ||
                                 why == Errc::no_device || why == Errc::busy;
        if (is_ordinary)
            return;
        Text<120> what;
        if (!missed.empty()) {
            static_cast<void>(what.append("waited for "));
            static_cast<void>(what.append(missed));
        }
        // What cannot be reported either is in the trace.
        static_cast<void>(report_error(
            store_, status().node.path, why, what, after(hypervisor(), report_patience)));
        is_reported_ = true;
    }

    void retract()
    {
        if (!std::exchange(is_reported_, false))
            return;
        static_cast<void>(
            retract_error(store_, status().node.path, after(hypervisor(), report_patience)));
    }

    void wait_for_end()
    {
        WaitQueue nobody_wakes;
        static_cast<void>(wait(hypervisor(), nobody_wakes, {Instant::max(), &stop_}));
    }

    /// Something other than XenStore may stand in the way, and its going makes no event.
    static constexpr Duration retry_interval = std::chrono::seconds{1};
    static constexpr Duration report_patience = std::chrono::seconds{1};

    store::Client<H>& store_;
    Driver& driver_;
    Connector<H, Driver> connector_;
    OnLoss on_loss_{};
    Patience patience_;
    Deadline connect_by_;
    Deadline end_by_;
    Cancellation stop_;
    WaitQueue changed_;
    std::optional<Result<>> begun_;
    std::optional<Errc> given_up_;
    Result<> outcome_;
    bool is_reported_ = false;
    bool is_running_ = false;
    bool is_over_ = false;
};

} // namespace lodger::xenbus
