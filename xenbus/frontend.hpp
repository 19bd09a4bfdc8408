#pragma once

#include <lodger/core/result.hpp>
#include <lodger/xenbus/state.hpp>

#include <concepts>
#include <optional>
#include <utility>
#include <variant>

namespace lodger::xenbus {

/// What the other end last said; nothing when its `state` key is not there: its domain died, or
/// the toolstack removed the device.
using Peer = std::optional<State>;

/// What a kind of device adds to the handshake.
template <class D>
concept FrontendDriver = requires(D& driver, State state, D::Link& link) {
    /// Everything shared with the backend: ring, port. Ending it takes all of it back.
    requires std::movable<typename D::Link>;
    /// What the backend said of the device once it was connected.
    requires std::movable<typename D::Details>;
    { driver.publish(state) } -> std::same_as<Result<>>;
    { driver.offer_link() } -> std::same_as<Result<typename D::Link>>;
    { driver.read_details(link) } -> std::same_as<Result<typename D::Details>>;
    /// The link is of no use from now on, though the backend may still use it.
    { driver.lose_link(link) } -> std::same_as<void>;
    /// Whether the backend has none of our memory any more, so that the link can end.
    { driver.is_let_go(link) } -> std::same_as<bool>;
};

/// The frontend's side of the XenBus handshake as a value: it is told what the other end says, and
/// publishes, through its driver, what follows. Our phase is a type that owns exactly what may
/// exist in it; the other end's state is data, of which anything may come at any time.
/// Source: xen/include/public/io/blkif.h, "STATE DIAGRAMS".
template <FrontendDriver Driver>
class Frontend {
public:
    using Link = Driver::Link;
    using Details = Driver::Details;

    struct Initialising {
        static constexpr State id = State::initialising;
        /// There was another link before: a backend that is Connected still has that one.
        bool begins_anew = false;
    };
    struct Initialised {
        static constexpr State id = State::initialised;
        Link link;
    };
    struct Connected {
        static constexpr State id = State::connected;
        Link link;
        Details details;
    };
    struct Closing {
        static constexpr State id = State::closing;
        Link link;
    };
    /// The link outlives our Closed: the other end may use it until it is Closed itself.
    struct Closed {
        static constexpr State id = State::closed;
        std::optional<Link> link{};
    };

    template <class From, class To>
    static constexpr bool leads_to = is_legal(Role::frontend, From::id, To::id);

    static_assert(leads_to<Initialised, Connected> && leads_to<Connected, Closing>);
    static_assert(!leads_to<Initialising, Connected> && !leads_to<Connected, Closed>);

    explicit Frontend(Driver& driver) : driver_{driver} {}

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

    /// Nothing is shared with the other end: the frontend is done, or never began.
    bool is_released() const
    {
        auto const* const closed = in<Closed>();
        return closed ? !closed->link.has_value() : in<Initialising>() != nullptr;
    }

    /// Takes every step that follows from what the other end says now. Level-triggered: it does
    /// not matter which states were missed in between.
    Result<> peer_is(Peer peer)
    {
        // Each turn takes one edge; from any phase the longest way is shorter than the table.
        for (std::size_t turn = 0; turn < legal_edges.size(); ++turn) {
            State const before = state();
            LODGER_TRY(std::visit([&](auto& phase) { return on(phase, peer); }, phase_));
            if (state() == before)
                break;
        }
        return {};
    }

    /// Begins anew, with nothing shared, when our `state` key says `own`: the toolstack makes it
    /// Initialising, and what a connection before us has left is made so.
    Result<> restart(State own)
    {
        if (own == State::initialising) {
            auto const* const phase = in<Initialising>();
            phase_ = Initialising{!phase || phase->begins_anew};
            return {};
        }
        phase_ = Closed{};
        return enter<Initialising>(*in<Closed>(), true);
    }

    /// Begins the orderly end: Closing from wherever we are, and the rest follows from the other
    /// end's answers.
    Result<> close()
    {
        if (auto* const phase = in<Connected>())
            return begin_closing(*phase);
        if (auto* const phase = in<Initialised>())
            return begin_closing(*phase);
        if (auto* const phase = in<Initialising>())
            return enter<Closed>(*phase, std::nullopt);
        return {};
    }

    /// Goes on from Closing without the other end's answer, which may never come.
    Result<> close_regardless()
    {
        if (auto* const phase = in<Closing>())
            return enter<Closed>(*phase, std::move(phase->link));
        return {};
    }

    /// Leaves without a word, for when the other end is not there to hear it; the link ends when
    /// nobody uses it any more.
    void leave()
    {
        if (auto* const connected = in<Connected>())
            driver_.lose_link(connected->link);
        std::visit(
            [this](auto& phase) {
                if constexpr (requires { Link{std::move(phase.link)}; })
                    phase_ = Closed{Link{std::move(phase.link)}};
            },
            phase_);
        let_go();
    }

    /// Ends the link if nobody uses it any more.
    void let_go()
    {
        auto* const phase = in<Closed>();
        if (phase && phase->link && driver_.is_let_go(*phase->link))
            phase->link.reset();
    }

    /// Gives up the link although the other end may still use it, and says nothing more: for when
    /// it does not answer, or XenStore does not. What it has mapped is quarantined.
    void release()
    {
        leave();
        if (auto* const phase = in<Closed>())
            phase->link.reset();
    }

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
    using Phase = std::variant<Initialising, Initialised, Connected, Closing, Closed>;

    static bool is_leaving(Peer peer)
    {
        return !peer || *peer == State::closing || *peer == State::closed;
    }

    // A backend found Closed, or not there yet, may still come: whoever waits has a deadline.
    Result<> on(Initialising& phase, Peer peer)
    {
        bool const is_connected = peer == State::connected && !phase.begins_anew;
        if (peer != State::init_wait && peer != State::initialised && !is_connected)
            return {};
        return enter<Initialised>(phase, LODGER_TRY(driver_.offer_link()));
    }

    Result<> on(Initialised& phase, Peer peer)
    {
        if (is_leaving(peer))
            return begin_closing(phase);
        if (peer != State::connected)
            return {};
        Details details = LODGER_TRY(driver_.read_details(phase.link));
        return enter<Connected>(phase, std::move(phase.link), std::move(details));
    }

    Result<> on(Connected& phase, Peer peer)
    {
        // A backend that prepares has begun anew: it knows nothing of our ring.
        bool const restarted = peer == State::initialising || peer == State::init_wait;
        return is_leaving(peer) || restarted ? begin_closing(phase) : Result<>{};
    }

    Result<> on(Closing& phase, Peer peer)
    {
        if (!is_leaving(peer))
            return {};
        return enter<Closed>(phase, std::move(phase.link));
    }

    Result<> on(Closed&, Peer peer)
    {
        if (!peer || *peer == State::closed)
            let_go();
        return {};
    }

    template <class From>
    Result<> begin_closing(From& phase)
    {
        if constexpr (std::is_same_v<From, Connected>)
            driver_.lose_link(phase.link);
        return enter<Closing>(phase, std::move(phase.link));
    }

    Driver& driver_;
    Phase phase_;
};

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
