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

    /// Moves what fits, once each way.
    /// @param begins_messages whether more may be sent than the rest of a message that has begun
    Result<Moved> exchange(Session& session, bool begins_messages)
    {
        auto const outgoing = begins_messages ? session.outgoing() : session.begun();
        std::size_t const sent = LODGER_TRY(requests_.write(outgoing));
        session.sent(sent);
        std::size_t const received = LODGER_TRY(replies_.read(session.incoming()));
        LODGER_TRY(session.received(received));
        return Moved{sent, received};
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
    Page* page_;
    ring::ByteProducer<Memory> requests_;
    ring::ByteConsumer<Memory> replies_;
    std::uint32_t error_at_start_;
};

} // namespace lodger::store
