#pragma once

#include <lodger/xenbus/backend_driver.hpp>
#include <lodger/xenbus/frontend.hpp>

#include <optional>
#include <utility>
#include <variant>

namespace lodger::xenbus {

/// The backend's side of the XenBus handshake as a value, the mirror image of `Frontend`: it is
/// told what the frontend says and whether there is a medium, and publishes, through its driver,
/// what follows. Peer: the frontend, not trusted. A step that fails, for what the frontend offers
/// or for want of memory, is reported and ends in Closing, as in Linux (drivers/xen/xenbus,
/// xenbus_dev_fatal). Source: xen/include/public/io/blkif.h, "STATE DIAGRAMS".
template <BackendDriver Driver>
class Backend {
public:
    using Link = Driver::Link;

    struct Initialising {
        static constexpr State id = State::initialising;
    };
    /// The ring may be joined before there is a medium.
    struct InitWait {
        static constexpr State id = State::init_wait;
        std::optional<Link> link{};
    };
    /// The same for a backend that negotiates nothing.
    struct Initialised {
        static constexpr State id = State::initialised;
        std::optional<Link> link{};
    };
    struct Connected {
        static constexpr State id = State::connected;
        Link link;
    };
    struct Reconfiguring {
        static constexpr State id = State::reconfiguring;
        Link link;
    };
    struct Reconfigured {
        static constexpr State id = State::reconfigured;
        Link link;
    };
    /// The link outlives our Closing: a frontend in Closing may still have requests under way.
    struct Closing {
        static constexpr State id = State::closing;
        std::optional<Link> link{};
    };
    struct Closed {
        static constexpr State id = State::closed;
    };

    template <class From, class To>
    static constexpr bool leads_to = is_legal(Role::backend, From::id, To::id);

    static_assert(leads_to<InitWait, Connected> && leads_to<Connected, Closing>);
    static_assert(!leads_to<Initialising, Connected> && !leads_to<Connected, Closed>);

    explicit Backend(Driver& driver) : driver_{driver} {}

    State state() const
    {
        return std::visit([](auto const& phase) { return phase.id; }, phase_);
    }

    template <class Phase>
    Phase* in()
    {
        return std::get_if<Phase>(&phase_);
    }
    template <class Phase>
    Phase const* in() const
    {
        return std::get_if<Phase>(&phase_);
    }

    /// What is shared with the frontend, while requests may be served; null before and after.
    Link* serving()
    {
        if (auto* const phase = in<Connected>())
            return &phase->link;
        if (auto* const phase = in<Reconfiguring>())
            return &phase->link;
        if (auto* const phase = in<Reconfigured>())
            return &phase->link;
        auto* const phase = in<Closing>();
        return phase && phase->link ? &*phase->link : nullptr;
    }

    /// Takes every step that follows from what the frontend says and what there is to serve.
    /// Level-triggered: it does not matter what was missed in between.
    Result<> look(Peer peer, Hotplug hotplug)
    {
        for (std::size_t turn = 0; turn < legal_edges.size(); ++turn) {
            State const before = state();
            LODGER_TRY(std::visit([&](auto& phase) { return on(phase, peer, hotplug); }, phase_));
            if (state() == before)
                break;
        }
        return {};
    }

    /// Says what the device is once more, and Connected: how a frontend is told of a new size
    /// (drivers/block/xen-blkback/blkback.c, xen_vbd_resize).
    Result<> announce()
    {
        auto* const phase = in<Connected>();
        if (!phase)
            return {};
        LODGER_TRY(driver_.publish_details(phase->link));
        return driver_.publish(State::connected);
    }

    /// Changes the device while it is connected: Reconfiguring, Reconfigured, and Connected again
    /// when the frontend is.
    Result<> reconfigure()
    {
        auto* const phase = in<Connected>();
        return phase ? enter<Reconfiguring>(*phase, std::move(phase->link)) : Result<>{};
    }

    /// Begins the end from our side; the rest follows from the frontend's answer.
    Result<> close()
    {
        return std::visit([&](auto& phase) { return begin_closing(phase); }, phase_);
    }

    /// The same after an error, which is reported first.
    Result<> fail(Errc why)
    {
        return std::visit([&](auto& phase) { return fail_in(phase, why); }, phase_);
    }

    /// Gives up the link and says nothing more: for when the device's directory is gone, or
    /// XenStore is.
    void release() { phase_ = Closed{}; }

