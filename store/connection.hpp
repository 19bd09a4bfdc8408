#pragma once

#include <lodger/core/trace.hpp>
#include <lodger/core/wait.hpp>
#include <lodger/ring/bytes.hpp>
#include <lodger/store/session.hpp>

namespace lodger::store {

/// Asks the daemon to watch what a state describes.
inline Request watch_request(WatchState const& state)
{
    using namespace std::literals;
    std::string_view const depth_end = state.depth().empty() ? ""sv : "\0"sv;
    return {
        .type = Type::watch,
        .pieces = {state.path(), "\0"sv, state.token(), "\0"sv, state.depth(), depth_end}};
}

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
          page_{page},
          port_{port},
          requests_{page.req, page.req_prod, page.req_cons},
          replies_{page.rsp, page.rsp_cons, page.rsp_prod},
          error_at_start_{Memory::load_relaxed(page.error)}
    {
    }
    Connection(Connection const&) = delete;
    Connection& operator=(Connection const&) = delete;
    ~Connection() { hypervisor_.unlisten(port_); }

    /// Starts to take replies. Call once, before anything else. A page may be found in the middle
    /// of a reconnection that somebody before us asked for; that is waited for.
    Result<> start(Deadline deadline)
    {
        LODGER_TRY(hypervisor_.listen(port_, Listener::of<&Connection::pump>(*this)));
        if (Memory::load_relaxed(page_.connection) == XENSTORE_CONNECTED || !can_reconnect())
            return {};
        return reopen(deadline);
    }

    /// What the daemon offers, as the bits of docs/misc/xenstore-ring.txt.
    std::uint32_t server_features() const { return Memory::load_relaxed(page_.server_features); }

    /// Counts how often the connection began anew; a transaction does not outlive it.
    std::uint32_t epoch() const { return epoch_; }

    /// Has the daemon begin anew with us, after it gave up or was replaced: what is in flight and
    /// every transaction fail as `disconnected`, watches are registered again, and each fires once.
    /// @return `not_implemented` if the daemon does not offer that
    Result<> reconnect(Deadline deadline)
    {
        if (!can_reconnect())
            return Failure{Errc::not_implemented};
        fail(Errc::disconnected);
        Memory::store_release(page_.connection, XENSTORE_RECONNECT);
        LODGER_TRY(reopen(deadline));
        for (auto const* state = session_.watches().first(); state; state = state->next())
            LODGER_TRY(call(watch_request(*state), {}, deadline));
        return {};
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
        for (bool pumped = false;; pumped = !pumped) {
            LODGER_TRY(health());
            auto const ticket = session_.submit(request, reply);
            if (ticket || ticket.error() != Errc::busy) {
                if (ticket)
                    trace_request(*ticket, request);
                return ticket;
            }
            if (pumped)
                LODGER_TRY(wait(deadline));
            else
                pump(); // Those in use may not even be sent.
        }
    }

    /// Waits for the reply to a request that was begun or queued. Whatever comes out, the request
    /// is over.
    Result<std::string_view> finish(Session::Ticket ticket, Deadline deadline)
    {
        if (!session_.is_done(ticket))
            pump();
        while (!session_.is_done(ticket)) {
            if (auto const waited = wait(deadline); !waited && !session_.is_done(ticket)) {
                session_.abandon(ticket);
                return Failure{waited.error()};
            }
        }
        auto const reply = session_.collect(ticket);
        trace(
            hypervisor_, Topic::store, "#", ticket,
            reply ? " = " : " failed: ", reply ? *reply : describe(reply.error()));
        return reply;
    }

    /// Waits until something happened here: a reply, an event, or a failure.
    Result<> wait(Deadline deadline)
    {
        Deadline const check = deadline.no_later_than(hypervisor_.now() + check_interval);
        auto const waited = lodger::wait(hypervisor_, changed_, check);
        LODGER_TRY(health());
        if (!waited && (check.at == deadline.at || waited.error() != Errc::timed_out))
            return waited;
        return {};
    }

