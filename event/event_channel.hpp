#pragma once

#include <lodger/core/hypervisor.hpp>
#include <lodger/core/owned.hpp>

namespace lodger::event {

template <Hypervisor H>
void give_up_port(H& hypervisor, Port port)
{
    hypervisor.unlisten(port);
    // Fails only for a port that is not ours, and then there is nothing to give back.
    static_cast<void>(hypervisor.close(port));
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

    Port port() const { return owned_.handle(); }

    /// Calls `listener` from the loop for every event from now on; at most one per port.
    Result<void> listen(Listener listener) { return owned_.provider().listen(port(), listener); }

    /// Raises the event at the other end (EVTCHNOP_send).
    Result<void> notify() { return owned_.provider().notify(port()); }

private:
    EventChannel(H& hypervisor, Port port) : owned_{hypervisor, port} {}

    Owned<H, Port, give_up_port<H>> owned_;
};

} // namespace lodger::event