    /// The one door between phases: only along an edge of the table. The state is published first;
    /// if that fails nothing has moved. On success `from` is no more.
    template <class To, class From, class... Parts>
        requires(leads_to<From, To>)
    Result<> enter(From&, Parts&&... parts)
    {
        LODGER_TRY(driver_.publish(To::id));
        phase_ = Phase{To{std::forward<Parts>(parts)...}};
        return {};
    }

private:
    using Phase = std::variant<
        Initialising, InitWait, Initialised, Connected, Reconfiguring, Reconfigured, Closing,
        Closed>;

    static bool is_leaving(Peer peer)
    {
        return !peer || *peer == State::closing || *peer == State::closed;
    }
    /// What no frontend says in its right mind; fatal, as in Linux.
    static bool is_nonsense(Peer peer)
    {
        return peer && (*peer == State::unknown || *peer == State::init_wait ||
                        *peer == State::reconfiguring || *peer == State::reconfigured);
    }

    // Before the toolstack has made the frontend there is nobody to wait for.
    Result<> on(Initialising& phase, Peer peer, Hotplug hotplug)
    {
        if (!peer)
            return {};
        if (hotplug == Hotplug::failed)
            return fail_in(phase, Errc::no_device);
        if (driver_.negotiates())
            return offer(phase);
        return enter<Initialised>(phase);
    }

    Result<> on(InitWait& phase, Peer peer, Hotplug hotplug)
    {
        return on_open(phase, peer, hotplug);
    }
    Result<> on(Initialised& phase, Peer peer, Hotplug hotplug)
    {
        return on_open(phase, peer, hotplug);
    }

    Result<> on(Connected& phase, Peer peer, Hotplug)
    {
        if (is_nonsense(peer))
            return fail_in(phase, Errc::protocol);
        // It has begun anew, maybe while we did not look, and knows nothing of the ring that we
        // have.
        bool const has_left = is_leaving(peer) || *peer == State::initialising;
        return has_left || !driver_.is_offered(phase.link) ? begin_closing(phase) : Result<>{};
    }

    Result<> on(Reconfiguring& phase, Peer peer, Hotplug)
    {
        if (is_leaving(peer))
            return begin_closing(phase);
        if (auto const done = driver_.reconfigure(phase.link); !done)
            return fail_in(phase, done.error());
        return enter<Reconfigured>(phase, std::move(phase.link));
    }

    Result<> on(Reconfigured& phase, Peer peer, Hotplug)
    {
        if (is_leaving(peer))
            return begin_closing(phase);
        if (peer != State::connected)
            return {};
        if (!driver_.is_offered(phase.link))
            return begin_closing(phase);
        return enter<Connected>(phase, std::move(phase.link));
    }

    Result<> on(Closing& phase, Peer peer, Hotplug)
    {
        if (peer && *peer != State::closed && *peer != State::initialising)
            return {};
        phase.link.reset();
        return enter<Closed>(phase);
    }

    Result<> on(Closed& phase, Peer peer, Hotplug hotplug)
    {
        if (peer != State::initialising || hotplug == Hotplug::failed)
            return {};
        return offer(phase);
    }

    /// InitWait, with what it promises.
    template <class From>
    Result<> offer(From& phase)
    {
        LODGER_TRY(driver_.publish_features());
        return enter<InitWait>(phase);
    }

    /// Waiting for the frontend's offer and for the medium.
    template <class Open>
    Result<> on_open(Open& phase, Peer peer, Hotplug hotplug)
    {
        if (is_leaving(peer))
            return begin_closing(phase);
        if (is_nonsense(peer))
            return fail_in(phase, Errc::protocol);
        if (hotplug == Hotplug::failed)
            return fail_in(phase, Errc::no_device);
        if (*peer == State::initialising) {
            phase.link.reset(); // What it had offered before it began anew is void.
            return {};
        }
        if (phase.link && !driver_.is_offered(*phase.link))
            phase.link.reset(); // It has begun anew while we did not look.
        if (!phase.link) {
            auto joined = driver_.join();
            if (!joined)
                return fail_in(phase, joined.error());
            phase.link.emplace(std::move(*joined));
        }
        if (hotplug == Hotplug::pending)
            return {};
        LODGER_TRY(driver_.publish_details(*phase.link));
        return enter<Connected>(phase, std::move(*phase.link));
    }

    template <class From>
    Result<> begin_closing(From& phase)
    {
        if constexpr (!leads_to<From, Closing>)
            return {};
        else if constexpr (requires { phase.link; })
            return enter<Closing>(phase, std::move(phase.link));
        else
            return enter<Closing>(phase);
    }

    template <class From>
    Result<> fail_in(From& phase, Errc why)
    {
        if constexpr (leads_to<From, Closing>)
            driver_.report(why);
        return begin_closing(phase);
    }

    Driver& driver_;
    Phase phase_;
};

} // namespace lodger::xenbus
