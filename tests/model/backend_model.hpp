#pragma once

#include <lodger/tests/model/backend_world.hpp>
#include <lodger/tests/model/calls.hpp>
#include <lodger/xenbus/backend.hpp>

#include <functional>

namespace lodger::model {

/// The shipped backend in its world. What the shell, `xenbus/server.hpp`, does with the machine in
/// some order is done here in any order.
class BackendModel : Calls<BackendModel, BackendState, BackendCall> {
    friend Calls;

public:
    static constexpr std::string_view stuck = "nothing can happen any more";

    using State = BackendState;
    using Call = BackendCall;
    using Step = BackendStep;

    struct Options {
        bool negotiates = true;
        bool is_honest = false;  ///< the frontend; see `BackendWorld`
        bool comes_back = false; ///< the aim is to be Connected; else it is to be over
    };
    explicit BackendModel(Options options) : options_{options} {}

    State initial() const
    {
        State state{};
        state.own = byte_of(initialising);
        return state;
    }

    bool may_rest(State const& state) const
    {
        bool const is_there = state.call == Call::none && state.phase == byte_of(connected);
        return state.is_over || (options_.comes_back && is_there);
    }

    template <class Found>
    void for_each_step(State const& state, Found found, Step& attempted)
    {
        if (state.is_over)
            return;
        BackendWorld::for_each_move(state, options_.is_honest, found);
        auto const take = [&](Call call) {
            attempted = {Step::Kind::call, static_cast<std::uint8_t>(call), 0};
            for_each_outcome(
                state, call, [&](State const& after) { found(attempted, after); },
                attempted.outcome);
        };
        if (state.call != Call::none)
            return take(state.call);
        check_end(state, attempted);
        for (auto const call :
             {Call::look, Call::fail, Call::close, Call::announce, Call::reconfigure,
              Call::release}) {
            bool const gives_up = call == Call::release;
            if (!gives_up || !options_.comes_back)
                take(call);
        }
    }

    std::string describe(State const& state, Step step)
    {
        std::string const name = BackendWorld::name(step);
        if (step.kind != Step::Kind::call)
            return name;
        return name + story_of(state, static_cast<Call>(step.which), step.outcome);
    }

private:
    struct Driver {
        using Link = model::Link;

        BackendModel& model;
        Conductor& conductor;
        State& state;
        std::function<xenbus::State()> phase; ///< the machine's

        Result<> publish(xenbus::State to)
        {
            return attempt("publishes ", xenbus::name(to), 3, [&](std::uint8_t chosen) {
                auto const from = phase();
                bool const is_repeated = from == connected && to == connected;
                if (!is_repeated && !xenbus::is_legal(xenbus::Role::backend, from, to))
                    throw Violation{"a step that is not in the table"};
                if (chosen != refused)
                    state.own = byte_of(to);
                if (to == connected && !is_repeated && state.is_old && model.options_.is_honest)
                    throw Violation{"Connected on stale keys: another ring is on offer"};
            });
        }
        bool negotiates() const { return model.options_.negotiates; }
        Result<> publish_features() { return attempt("publishes features", "", 2); }
        Result<Link> join()
        {
            Link link{conductor};
            LODGER_TRY(attempt("joins", "", 2, [&](std::uint8_t chosen) {
                state.joined = chosen == done ? Generation::live : Generation::none;
                state.is_old = 0;
            }));
            return link;
        }
        bool is_offered(Link&)
        {
            if (conductor.is_silent())
                return true;
            return conductor.access([&] {
                bool const is_offered = state.joined == Generation::live;
                model.tell(is_offered ? "finds its link on offer" : "finds another link on offer");
                return is_offered;
            }) != 0;
        }
        Result<> publish_details(Link&) { return attempt("publishes details", "", 2); }
        Result<> reconfigure(Link&) { return attempt("reconfigures", "", 2); }
        void report(Errc) {}

        /// An access that may fail, and at most come off all the same.
        Result<> attempt(
            std::string_view what, std::string_view more, std::uint8_t outcomes,
            std::function<void(std::uint8_t)> effect = [](std::uint8_t) {})
        {
            if (conductor.is_silent())
                return {};
            auto const chosen = conductor.access([&] {
                model.tell(what, more);
                std::uint8_t const chosen =
                    state.own == absent ? std::uint8_t{refused} : conductor.choose(outcomes);
                effect(chosen);
                return chosen;
            });
            if (chosen != done)
                return Failure{Errc::timed_out};
            return {};
        }
    };
    using Backend = xenbus::Backend<Driver>;

    void lead(State& state, Call call, Conductor& conductor)
    {
        Driver driver{*this, conductor, state, {}};
        Backend backend{driver};
        driver.phase = [&] { return backend.state(); };
        restore(backend, state);
        conductor.set_silent(false);
        make(call, backend, state, conductor);
        conductor.set_silent(true);
        keep(backend, state);
    }

