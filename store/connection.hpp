#pragma once

#include <lodger/core/trace.hpp>
#include <lodger/core/wait.hpp>
#include <lodger/store/transport.hpp>

namespace lodger::store {

/// Joins a `Session` to its `Transport`, and makes its requests wait.
///
/// All I/O happens in `pump()`, on the loop or in the thread that has something to send; there is
/// no lock, so none can be held across a wait. Peer: the daemon, which may also stop answering:
/// every wait has a deadline, and notices within `check_interval` that the daemon gave up on us.
template <Hypervisor H>
class Connection {
public:
    /// The daemon raises no event when it sets the page's `error`, so waiting looks at it this
    /// often.
    static constexpr Duration check_interval = std::chrono::milliseconds{50};

    Connection(H& hypervisor, Page& page, Port port)
        : hypervisor_{hypervisor},
          transport_{hypervisor, page, port}
    {
    }
    Connection(Connection const&) = delete;
    Connection& operator=(Connection const&) = delete;
    ~Connection() { hypervisor_.unlisten(transport_.port()); }

    /// Starts to take replies. Call once, before anything else. A page may be found in the middle
    /// of a reconnection that somebody before us asked for; that is waited for.
    Result<> start(Deadline deadline)
    {
        LODGER_TRY(
            hypervisor_.listen(transport_.port(), Listener::of<&Connection::on_event>(*this)));
        if (transport_.has_begun_anew() || !transport_.can_begin_anew())
            return {};
        return reopen(deadline);
    }

    /// What the daemon offers, as the bits of docs/misc/xenstore-ring.txt.
    std::uint32_t server_features() const { return transport_.server_features(); }

    /// Counts how often the connection began anew; a transaction does not outlive it.
    std::uint32_t epoch() const { return epoch_; }

    /// Has the daemon begin anew with us, after it gave up or was replaced: what is in flight and
    /// every transaction fail as `disconnected`, watches are registered again, and each fires once.
    /// @param lost the `epoch` in which the caller failed, if it knows: when another one has begun
    /// since, there is nothing to do. Threads that come at the same time share one reconnection.
    /// @return `not_implemented` if the daemon does not offer that
    Result<> reconnect(Deadline deadline, std::optional<std::uint32_t> lost = std::nullopt)
    {
        if (!transport_.can_begin_anew())
            return Failure{Errc::not_implemented};
        bool const is_shared = reconnecting_;
        while (reconnecting_)
            LODGER_TRY(pause(deadline));
        if (is_shared || (lost && *lost != epoch_))
            return health();
        reconnecting_ = true;
        auto const done = begin_anew(deadline);
        reconnecting_ = false;
        hypervisor_.wake(changed_);
        return done;
    }

    H& hypervisor() const { return hypervisor_; }
    Session& session() { return session_; }

    /// Sends a request and waits for its reply.
    /// @return the reply's payload, as a view of `reply`
    Result<std::string_view> call(Request const& request, std::span<char> reply, Deadline deadline)
    {
        return finish(LODGER_TRY(queue(request, reply, deadline)), deadline);
    }

    /// Sends a request without waiting for its reply; waits only while all requests are in use.
    Result<Session::Ticket> begin(Request const& request, std::span<char> reply, Deadline deadline)
    {
        auto const ticket = LODGER_TRY(queue(request, reply, deadline));
        pump();
        return ticket;
    }

    /// As `begin`, but the request is sent only with the next `pump`: what is queued together
    /// raises one event together.
    Result<Session::Ticket> queue(Request const& request, std::span<char> reply, Deadline deadline)
    {
        std::uint32_t const epoch = epoch_;
        LODGER_TRY(wait_for_vacancy(deadline));
        if (epoch != epoch_)
            return Failure{Errc::disconnected}; // What it builds on is no more.
        auto const ticket = session_.submit(request, reply);
        if (ticket)
            trace_request(*ticket, request);
        return ticket;
    }

    /// Waits for the reply to a request that was begun or queued. Whatever comes out, the request
    /// is over.
    Result<std::string_view> finish(Session::Ticket ticket, Deadline deadline)
    {
        if (!session_.is_done(ticket))
            pump();
        while (!session_.is_done(ticket)) {
            if (auto const waited = wait(deadline); !waited && !session_.is_done(ticket)) {
                abandon(ticket);
                return Failure{waited.error()};
            }
        }
        auto const reply = session_.collect(ticket);
        announce_vacancy();
        trace(
            hypervisor_, Topic::store, "#", ticket,
            reply ? " = " : " failed: ", reply ? *reply : describe(reply.error()));
        return reply;
    }

