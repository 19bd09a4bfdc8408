#pragma once

#include <lodger/tests/sim/domain.hpp>
#include <lodger/tests/sim/store/transaction.hpp>

#include <deque>
#include <optional>
#include <vector>

namespace lodger::sim {

/// Thrown where the daemon's process ends.
struct DaemonDied {};

/// A message as it came, its payload whole.
struct StoreMessage {
    store::Header header;
    std::string payload;
};

struct RegisteredWatch {
    std::string path; ///< absolute
    std::string token;
    bool is_relative;                   ///< its events name paths relative to the domain's home
    std::optional<std::size_t> depth{}; ///< how many levels below the path count

    /// Whether a change of a node, and what is below it, is an event of this watch.
    bool covers(Change const& change) const;
};

/// The daemon's end of one domain's connection: bytes to messages and back, over the two rings of
/// its page, and what the domain has registered. Written apart from the library's rings, so that
/// one mistake does not hide another.
class StoreConnection {
public:
    StoreConnection(World& world, Domain& client, Port port);

    Domain& client() const { return client_; }
    Port port() const { return port_; }
    std::string home() const { return "/local/domain/" + std::to_string(client_.id().value); }

    /// Takes bytes from the client.
    /// @return whether there were any
    bool receive();
    /// The next message that is complete.
    std::optional<StoreMessage> next();

    /// Queues a message for the client; it is sent some time after now.
    void reply(store::Header const& request, std::uint32_t type, std::string_view payload);
    void event(RegisteredWatch const& watch, std::string_view path);

    /// Puts what is due into the ring.
    /// @return whether anything went
    bool send();
    /// When there will be something to send.
    Instant next_due() const;

    /// Messages queued that answer a request.
    std::size_t replies_waiting() const;

    /// Begins anew, when the client asks for that and the page offers it.
    /// @return whether it did
    bool restart_if_asked();

    /// Begins with the page as it is, knowing nothing of what was before: for another daemon.
    void take_over();

    /// The client's domain is no more.
    void drop();

    /// Gives up on the client, as the daemon does after a breach of the protocol: sets `error`,
    /// and is silent for ever.
    void give_up(std::uint32_t error);
    bool is_dead() const { return dead_; }

    std::vector<RegisteredWatch> watches;
    std::vector<OpenTransaction> transactions;

private:
    struct Outgoing {
        Instant due;
        bool is_event;
        std::string bytes;
    };

    void queue(bool is_event, store::Header const& header, std::string_view payload);
    bool choose();
    /// A point at which the daemon may die.
    void step();
    void forget();

    World& world_;
    Domain& client_;
    Port port_;
    store::Page& page_;
    std::uint32_t req_cons_;
    std::uint32_t rsp_prod_;
    std::string input_;
    std::deque<Outgoing> queue_;
    std::string sending_; ///< the rest of a message that has begun
    bool dead_ = false;
    bool reorders_; ///< whether this seed's daemon answers out of order
};

} // namespace lodger::sim
