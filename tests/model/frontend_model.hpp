#pragma once

#include <lodger/tests/model/calls.hpp>
#include <lodger/tests/model/frontend_driver.hpp>

namespace lodger::model {

/// The shipped frontend in its world. What the shell, `xenbus/life.hpp`, does with the machine in
/// some order is done here in any order: whatever holds here holds for each such shell. It begins
/// anew only when nothing is shared.
class FrontendModel : Calls<FrontendModel, FrontendState, FrontendCall> {
    friend Calls;

public:
    static constexpr std::string_view stuck = "nothing can happen any more";

    using State = FrontendState;
    using Call = FrontendCall;
    using Step = FrontendStep;

    struct Options {
        bool is_honest = false;  ///< the backend; see `FrontendWorld`
        bool comes_back = false; ///< the aim is to be Connected; else it is to be over
    };
    explicit FrontendModel(Options options) : options_{options} {}

    State initial() const { return {}; }

    bool may_rest(State const& state) const
    {
        if (state.call != Call::none)
            return false;
        if (options_.comes_back)
            return state.phase == byte_of(connected);
        return state.is_ending && !state.has_link && state.phase == byte_of(closed);
    }

    template <class Found>
    void for_each_step(State const& state, Found found, Step& attempted)
    {
        FrontendWorld::for_each_move(state, options_.is_honest, found);
        auto const take = [&](Call call) {
            attempted = {Step::Kind::call, static_cast<std::uint8_t>(call), 0};
            for_each_outcome(
                state, call, [&](State const& after) { found(attempted, after); },
                attempted.outcome);
        };
        if (state.call != Call::none)
            return take(state.call);
        check_end(state, attempted);
        if (!state.is_ending && !options_.comes_back) {
            State after = state;
            after.is_ending = 1;
            found(Step{Step::Kind::stop}, after);
        }
        for (auto const call :
             {Call::begin, Call::look, Call::close, Call::close_regardless, Call::let_go,
              Call::release}) {
            if (may_call(state, call))
                take(call);
        }
    }

    std::string describe(State const& state, Step step)
    {
        std::string const name = FrontendWorld::name(step);
        if (step.kind != Step::Kind::call)
            return name;
        return name + story_of(state, static_cast<Call>(step.which), step.outcome);
    }

private:
    using Driver = FrontendDriver;
    using Frontend = xenbus::Frontend<Driver>;

    static bool may_call(State const& state, Call call)
    {
        auto const phase = static_cast<xenbus::State>(state.phase);
        switch (call) {
        case Call::begin:
            return !state.is_ending && !state.has_link &&
                   (phase == initialising || phase == closed);
        case Call::look: return state.has_found;
        case Call::close:
        case Call::release: return true;
        case Call::close_regardless: return phase == closing;
        case Call::let_go: return state.has_link && phase == closed;
        case Call::none: break;
        }
        return false;
    }

    void lead(State& state, Call call, Conductor& conductor)
    {
        Driver driver{story(), conductor, state, options_.is_honest, {}};
        Frontend frontend{driver};
        driver.phase = [&] { return frontend.state(); };
        restore(frontend, state);
        conductor.must_keep = state.is_mapped && call != Call::release;
        conductor.set_silent(false);
        make(call, frontend, state, conductor);
        conductor.set_silent(true);
        keep(frontend, state);
    }

    /// Puts a machine into the phase that it was in, by having it go there.
    static void restore(Frontend& frontend, State const& state)
    {
        auto const phase = static_cast<xenbus::State>(state.phase);
        if (!state.is_fresh)
            static_cast<void>(frontend.restart(closed));
        if (phase == initialising)
            return; // And fresh or not, as it was.
        static_cast<void>(frontend.peer_is(init_wait));
        if (phase == connected || state.is_lost)
            static_cast<void>(frontend.peer_is(connected));
        if (phase == closing || phase == closed)
            static_cast<void>(frontend.close());
        if (phase == closed)
            static_cast<void>(frontend.close_regardless());
        if (!state.has_link)
            frontend.release();
    }

