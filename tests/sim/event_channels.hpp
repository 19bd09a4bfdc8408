#pragma once

#include <lodger/core/ids.hpp>

#include <cstdint>
#include <vector>

namespace lodger::sim {

class Domain;
class World;

/// The ports of one domain as Xen keeps them.
struct Channel {
    enum class State : std::uint8_t { closed, unbound, bound };

    State state = State::closed;
    lodger::Domain remote;     ///< who may bind it, or has
    std::uint32_t remote_port; ///< when bound
};

/// Xen's part of event channels. Every function is one hypercall of `caller` and answers as Xen
/// does, with a port or zero, or an errno below zero (xen/common/event_channel.c).
class EventChannels {
public:
    static constexpr std::uint32_t most_ports = 1024; ///< Xen has 4096; fewer make a world cheaper

    explicit EventChannels(World& world) : world_{world} {}

    long alloc_unbound(Domain& caller, lodger::Domain remote);
    long bind_interdomain(Domain& caller, lodger::Domain remote, Port remote_port);
    long close(Domain& caller, Port port);
    long send(Domain& caller, Port port);
    /// What becomes of the ports of a domain that is no more.
    void close_all(Domain& dead);

private:
    static long free_port(Domain& domain);
    void deliver(Domain& domain, std::uint32_t port);

    World& world_;
};

} // namespace lodger::sim
