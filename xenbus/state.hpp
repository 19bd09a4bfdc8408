#pragma once

#include <lodger/core/text.hpp>
#include <lodger/xenbus/abi.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace lodger::xenbus {

/// What one end of a device says of itself in its `state` key (xen/include/public/io/xenbus.h).
enum class State : std::uint8_t {
    unknown = XenbusStateUnknown,
    initialising = XenbusStateInitialising,
    init_wait = XenbusStateInitWait,
    initialised = XenbusStateInitialised,
    connected = XenbusStateConnected,
    closing = XenbusStateClosing,
    closed = XenbusStateClosed,
    reconfiguring = XenbusStateReconfiguring,
    reconfigured = XenbusStateReconfigured,
};

/// Xen's name of a state, as in xenbus.h without its prefix.
constexpr std::string_view name(State state)
{
    switch (state) {
    case State::unknown: return "Unknown";
    case State::initialising: return "Initialising";
    case State::init_wait: return "InitWait";
    case State::initialised: return "Initialised";
    case State::connected: return "Connected";
    case State::closing: return "Closing";
    case State::closed: return "Closed";
    case State::reconfiguring: return "Reconfiguring";
    case State::reconfigured: return "Reconfigured";
    }
    return "Unknown";
}

/// What XenStore holds in a `state` key, as a state; anything that is none reads as `unknown`.
inline State state_of(std::string_view text)
{
    auto const number = parse<unsigned>(text);
    return number && *number <= XenbusStateReconfigured ? static_cast<State>(*number)
                                                        : State::unknown;
}

/// The text that stands for a state in XenStore: one digit.
constexpr std::string_view text_of(State state)
{
    constexpr std::string_view digits = "012345678";
    return digits.substr(static_cast<std::size_t>(state), 1);
}

/// Which end of a device somebody is.
enum class Role : std::uint8_t { frontend, backend };

struct Edge {
    Role role;
    State from;
    State to;
};

/// Every step that either end may take (xen/include/public/io/blkif.h, "STATE DIAGRAMS", with the
/// ways out that the diagrams leave to the reader). The machines of both roles, the tests and the
/// models read this one table.
inline constexpr std::array legal_edges = {
    Edge{Role::frontend, State::initialising, State::initialised},
    Edge{Role::frontend, State::initialising, State::closed},
    Edge{Role::frontend, State::initialised, State::connected},
    Edge{Role::frontend, State::initialised, State::closing},
    Edge{Role::frontend, State::connected, State::closing},
    Edge{Role::frontend, State::closing, State::closed},
    Edge{Role::frontend, State::closed, State::initialising},

    Edge{Role::backend, State::initialising, State::init_wait},
    Edge{Role::backend, State::initialising, State::initialised},
    Edge{Role::backend, State::initialising, State::closing},
    Edge{Role::backend, State::init_wait, State::connected},
    Edge{Role::backend, State::init_wait, State::closing},
    Edge{Role::backend, State::initialised, State::connected},
    Edge{Role::backend, State::initialised, State::closing},
    Edge{Role::backend, State::connected, State::reconfiguring},
    Edge{Role::backend, State::connected, State::closing},
    Edge{Role::backend, State::reconfiguring, State::reconfigured},
    Edge{Role::backend, State::reconfiguring, State::closing},
    Edge{Role::backend, State::reconfigured, State::connected},
    Edge{Role::backend, State::reconfigured, State::closing},
    Edge{Role::backend, State::closing, State::closed},
    Edge{Role::backend, State::closed, State::init_wait},
};

constexpr bool is_legal(Role role, State from, State to)
{
    return std::ranges::any_of(legal_edges, [=](Edge edge) {
        return edge.role == role && edge.from == from && edge.to == to;
    });
}

// Linux's backend takes these from a frontend as fatal errors; no role ever says Unknown.
static_assert(std::ranges::none_of(legal_edges, [](Edge edge) {
    return edge.role == Role::frontend &&
           (edge.to == State::init_wait || edge.to == State::reconfiguring ||
            edge.to == State::reconfigured);
}));
static_assert(std::ranges::none_of(legal_edges, [](Edge edge) {
    return edge.to == State::unknown;
}));

} // namespace lodger::xenbus
