#pragma once

#include <lodger/core/trace.hpp>
#include <lodger/core/wait.hpp>
#include <lodger/store/transport.hpp>

namespace lodger::store {

/// Joins a `Session` to the page and the port that Xen gave the domain for XenStore, and makes its
/// requests wait. Borrows both: they were there before us and stay (the port is never closed).
///
/// All I/O happens in `pump()`, on the loop or in the thread that has something to send; there is
/// no lock, so none can be held across a wait. Peer: the daemon, which may also stop answering:
/// every wait has a deadline, and notices within `check_interval` that the daemon gave up on us.
template <Hypervisor H>
class Connection {
    using Memory = H::Memory;

public:
    /// The daemon raises no event when it sets the page's `error`, so waiting looks at it this
    /// often.
    static constexpr Duration check_interval = std::chrono::milliseconds{50};

    Connection(H& hypervisor, Page& page, Port port)
        : hypervisor_{hypervisor},
          port_{port},
          transport_{page}
    {
    }
    Connection(Connection const&) = delete;
    Connection& operator=(Connection const&) = delete;
    ~Connection() { hypervisor_.unlisten(port_); }

    /// Starts to take replies. Call once, before anything else. A page may be found in the middle
    /// of a reconnection that somebody before us asked for; that is waited for.
    Result<> start(Deadline deadline)
    {
        LODGER_TRY(hypervisor_.listen(port_, Listener::of<&Connection::on_event>(*this)));
        if (transport_.is_connected() || !transport_.can_reconnect())
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
        if (!transport_.can_reconnect())
            return Failure{Errc::not_implemented};
        bool const is_shared = reconnecting_;
        while (reconnecting_)
            LODGER_TRY(wait_a_while(deadline));
        if (is_shared || (lost && *lost != epoch_))
            return health();
        reconnecting_ = true;
        auto const done = begin_anew(deadline);
        reconnecting_ = false;
        hypervisor_.wake(changed_);
        return done;
    }

    /// Finishes the message that has begun, begins no other, and waits until the daemon has taken
    /// all of it. Then the domain may be suspended: a daemon that serves the restored domain finds
    /// no half of a message. Afterwards call `go_on` or `move`.
    Result<> pause(Deadline deadline)
    {
        paused_ = true;
        for (pump(); session_.is_mid_message() || !transport_.is_drained(); pump()) {
            if (auto const waited = wait(deadline); !waited) {
                go_on();
                return waited;
            }
        }
        return {};
    }

    /// Goes on after `pause`.
    void go_on()
    {
        paused_ = false;
        pump();
    }

