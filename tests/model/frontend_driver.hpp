#pragma once

#include <lodger/tests/model/frontend_world.hpp>
#include <lodger/xenbus/frontend.hpp>

#include <functional>

namespace lodger::model {

/// What a kind of device adds to the handshake, in a world where anything may fail; and what must
/// hold of it.
struct FrontendDriver {
    using Link = model::Link;
    struct Details {};

    Story& story;
    Conductor& conductor;
    FrontendState& state;
    bool backend_is_honest;
    std::function<xenbus::State()> phase; ///< the machine's

    Result<> publish(xenbus::State to)
    {
        if (conductor.is_silent())
            return {};
        auto const answer = conductor.access([&]() -> std::uint8_t {
            story.tell("publishes ", xenbus::name(to));
            if (!xenbus::is_legal(xenbus::Role::frontend, phase(), to))
                throw Violation{"a step that is not in the table"};
            if (state.own != state.published)
                return is_gone; // As `xenbus::write_state` finds out.
            auto const chosen = conductor.choose(3);
            if (chosen != refused)
                state.own = byte_of(to);
            if (chosen == done)
                check_published(to);
            return chosen;
        });
        bool const is_leaving = to == closing || to == closed;
        if (answer == done || (answer == is_gone && is_leaving))
            return {};
        return Failure{answer == is_gone ? Errc::no_device : Errc::timed_out};
    }

    Result<Link> offer_link()
    {
        Link link{conductor};
        if (conductor.is_silent())
            return link;
        auto const answer = conductor.access([&]() -> std::uint8_t {
            story.tell("offers a link");
            state.outdate_link();
            if (state.own != state.published)
                return is_gone;
            auto const chosen = conductor.choose(3);
            if (chosen != refused)
                state.keys = chosen == done ? Generation::live : Generation::stale;
            return chosen;
        });
        if (answer != done)
            return Failure{Errc::timed_out};
        return link;
    }

    Result<Details> read_details(Link&)
    {
        if (conductor.is_silent())
            return Details{};
        auto const answer = conductor.access([&] {
            story.tell("reads what the device is");
            return conductor.choose(2);
        });
        if (answer != done)
            return Failure{Errc::protocol};
        return Details{};
    }

    void lose_link(Link& link)
    {
        if (std::exchange(link.is_lost, true) && !conductor.is_silent())
            throw Violation{"a link is lost twice"};
    }

    bool is_let_go(Link const&)
    {
        if (conductor.is_silent())
            return false;
        return conductor.access([&] {
            story.tell("finds the link ", state.is_mapped ? "in use" : "let go of");
            return !state.is_mapped;
        }) != 0;
    }

private:
    void check_published(xenbus::State to) const
    {
        state.published = byte_of(to);
        // What one that is not honest is connected to is its own affair.
        if (to != connected || !backend_is_honest)
            return;
        if (!state.is_named || state.keys != Generation::live)
            throw Violation{"Connected with a link that is not on offer there"};
        if (state.seen_for != Generation::live)
            throw Violation{"Connected on stale keys: the backend has joined another link"};
    }
};

static_assert(xenbus::FrontendDriver<FrontendDriver>);

} // namespace lodger::model