    /// Has everybody who waits here look again at what they wait for.
    void wake() { hypervisor_.wake(changed_); }

    /// Moves bytes both ways until neither ring has anything to do.
    void pump()
    {
        Moved moved;
        while (true) {
            auto const step = exchange_bytes();
            if (!step)
                fail(step.error());
            if (!step || step->sent + step->received == 0)
                break;
            moved.sent += step->sent;
            moved.received += step->received;
        }
        unannounced_ += moved.received;
        if (moved.sent > 0 || unannounced_ >= announce_after)
            notify();
        if (moved.sent + moved.received > 0)
            hypervisor_.wake(changed_);
    }

private:
    /// Bytes moved, in either direction.
    struct Moved {
        std::size_t sent = 0;
        std::size_t received = 0;
    };

    /// After so many bytes received the daemon is told that there is room again. It waits for that
    /// only when it finds the ring full, and then we receive a whole ring from what it saw on; so
    /// an ordinary reply costs it no event.
    static constexpr std::size_t announce_after = sizeof(Page::rsp) / 2;

    bool can_reconnect() const { return server_features() & XENSTORE_SERVER_FEATURE_RECONNECTION; }

    /// Waits until the daemon has emptied the rings, and begins anew with them. Until then nothing
    /// in the page but its `connection` means anything.
    Result<> reopen(Deadline deadline)
    {
        fail(Errc::disconnected);
        LODGER_TRY(hypervisor_.notify(port_));
        while (Memory::load_acquire(page_.connection) != XENSTORE_CONNECTED) {
            Deadline const check = deadline.no_later_than(hypervisor_.now() + check_interval);
            auto const waited = lodger::wait(hypervisor_, changed_, check);
            if (!waited && (check.at == deadline.at || waited.error() != Errc::timed_out))
                return waited;
        }
        requests_ = {page_.req, page_.req_prod, page_.req_cons};
        replies_ = {page_.rsp, page_.rsp_cons, page_.rsp_prod};
        error_at_start_ = Memory::load_relaxed(page_.error);
        session_.restart();
        failed_.reset();
        ++epoch_;
        return {};
    }

    void trace_request(Session::Ticket ticket, Request const& request)
    {
        auto const& p = request.pieces;
        trace(
            hypervisor_, Topic::store, "#", ticket, " ", name(request.type), " tx ",
            request.transaction, " ", p[0], p[1], p[2], p[3], p[4], p[5]);
    }

    Result<Moved> exchange_bytes()
    {
        LODGER_TRY(health());
        std::size_t const sent = LODGER_TRY(requests_.write(session_.outgoing()));
        session_.sent(sent);
        std::size_t const received = LODGER_TRY(replies_.read(session_.incoming()));
        LODGER_TRY(session_.received(received));
        return Moved{sent, received};
    }

    /// Whether the daemon still serves us. It says otherwise in `error`; where it does not
    /// advertise that field (4.17 writes it all the same) a value from before us means nothing.
    Result<> health()
    {
        if (failed_)
            return Failure{*failed_};
        std::uint32_t const error = Memory::load_relaxed(page_.error);
        bool const advertised =
            Memory::load_relaxed(page_.server_features) & XENSTORE_SERVER_FEATURE_ERROR;
        if (error == XENSTORE_ERROR_NONE || (!advertised && error == error_at_start_))
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
    Page& page_;
    Port port_;
    ring::ByteProducer<Memory> requests_;
    ring::ByteConsumer<Memory> replies_;
    Session session_;
    WaitQueue changed_;
    std::uint32_t error_at_start_;
    std::uint32_t epoch_ = 0;
    std::size_t unannounced_ = 0; ///< bytes received since the daemon was last notified
    std::optional<Errc> failed_;
};

} // namespace lodger::store
