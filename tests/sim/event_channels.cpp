#include <lodger/tests/sim/world.hpp>

#include <cerrno>

namespace lodger::sim {

long EventChannels::free_port(Domain& domain)
{
    for (std::uint32_t port = 1; port < most_ports; ++port) {
        if (domain.channels_[port].state == Channel::State::closed)
            return port;
    }
    return -ENOSPC;
}

long EventChannels::alloc_unbound(Domain& caller, lodger::Domain remote)
{
    long const port = free_port(caller);
    if (port > 0)
        caller.channels_[static_cast<std::size_t>(port)] = {Channel::State::unbound, remote, 0};
    return port;
}

long EventChannels::bind_interdomain(Domain& caller, lodger::Domain remote, Port remote_port)
{
    Domain* const other = world_.find(remote);
    if (!other)
        return -ESRCH;
    if (remote_port.value >= most_ports)
        return -EINVAL;
    Channel& far = other->channels_[remote_port.value];
    if (far.state != Channel::State::unbound || far.remote != caller.id())
        return -EINVAL;
    long const port = free_port(caller);
    if (port < 0)
        return port;
    auto const near = static_cast<std::uint32_t>(port);
    caller.channels_[near] = {Channel::State::bound, remote, remote_port.value};
    far = {Channel::State::bound, caller.id(), near};
    caller.raise(near); // The other end may have raised it before there was somebody to see it.
    return port;
}

long EventChannels::close(Domain& caller, Port port)
{
    if (port.value >= most_ports)
        return -EINVAL;
    Channel& near = caller.channels_[port.value];
    if (near.state == Channel::State::closed)
        return -EINVAL;
    Domain* const other = world_.find(near.remote);
    if (near.state == Channel::State::bound && other)
        other->channels_[near.remote_port] = {Channel::State::unbound, caller.id(), 0};
    near.state = Channel::State::closed;
    caller.clear(port.value);
    return 0;
}

long EventChannels::send(Domain& caller, Port port)
{
    if (port.value >= most_ports)
        return -EINVAL;
    Channel const& near = caller.channels_[port.value];
    if (near.state == Channel::State::closed)
        return -EINVAL;
    Domain* const other = world_.find(near.remote);
    if (near.state == Channel::State::bound && other)
        deliver(*other, near.remote_port);
    return 0;
}

void EventChannels::deliver(Domain& domain, std::uint32_t port)
{
    if (!domain.faults().strikes(Fault::event_late))
        return domain.raise(port);
    Duration const late = world_.random().up_to(std::chrono::milliseconds{20});
    world_.after(late, [&domain, port] {
        if (!domain.is_dead() && domain.channels_[port].state != Channel::State::closed)
            domain.raise(port);
    });
}

void EventChannels::close_all(Domain& dead)
{
    for (std::uint32_t port = 1; port < most_ports; ++port)
        close(dead, Port{port});
}

} // namespace lodger::sim
