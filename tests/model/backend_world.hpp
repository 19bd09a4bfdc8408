#pragma once

#include <lodger/tests/model/handshake.hpp>
#include <lodger/xenbus/backend_driver.hpp>

namespace lodger::model {

/// What the shell, `xenbus/server.hpp`, asks of the backend machine.
enum class BackendCall : std::uint8_t { none, look, fail, close, announce, reconfigure, release };

struct BackendState {
    // What XenStore shows, and what is so.
    std::uint8_t own = absent;
    std::uint8_t peer = absent;
    xenbus::Hotplug hotplug{};
    std::uint8_t is_over = 0; ///< the shell has ended
    Held held{};
    // The machine, at the last call's end.
    std::uint8_t phase = byte_of(initialising);
    std::uint8_t has_link = 0;
    Generation joined{};     ///< whether the link is of what is on offer now
    std::uint8_t is_old = 0; ///< it was not, when the shell last looked
    // The call that is under way.
    BackendCall call{};
    Conductor::Accesses accesses;

    bool operator==(BackendState const&) const = default;
};

struct BackendStep {
    enum class Kind : std::uint8_t { call, say, vanish, offer, hotplug, remove };
    Kind kind{};
    std::uint8_t which = 0;   ///< the call, the saying, or the status
    std::uint8_t outcome = 0; ///< of a call's access
};

/// The backend's world: a frontend, a toolstack and a hotplug script that do as they like, at any
/// time.
class BackendWorld {
    using State = BackendState;
    using Kind = BackendStep::Kind;

public:
    /// @param is_honest the frontend offers anew only while it says neither Initialised nor
    /// Connected
    /// @param found called as `found(step, state)`
    template <class Found>
    static void for_each_move(State const& state, bool is_honest, Found found)
    {
        auto const move = [&](Kind kind, std::uint8_t which, auto change) {
            State after = state;
            change(after);
            found(BackendStep{kind, which}, after);
        };
        for (std::uint8_t which = 0; which < sayings.size(); ++which)
            move(Kind::say, which, [&](State& after) {
                after.peer = byte_of(xenbus::state_of(sayings[which]));
            });
        move(Kind::vanish, 0, [](State& after) { after.peer = absent; });
        bool const is_open = state.peer == byte_of(initialised) || state.peer == byte_of(connected);
        if (!is_honest || !is_open)
            move(Kind::offer, 0, [](State& after) {
                if (after.joined == Generation::live)
                    after.joined = Generation::stale;
            });
        for (auto const status :
             {xenbus::Hotplug::pending, xenbus::Hotplug::connected, xenbus::Hotplug::failed})
            move(Kind::hotplug, static_cast<std::uint8_t>(status), [&](State& after) {
                after.hotplug = status;
            });
        move(Kind::remove, 0, [](State& after) { after.own = absent; });
    }

    static std::string name(BackendStep step)
    {
        switch (step.kind) {
        case Kind::call: return "we " + std::string{name(static_cast<BackendCall>(step.which))};
        case Kind::say: return "frontend says " + std::string{sayings[step.which]};
        case Kind::vanish: return "frontend vanishes";
        case Kind::offer: return "frontend offers another ring";
        case Kind::hotplug:
            return "medium is " + std::string{name(static_cast<xenbus::Hotplug>(step.which))};
        case Kind::remove: return "toolstack removes the device";
        }
        return "";
    }
    static std::string_view name(xenbus::Hotplug hotplug)
    {
        switch (hotplug) {
        case xenbus::Hotplug::pending: return "pending";
        case xenbus::Hotplug::connected: return "there";
        case xenbus::Hotplug::failed: return "failed";
        }
        return "";
    }

private:
    static std::string_view name(BackendCall call)
    {
        switch (call) {
        case BackendCall::none: break;
        case BackendCall::look: return "look";
        case BackendCall::fail: return "fail";
        case BackendCall::close: return "close";
        case BackendCall::announce: return "announce";
        case BackendCall::reconfigure: return "reconfigure";
        case BackendCall::release: return "release";
        }
        return "";
    }
};

} // namespace lodger::model
