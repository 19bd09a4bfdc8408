#pragma once

#include <lodger/core/hypervisor.hpp>
#include <lodger/ring/bytes.hpp>
#include <lodger/store/session.hpp>

namespace lodger::store {

/// A session's bytes on the page and the port that Xen gave the domain for XenStore. Borrows both:
/// they were there before us and stay (the port is never closed). It waits for nothing. Peer: the
/// daemon. Source: docs/misc/xenstore-ring.txt.
template <Hypervisor H>
class Transport {
    using Memory = H::Memory;

public:
    Transport(H& hypervisor, Page& page, Port port)
        : hypervisor_{hypervisor},
          page_{page},
          port_{port},
          requests_{page.req, page.req_prod, page.req_cons},
          replies_{page.rsp, page.rsp_cons, page.rsp_prod},
          error_at_start_{Memory::load_relaxed(page.error)}
    {
    }
    Transport(Transport const&) = delete;
    Transport& operator=(Transport const&) = delete;

    Port port() const { return port_; }
    std::uint32_t server_features() const { return Memory::load_relaxed(page_.server_features); }
    bool can_begin_anew() const { return server_features() & XENSTORE_SERVER_FEATURE_RECONNECTION; }

    /// Whether the daemon still serves us. It says otherwise in `error`; where it does not
    /// advertise that field (4.17 writes it all the same) a value from before us means nothing.
    bool is_served() const
    {
        std::uint32_t const error = Memory::load_relaxed(page_.error);
        bool const advertised = server_features() & XENSTORE_SERVER_FEATURE_ERROR;
        return error == XENSTORE_ERROR_NONE || (!advertised && error == error_at_start_);
    }

    /// Asks the daemon to begin anew. Until it has done so, and emptied the rings, nothing in the
    /// page but that means anything.
    void ask_to_begin_anew() { Memory::store_release(page_.connection, XENSTORE_RECONNECT); }
    bool has_begun_anew() const
    {
        return Memory::load_acquire(page_.connection) == XENSTORE_CONNECTED;
    }
    /// Takes the rings as they are found now.
    void restart()
    {
        requests_ = {page_.req, page_.req_prod, page_.req_cons};
        replies_ = {page_.rsp, page_.rsp_cons, page_.rsp_prod};
        error_at_start_ = Memory::load_relaxed(page_.error);
    }

    /// Moves bytes both ways until neither ring has anything to do; but a daemon that sends without
    /// end does not keep us here. After a whole ring, all that was in it at the beginning has been
    /// received, and what came since has raised an event that brings us back.
    /// @param failure receives why it went no further: `protocol`, or `disconnected`
    /// @return whether anything moved
    bool exchange(Session& session, std::optional<Errc>& failure)
    {
        Moved moved;
        while (true) {
            auto const step = exchange_once(session, moved.received < sizeof(Page::rsp));
            if (!step)
                failure = step.error();
            if (!step || step->sent + step->received == 0)
                break;
            moved.sent += step->sent;
            moved.received += step->received;
        }
        unannounced_ += moved.received;
        // That it fails means nothing: the daemon's end is Xen's to keep.
        if (moved.sent > 0 || unannounced_ >= announce_after)
            static_cast<void>(notify());
        return moved.sent + moved.received > 0;
    }

    Result<> notify()
    {
        unannounced_ = 0;
        return hypervisor_.notify(port_);
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

    Result<Moved> exchange_once(Session& session, bool receives)
    {
        if (!is_served())
            return Failure{Errc::disconnected};
        Moved moved;
        moved.sent = LODGER_TRY(requests_.write(session.outgoing()));
        session.sent(moved.sent);
        if (receives) {
            moved.received = LODGER_TRY(replies_.read(session.incoming()));
            LODGER_TRY(session.received(moved.received));
        }
        return moved;
    }

    H& hypervisor_;
    Page& page_;
    Port port_;
    ring::ByteProducer<Memory> requests_;
    ring::ByteConsumer<Memory> replies_;
    std::uint32_t error_at_start_;
    std::size_t unannounced_ = 0; ///< bytes received since the daemon was last notified
};

} // namespace lodger::store