    /// Goes on where Xen has restored the domain: with another daemon, or one that knows nothing of
    /// us, on another port and maybe page. What was under way is sent again, but for transactions,
    /// which fail as `disconnected`; watches are registered again, and each fires once.
    Result<> move(Page& page, Port port, Deadline deadline)
    {
        port_ = port;
        LODGER_TRY(hypervisor_.listen(port_, Listener::of<&Connection::on_event>(*this)));
        begin_with(Transport<Memory>::take_over(page));
        session_.move();
        go_on();
        hypervisor_.wake(changed_);
        return register_watches(deadline);
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
    /// @param make_room called when all requests are in use; says whether it has ended some
    template <class MakeRoom = bool (*)()>
    Result<Session::Ticket> queue(
        Request const& request, std::span<char> reply, Deadline deadline,
        MakeRoom make_room = [] { return false; })
    {
        std::uint32_t const epoch = epoch_;
        LODGER_TRY(wait_for_vacancy(deadline, make_room));
        if (epoch != epoch_ && request.transaction != 0)
            return Failure{Errc::disconnected}; // The daemon has forgotten the transaction.
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
        return collect(ticket);
    }

    /// The reply to a request that is done; the request is over.
    Result<std::string_view> collect(Session::Ticket ticket)
    {
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

    /// Ends a transaction that cannot be committed any more, without waiting.
    /// @param epoch in which it was started
    void throw_away(std::uint32_t transaction, std::uint32_t epoch)
    {
        if (epoch != epoch_)
            return; // The daemon has forgotten it.
        session_.throw_away(transaction);
        pump();
    }

    /// Waits until something happened here: a reply, an event, or a failure.
    Result<> wait(Deadline deadline)
    {
        auto const waited = wait_a_while(deadline);
        LODGER_TRY(health());
        return waited;
    }

    /// As `wait`, but does not look every now and then whether the daemon gave up on us.
    Result<> wait_idly(Deadline deadline)
    {
        LODGER_TRY(lodger::wait(hypervisor_, changed_, deadline));
        return health();
    }

    /// Has everybody who waits here look again at what they wait for.
    void wake() { hypervisor_.wake(changed_); }

    /// Moves what there is to move, within bounds.
    void pump()
    {
        if (failed_)
            return;
        Moved moved;
        auto const exchanged = transport_.exchange(session_, !paused_, moved);
        unannounced_ += moved.received;
        if (moved.sent > 0 || unannounced_ >= announce_after)
            notify();
        if (moved.sent + moved.received > 0)
            hypervisor_.wake(changed_);
        if (!exchanged)
            fail(exchanged.error());
    }

private:
    /// After so many bytes received the daemon is told that there is room again. It waits for that
    /// only when it finds the ring full, and then we receive a whole ring from what it saw on; so
    /// an ordinary reply costs it no event.
    static constexpr std::size_t announce_after = sizeof(Page::rsp) / 2;
    /// How often a watch is asked for that the daemon refuses to register again.
    static constexpr Duration refusal_interval = std::chrono::seconds{1};

    Result<> begin_anew(Deadline deadline)
    {
        fail(Errc::disconnected);
        transport_.ask_to_reconnect();
        LODGER_TRY(reopen(deadline));
        return register_watches(deadline);
    }

    /// Waits until the daemon has emptied the rings, and begins anew with them. Until then nothing
    /// in the page but its `connection` means anything.
    Result<> reopen(Deadline deadline)
    {
        fail(Errc::disconnected);
        LODGER_TRY(hypervisor_.notify(port_));
        while (!transport_.is_connected())
            LODGER_TRY(wait_a_while(deadline));
        session_.restart();
        begin_with(Transport<Memory>{transport_.page()});
        return {};
    }

    void begin_with(Transport<Memory> transport)
    {
        transport_ = transport;
        failed_.reset();
        ++epoch_;
    }

    /// Waits until the daemon knows of all watches again, or has refused some. What is not done by
    /// the deadline goes on, and what was refused is asked for again later.
    Result<> register_watches(Deadline deadline)
    {
        for (pump(); session_.is_registering();)
            LODGER_TRY(wait(deadline));
        auto const refusal = session_.watches().refusal();
        return refusal ? Failure{*refusal} : Result<>{};
    }

    [[gnu::cold]] void ask_again()
    {
        Instant const now = hypervisor_.now();
        if (now < ask_again_at_)
            return;
        ask_again_at_ = now + refusal_interval;
        if (session_.watches().owe_refused())
            pump();
    }

    /// Waits until something may have happened here, and for `check_interval` at most.
    Result<> wait_a_while(Deadline deadline)
    {
        Deadline const check = deadline.no_later_than(hypervisor_.now() + check_interval);
        auto const waited = lodger::wait(hypervisor_, changed_, check);
        bool const is_over = check.at == deadline.at || waited || waited.error() != Errc::timed_out;
        if (is_over)
            return waited;
        ask_again();
        return {};
    }

    /// Waits until one more request can be submitted.
    template <class MakeRoom>
    Result<> wait_for_vacancy(Deadline deadline, MakeRoom make_room)
    {
        for (bool pumped = false;; pumped = !pumped) {
            LODGER_TRY(health());
            if (session_.has_vacancy() || (make_room() && session_.has_vacancy()))
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

    /// One more request can be submitted now: by a thread that waits for that, or for what is owed.
    void announce_vacancy()
    {
        if (session_.owes())
            pump();
        if (wanting_ > 0)
            hypervisor_.wake(changed_);
    }

    void on_event()
    {
        pump();
        if (failed_)
            hypervisor_.wake(changed_); // Somebody may wait for the daemon to begin anew.
    }

    void trace_request(Session::Ticket ticket, Request const& request)
    {
        trace(
            hypervisor_, Topic::store, "#", ticket, " ", name(request.type), " tx ",
            request.transaction, " ", std::span<std::string_view const>{request.pieces});
    }

    /// Whether the daemon still serves us.
    Result<> health()
    {
        if (failed_)
            return Failure{*failed_};
        if (!transport_.has_given_up())
            return {};
        fail(Errc::disconnected);
        return Failure{Errc::disconnected};
    }

    void notify()
    {
        unannounced_ = 0;
        static_cast<void>(hypervisor_.notify(port_)); // The daemon's end is Xen's to keep.
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
    Port port_;
    Transport<Memory> transport_;
    Session session_;
    WaitQueue changed_;
    std::uint32_t epoch_ = 0;
    Instant ask_again_at_{};
    std::size_t unannounced_ = 0; ///< bytes received since the daemon was last notified
    std::size_t wanting_ = 0;     ///< threads that wait for a request to come free
    bool reconnecting_ = false;   ///< some thread does it
    bool paused_ = false;
    std::optional<Errc> failed_;
};

} // namespace lodger::store