    /// Ends a request whose reply nobody waits for any more.
    void abandon(Session::Ticket ticket)
    {
        session_.abandon(ticket);
        announce_vacancy();
    }

    /// Waits until something happened here: a reply, an event, or a failure.
    Result<> wait(Deadline deadline)
    {
        auto const paused = pause(deadline);
        LODGER_TRY(health());
        return paused;
    }

    /// Has everybody who waits here look again at what they wait for.
    void wake() { hypervisor_.wake(changed_); }

    /// Moves what there is to move, within bounds.
    void pump()
    {
        std::optional<Errc> failure = failed_;
        if (!failure && transport_.exchange(session_, failure))
            hypervisor_.wake(changed_);
        if (failure)
            fail(*failure);
    }

private:
    Result<> begin_anew(Deadline deadline)
    {
        fail(Errc::disconnected);
        transport_.ask_to_begin_anew();
        LODGER_TRY(reopen(deadline));
        // Each may end while we wait for another, so none is held on to across a wait.
        while (true) {
            LODGER_TRY(wait_for_vacancy(deadline));
            WatchState const* const stale = session_.watches().renew(epoch_);
            if (!stale)
                return {};
            LODGER_TRY(call(watch_request(*stale), {}, deadline));
        }
    }

    /// Waits until the daemon has emptied the rings, and begins anew with them.
    Result<> reopen(Deadline deadline)
    {
        fail(Errc::disconnected);
        LODGER_TRY(transport_.notify());
        while (!transport_.has_begun_anew())
            LODGER_TRY(pause(deadline));
        transport_.restart();
        session_.restart();
        failed_.reset();
        ++epoch_;
        return {};
    }

    /// Waits until something may have happened here, and for `check_interval` at most.
    Result<> pause(Deadline deadline)
    {
        Deadline const check = deadline.no_later_than(hypervisor_.now() + check_interval);
        auto const waited = lodger::wait(hypervisor_, changed_, check);
        if (!waited && (check.at == deadline.at || waited.error() != Errc::timed_out))
            return waited;
        return {};
    }

    /// Waits until one more request can be submitted.
    Result<> wait_for_vacancy(Deadline deadline)
    {
        for (bool pumped = false;; pumped = !pumped) {
            LODGER_TRY(health());
            if (session_.has_vacancy())
                return {};
            if (!pumped) {
                pump(); // Those in use may not even be sent.
                continue;
            }
            ++wanting_;
            auto const waited = wait(deadline);
            --wanting_;
            LODGER_TRY(waited);
        }
    }

    /// One more request can be submitted now: by a thread that waits for that, or for a watch that
    /// has ended.
    void announce_vacancy()
    {
        if (session_.watches().retiring())
            pump();
        if (wanting_ > 0)
            hypervisor_.wake(changed_);
    }

    void trace_request(Session::Ticket ticket, Request const& request)
    {
        auto const& p = request.pieces;
        trace(
            hypervisor_, Topic::store, "#", ticket, " ", name(request.type), " tx ",
            request.transaction, " ", p[0], p[1], p[2], p[3], p[4], p[5]);
    }

    Result<> health()
    {
        if (!failed_ && !transport_.is_served())
            fail(Errc::disconnected);
        return failed_ ? Failure{*failed_} : Result<>{};
    }

    void on_event()
    {
        pump();
        if (failed_)
            hypervisor_.wake(changed_); // Somebody may wait for the daemon to begin anew.
    }

    void fail(Errc error)
    {
        if (failed_)
            return;
        failed_ = error;
        session_.fail(error);
        hypervisor_.wake(changed_);
    }

    H& hypervisor_;
    Transport<H> transport_;
    Session session_;
    WaitQueue changed_;
    std::uint32_t epoch_ = 0;
    std::size_t wanting_ = 0;   ///< threads that wait for a request to come free
    bool reconnecting_ = false; ///< some thread does it
    std::optional<Errc> failed_;
};

} // namespace lodger::store
