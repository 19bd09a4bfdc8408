#pragma once

#include <lodger/tests/model/handshake.hpp>

namespace lodger::model {

/// What the shell, `xenbus/life.hpp`, asks of the frontend machine.
enum class FrontendCall : std::uint8_t {
    none,
    begin,
    look,
    close,
    close_regardless,
    let_go,
    release
};

struct FrontendState {
    // What XenStore shows, and what is so.
    std::uint8_t own = absent;
    std::uint8_t peer = absent;
    std::uint8_t is_named = 0;  ///< our directory names the other end that we know
    Generation keys{};          ///< whose ring is offered in our directory
    Generation joined{};        ///< what the backend has joined
    Generation said_for{};      ///< what the backend had joined when it said Connected
    std::uint8_t is_mapped = 0; ///< somebody has the live link's pages
    Held held{};
    // The shell.
    std::uint8_t published = absent; ///< what we know our `state` key to hold
    std::uint8_t has_found = 0;
    std::uint8_t is_ending = 0; ///< it will not begin anew
    Generation seen_for{};      ///< `said_for` at the last look
    // The machine, at the last call's end.
    std::uint8_t phase = byte_of(initialising);
    std::uint8_t has_link = 0;
    std::uint8_t is_lost = 0;
    std::uint8_t is_fresh = 1; ///< it has not begun anew
    // The call that is under way.
    FrontendCall call{};
    Conductor::Accesses accesses;

    bool operator==(FrontendState const&) const = default;

    /// What was about the live link is about one of the past.
    void outdate_link()
    {
        for (Generation* const each : {&keys, &joined, &said_for, &seen_for}) {
            if (*each == Generation::live)
                *each = Generation::stale;
        }
    }
};

struct FrontendStep {
    enum class Kind : std::uint8_t {
        call,
        say,
        vanish,
        join,
        unmap,
        remove,
        replace,
        leave_behind,
        stop
    };
    Kind kind{};
    std::uint8_t which = 0;   ///< the call, the saying, or whether it is the same backend
    std::uint8_t outcome = 0; ///< of a call's access
};

/// The frontend's world: a backend and a toolstack that do as they like, at any time.
class FrontendWorld {
    using State = FrontendState;
    using Kind = FrontendStep::Kind;

public:
    /// @param is_honest the backend says Connected only of what it has joined, and joins only what
    /// is on offer; else it skips, repeats, jumps and crashes all the same
    /// @param found called as `found(step, state)`
    template <class Found>
    static void for_each_move(State const& state, bool is_honest, Found found)
    {
        auto const move = [&](Kind kind, std::uint8_t which, auto change) {
            State after = state;
            change(after);
            found(FrontendStep{kind, which}, after);
        };
        for_each_saying(state, is_honest, move);
        for_each_joining(state, move);
        for_each_device(state, move);
    }

    static std::string name(FrontendStep step)
    {
        switch (step.kind) {
        case Kind::call: return "we " + std::string{name(static_cast<FrontendCall>(step.which))};
        case Kind::say: return "backend says " + std::string{sayings[step.which]};
        case Kind::vanish: return "backend vanishes";
        case Kind::join: return "backend joins what is offered";
        case Kind::unmap: return "backend lets go of what it has joined";
        case Kind::remove: return "toolstack removes the device";
        case Kind::replace:
            return step.which ? "toolstack makes a device with the same backend"
                              : "toolstack makes a device with another backend";
        case Kind::leave_behind: return "a guest before us leaves the backend Connected";
        case Kind::stop: return "we are to end";
        }
        return "";
    }

private:
    static bool is_open(State const& state)
    {
        return state.own == byte_of(initialised) || state.own == byte_of(connected);
    }

    /// An honest backend is Connected to what is on offer when it says so; it may go on saying so.
    static bool may_honestly_connect(State const& state)
    {
        bool const has_joined = state.joined != Generation::none && state.joined == state.keys;
        return state.peer == byte_of(connected) || (has_joined && is_open(state));
    }

    template <class Move>
    static void for_each_saying(State const& state, bool is_honest, Move move)
    {
        for (std::uint8_t which = 0; which < sayings.size(); ++which) {
            auto const said = xenbus::state_of(sayings[which]);
            bool const connects = said == connected;
            if (connects && is_honest && !may_honestly_connect(state))
                continue;
            move(Kind::say, which, [&](State& after) {
                if (!connects)
                    after.said_for = Generation::none;
                else if (state.peer != byte_of(connected))
                    after.said_for = after.joined;
                after.peer = byte_of(said);
            });
        }
        move(Kind::vanish, 0, [](State& after) {
            after.peer = absent;
            after.said_for = Generation::none;
        });
    }

    template <class Move>
    static void for_each_joining(State const& state, Move move)
    {
        if (is_open(state) && state.keys != Generation::none)
            move(Kind::join, 0, [](State& after) {
                after.joined = after.keys;
                if (after.keys == Generation::live)
                    after.is_mapped = 1;
            });
        if (state.joined != Generation::none || state.is_mapped)
            move(Kind::unmap, 0, [](State& after) {
                after.joined = Generation::none;
                after.is_mapped = 0;
            });
    }

    /// What the toolstack does to the device as a whole; a backend that is replaced keeps what it
    /// has mapped until it lets go.
    template <class Move>
    static void for_each_device(State const& state, Move move)
    {
        move(Kind::remove, 0, [](State& after) {
            after.own = absent;
            after.is_named = 0;
            after.keys = Generation::none;
        });
        for (std::uint8_t const named : {0, 1})
            move(Kind::replace, named, [&](State& after) {
                after.own = after.peer = byte_of(initialising);
                after.is_named = named;
                after.keys = after.joined = after.said_for = Generation::none;
            });
        if (!state.has_found)
            move(Kind::leave_behind, 0, [](State& after) {
                after.own = byte_of(closed);
                after.peer = byte_of(connected);
                after.keys = after.joined = after.said_for = Generation::stale;
            });
    }

    static std::string_view name(FrontendCall call)
    {
        switch (call) {
        case FrontendCall::none: break;
        case FrontendCall::begin: return "begin";
        case FrontendCall::look: return "look";
        case FrontendCall::close: return "close";
        case FrontendCall::close_regardless: return "close regardless";
        case FrontendCall::let_go: return "let go";
        case FrontendCall::release: return "release";
        }
        return "";
    }
};

} // namespace lodger::model
