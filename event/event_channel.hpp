#pragma once

#include <lodger/core/hypervisor.hpp>
#include <lodger/core/owned.hpp>

namespace lodger::event {

/// A port, which means nothing any more once the domain was restored.
struct BoundPort {
    Port port;
    std::uint32_t incarnation = 0;
};

template <Hypervisor H>
void give_up_port(H& hypervisor, BoundPort bound)
{
    if (bound.incarnation != hypervisor.incarnation())
        return; // Its number may be another channel's now.
    hypervisor.unlisten(bound.port);
    // Fails only for a port that is not ours, and then there is nothing to give back.
    static_cast<void>(hypervisor.close(bound.port));
}

/// Our end of an event channel. Owns the port, and the place of its listener in the loop: both
/// are given up together, so no event reaches an object that is gone. Peer: the domain named when
/// it was made, which can raise the port whenever it likes.
template <Hypervisor H>
class EventChannel {
public:
    /// A new port that `remote` may bind (EVTCHNOP_alloc_unbound).
    static Result<EventChannel> allocate(H& hypervisor, Domain remote)
    {
        return EventChannel{hypervisor, LODGER_TRY(hypervisor.alloc_unbound(remote))};
    }

    /// A new port bound to one that `remote` has allocated for us (EVTCHNOP_bind_interdomain).
    static Result<EventChannel> bind(H& hypervisor, Domain remote, Port remote_port)
    {
        return EventChannel{
            hypervisor, LODGER_TRY(hypervisor.bind_interdomain(remote, remote_port))};
    }

    Port port() const { return owned_.handle().port; }

    /// Calls `listener` from the loop for every event from now on; at most one per port.
    Result<void> listen(Listener listener) { return owned_.provider().listen(port(), listener); }

    /// Raises the event at the other end (EVTCHNOP_send).
    /// @return `disconnected` if the domain was restored since
    Result<void> notify()
    {
        if (owned_.handle().incarnation != owned_.provider().incarnation()) [[unlikely]]
            return Failure{Errc::disconnected};
        return owned_.provider().notify(port());
    }

private:
    EventChannel(H& hypervisor, Port port) : owned_{hypervisor, {port, hypervisor.incarnation()}} {}

    Owned<H, BoundPort, give_up_port<H>> owned_;
};

} // namespace lodger::event