    void make(Call call, Backend& backend, State& state, Conductor& conductor)
    {
        // What does not come off may be tried again, or given up, at any time.
        switch (call) {
        case Call::look: return look(backend, state, conductor);
        case Call::fail: return static_cast<void>(backend.fail(Errc::protocol));
        case Call::close: return static_cast<void>(backend.close());
        case Call::announce: return static_cast<void>(backend.announce());
        case Call::reconfigure: return static_cast<void>(backend.reconfigure());
        case Call::release: state.is_over = 1; return backend.release();
        case Call::none: return;
        }
    }

    /// As `Server::look` and what follows from it.
    void look(Backend& backend, State& state, Conductor& conductor)
    {
        bool const is_there = conductor.access([&] {
            tell("finds itself ", name_of(state.own));
            return state.own != absent;
        });
        auto const hotplug = conductor.access([&] {
            tell("finds the medium ", BackendWorld::name(state.hotplug));
            return static_cast<std::uint8_t>(state.hotplug);
        });
        auto const peer = conductor.access([&] {
            tell("finds the frontend ", name_of(state.peer));
            state.is_old = state.joined == Generation::stale;
            return state.peer;
        });
        if (is_there) {
            auto const looked = backend.look(peer_of(peer), static_cast<xenbus::Hotplug>(hotplug));
            if (looked)
                check_follows(state, backend.state(), peer);
        } else {
            backend.release();
            state.is_over = 1;
        }
    }

    /// @param peer what the frontend was found to say just now
    void check_follows(State const& state, xenbus::State own, std::uint8_t peer) const
    {
        bool const is_up = own != initialising && own != closing && own != closed;
        for (Peer const leaving : {Peer{}, Peer{closing}, Peer{closed}}) {
            if (is_up && peer == byte_of(leaving))
                throw Violation{"waits for a frontend that has left"};
        }
        if (own == connected && peer == byte_of(initialising))
            throw Violation{"remains Connected to a frontend that has no ring"};
        if (own == connected && options_.is_honest && state.is_old)
            throw Violation{"remains Connected on stale keys: another ring is on offer"};
    }

    /// Puts a machine into the phase that it was in, by having it go there.
    static void restore(Backend& backend, State const& state)
    {
        using xenbus::Hotplug;
        auto const phase = static_cast<xenbus::State>(state.phase);
        auto const look = [&](xenbus::State peer, Hotplug hotplug) {
            static_cast<void>(backend.look(peer, hotplug));
        };
        if (phase == initialising)
            return;
        if (phase == closing && !state.has_link)
            return static_cast<void>(backend.close());
        if (phase != initialised)
            backend.release();
        if (phase == closed)
            return;
        look(initialising, Hotplug::pending);
        if (state.has_link)
            look(initialised, Hotplug::pending);
        if (phase == init_wait || phase == initialised)
            return;
        look(initialised, Hotplug::connected);
        if (phase == reconfiguring || phase == reconfigured)
            static_cast<void>(backend.reconfigure());
        if (phase == reconfigured)
            look(initialised, Hotplug::connected);
        if (phase == closing)
            static_cast<void>(backend.close());
    }

    /// Takes note of the phase that the machine is in now.
    static void keep(Backend& backend, State& state)
    {
        state.phase = byte_of(backend.state());
        state.has_link = backend.serving() != nullptr;
        if (auto const* const phase = backend.template in<typename Backend::InitWait>())
            state.has_link = phase->link.has_value();
        if (auto const* const phase = backend.template in<typename Backend::Initialised>())
            state.has_link = phase->link.has_value();
        if (!state.has_link) {
            state.joined = Generation::none;
            state.is_old = 0;
        }
        for (std::uint8_t const count : state.held) {
            if (count != state.has_link)
                throw Violation{"a resource is kept without a link, or a link without it"};
        }
    }

    /// Once the frontend is Closed so are we, wherever we were, and nothing is shared any more; and
    /// we are over once the toolstack has removed the device.
    void check_end(State const& state, Step& attempted)
    {
        State end = state;
        end.peer = byte_of(closed);
        attempted = {Step::Kind::call, static_cast<std::uint8_t>(Call::close), 0};
        run(end, Call::close, 0, true);
        if (end.own != absent && end.phase != byte_of(closing) && end.phase != byte_of(closed))
            throw Violation{"goes on although it was closed"};
        run(end, Call::look, 0, true);
        if (end.own != absent && (end.phase != byte_of(closed) || end.has_link))
            throw Violation{"not Closed although the frontend is"};
        end = state;
        end.own = absent;
        run(end, Call::look, 0, true);
        if (!end.is_over || end.has_link)
            throw Violation{"not over although the device is removed"};
    }

    Options options_;
};

} // namespace lodger::model
