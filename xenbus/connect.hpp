#pragma once

#include <lodger/xenbus/other_end.hpp>

namespace lodger::xenbus {

/// Follows the other end until `settled()`, taking each step of the handshake that it allows.
/// @return `timed_out` when the deadline passed first; whatever a step failed with
template <Hypervisor H, FrontendDriver Driver, std::predicate Settled>
Result<>
follow(Frontend<Driver>& frontend, OtherEnd<H>& other_end, Deadline deadline, Settled settled)
{
    while (true) {
        LODGER_TRY(frontend.peer_is(LODGER_TRY(other_end.look(deadline))));
        if (settled())
            return {};
        LODGER_TRY(other_end.wait(deadline));
    }
}

/// Brings a frontend to Connected.
/// @return `disconnected` if the other end closed instead
template <Hypervisor H, FrontendDriver Driver>
Result<> connect(Frontend<Driver>& frontend, OtherEnd<H>& other_end, Deadline deadline)
{
    auto const is_past_connecting = [&] { return frontend.state() >= State::connected; };
    LODGER_TRY(follow(frontend, other_end, deadline, is_past_connecting));
    return frontend.state() == State::connected ? Result<>{} : Failure{Errc::disconnected};
}

/// Takes a frontend to Closed and its link back: ours Closing, its Closing, ours Closed, its
/// Closed. An other end that does not answer costs the time until the deadline, half for each of
/// its answers, and then whatever it still has mapped is quarantined.
/// @return `timed_out` in that case; the frontend is released all the same
template <Hypervisor H, FrontendDriver Driver>
Result<>
disconnect(H& hypervisor, Frontend<Driver>& frontend, OtherEnd<H>& other_end, Deadline deadline)
{
    Instant const now = hypervisor.now();
    Deadline const half{deadline.is_never() ? deadline.at : now + (deadline.at - now) / 2};
    auto const is_closed = [&] { return frontend.state() == State::closed; };
    auto const is_released = [&] { return frontend.is_released(); };

    Result<> outcome = frontend.close();
    if (outcome)
        outcome = follow(frontend, other_end, half, is_closed);
    if (!outcome)
        outcome = frontend.close_regardless();
    if (outcome)
        outcome = follow(frontend, other_end, deadline, is_released);
    frontend.release();
    return outcome;
}

/// What the frontend waits for, in words.
template <FrontendDriver Driver>
std::string_view waiting_for(Frontend<Driver> const& frontend)
{
    switch (frontend.state()) {
    case State::initialising: return "the backend to be ready (InitWait)";
    case State::initialised: return "the backend to connect (Connected)";
    case State::closing: return "the backend to close (Closing)";
    case State::closed: return frontend.is_released() ? "" : "the backend to let go (Closed)";
    case State::unknown:
    case State::init_wait:
    case State::connected:
    case State::reconfiguring:
    case State::reconfigured: return "";
    }
    return "";
}

} // namespace lodger::xenbus
