#pragma once

#include <lodger/ring/bytes.hpp>
#include <lodger/store/session.hpp>

namespace lodger::store {

/// Bytes moved, in either direction.
struct Moved {
    std::size_t sent = 0;
    std::size_t received = 0;
};

/// The page that the domain shares with XenStore's daemon: bytes both ways, and what the daemon
/// says of itself. Borrows the page. Source: docs/misc/xenstore-ring.txt.
template <SharedAccess Memory>
class Transport {
public:
    /// Begins where the page's indices stand.
    explicit Transport(Page& page)
        : page_{&page},
          requests_{page.req, page.req_prod, page.req_cons},
          replies_{page.rsp, page.rsp_cons, page.rsp_prod},
          error_at_start_{Memory::load_relaxed(page.error)}
    {
    }

    Page& page() const { return *page_; }

    /// What the daemon offers, as bits.
    std::uint32_t server_features() const { return Memory::load_relaxed(page_->server_features); }

    bool can_reconnect() const { return server_features() & XENSTORE_SERVER_FEATURE_RECONNECTION; }
    bool is_connected() const
    {
        return Memory::load_acquire(page_->connection) == XENSTORE_CONNECTED;
    }
    void ask_to_reconnect() { Memory::store_release(page_->connection, XENSTORE_RECONNECT); }

    /// Whether the daemon serves us no longer. It says so in `error`; where it does not advertise
    /// that field (4.17 writes it all the same) a value from before us means nothing.
    bool has_given_up() const
    {
        std::uint32_t const error = Memory::load_relaxed(page_->error);
        bool const advertised = server_features() & XENSTORE_SERVER_FEATURE_ERROR;
        return error != XENSTORE_ERROR_NONE && (advertised || error != error_at_start_);
    }

    /// Moves bytes both ways until neither ring has anything to do; but a daemon that sends without
    /// end does not keep us here. After a whole ring, all that was in it at the beginning has been
    /// received, and what came since has raised an event that brings us back.
    /// @param begins_messages whether more may be sent than the rest of a message that has begun
    /// @param moved receives how much, also when it fails
    Result<> exchange(Session& session, bool begins_messages, Moved& moved)
    {
        while (!has_given_up()) {
            bool const receives = moved.received < sizeof(Page::rsp);
            Moved const step = LODGER_TRY(exchange_once(session, begins_messages, receives));
            moved.sent += step.sent;
            moved.received += step.received;
            if (step.sent + step.received == 0)
                return {};
        }
        return Failure{Errc::disconnected};
    }

    /// Whether the daemon has taken everything.
    bool is_drained() const { return requests_.drained(); }

    /// Begins with a page on which another daemon, or the same after it forgot us, goes on: what
    /// its predecessor said and nobody has read means nothing.
    static Transport take_over(Page& page)
    {
        Memory::store_release(page.rsp_cons, Memory::load_acquire(page.rsp_prod));
        return Transport{page};
    }

private:
    /// Moves what fits, once each way.
    Result<Moved> exchange_once(Session& session, bool begins_messages, bool receives)
    {
        auto const outgoing = begins_messages ? session.outgoing() : session.begun();
        Moved moved{.sent = LODGER_TRY(requests_.write(outgoing))};
        session.sent(moved.sent);
        if (receives) {
            moved.received = LODGER_TRY(replies_.read(session.incoming()));
            LODGER_TRY(session.received(moved.received));
        }
        return moved;
    }

    Page* page_;
    ring::ByteProducer<Memory> requests_;
    ring::ByteConsumer<Memory> replies_;
    std::uint32_t error_at_start_;
};

} // namespace lodger::store