    /// Takes note of the phase that the machine is in now.
    static void keep(Frontend& frontend, State& state)
    {
        Link const* link = nullptr;
        if (auto* const phase = frontend.template in<Frontend::Initialised>())
            link = &phase->link;
        if (auto* const phase = frontend.template in<Frontend::Connected>())
            link = &phase->link;
        if (auto* const phase = frontend.template in<Frontend::Closing>())
            link = &phase->link;
        if (auto* const phase = frontend.template in<Frontend::Closed>())
            link = phase->link ? &*phase->link : nullptr;
        state.phase = byte_of(frontend.state());
        state.has_link = link != nullptr;
        state.is_lost = link && link->is_lost;
        auto* const initialising = frontend.template in<Frontend::Initialising>();
        state.is_fresh = !(initialising && initialising->begins_anew);
        if (!link) {
            state.outdate_link();
            state.is_mapped = 0; // The pages are quarantined.
        }
        for (std::uint8_t const count : state.held) {
            if (count != state.has_link)
                throw Violation{"a resource is kept without a link, or a link without it"};
        }
    }

    void make(Call call, Frontend& frontend, State& state, Conductor& conductor)
    {
        // What does not come off may be tried again, or given up, at any time.
        switch (call) {
        case Call::begin: return begin(frontend, state, conductor);
        case Call::look: return look(frontend, state, conductor);
        case Call::close: return static_cast<void>(frontend.close());
        case Call::close_regardless: return static_cast<void>(frontend.close_regardless());
        case Call::let_go: return frontend.let_go();
        case Call::release: return frontend.release();
        case Call::none: return;
        }
    }

    /// Finds the device, and begins anew with it.
    void begin(Frontend& frontend, State& state, Conductor& conductor)
    {
        auto const own = conductor.access([&] {
            tell("finds itself ", name_of(state.own));
            bool const in_use =
                state.own == byte_of(initialised) || state.own == byte_of(connected);
            if (state.own == absent || (in_use && !state.has_found))
                return absent;
            state.has_found = 1;
            state.is_named = 1;
            state.published = state.own;
            return state.own;
        });
        if (own != absent)
            static_cast<void>(frontend.restart(static_cast<xenbus::State>(own)));
    }

    /// As `OtherEnd::look` and what follows from it.
    void look(Frontend& frontend, State& state, Conductor& conductor)
    {
        bool const is_named = conductor.access([&] {
            tell(state.is_named ? "is named" : "is not named", "");
            return state.is_named;
        });
        bool const is_own = conductor.access([&] {
            tell("finds itself ", name_of(state.own));
            return state.own == byte_of(frontend.state());
        });
        auto const peer = conductor.access([&] {
            tell("finds the backend ", name_of(state.peer));
            state.seen_for = state.said_for;
            return state.peer;
        });
        if (!is_named || !is_own)
            return frontend.leave();
        auto const done = frontend.peer_is(peer_of(peer));
        if (done)
            check_follows(state, frontend.state(), peer);
    }

    /// @param peer what the backend was found to say just now
    void check_follows(State const& state, xenbus::State own, std::uint8_t peer) const
    {
        bool const is_up = own == initialised || own == connected;
        for (Peer const leaving : {Peer{}, Peer{closing}, Peer{closed}}) {
            if (is_up && peer == byte_of(leaving))
                throw Violation{"waits for a backend that has left"};
        }
        if (own == connected && (peer == byte_of(initialising) || peer == byte_of(init_wait)))
            throw Violation{"remains Connected to a backend that has no ring"};
        if (own == connected && options_.is_honest && state.seen_for == Generation::stale)
            throw Violation{"remains Connected on stale keys: the backend has joined another link"};
    }

    /// Whatever the others do, the shell's deadlines bring the machine to its end: nothing is
    /// shared any more, and a device that is still ours is said to be Closed unless XenStore
    /// refuses.
    void check_end(State const& state, Step& attempted)
    {
        for (std::uint8_t const outcome : {done, refused}) {
            State end = state;
            for (auto const call : {Call::close, Call::close_regardless, Call::release}) {
                attempted = {Step::Kind::call, static_cast<std::uint8_t>(call), outcome};
                run(end, call, outcome, true);
            }
            if (end.has_link)
                throw Violation{"something is shared after all deadlines"};
            bool const is_ours = state.own == state.published && state.own == state.phase;
            if (outcome == done && is_ours && end.own != byte_of(closed))
                throw Violation{"not Closed after all deadlines"};
        }
    }

    Options options_;
};

} // namespace lodger::model
