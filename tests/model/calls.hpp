#pragma once

#include <lodger/tests/model/handshake.hpp>

namespace lodger::model {

/// The part of a model that makes calls of a machine, an access at a time. `Model` puts a machine
/// into its phase and makes the call: `lead(state, call, conductor)`. A state has the `call` that
/// is under way, its `accesses`, and what is `held`.
template <class Model, class State, class Call>
class Calls {
protected:
    /// @return how many outcomes the access may have
    std::uint8_t run(State& state, Call call, std::uint8_t outcome, bool goes_through = false)
    {
        story_.text.clear();
        state.call = call;
        Conductor conductor{state.accesses, state.held, outcome};
        if (goes_through)
            conductor.go_through();
        try {
            static_cast<Model*>(this)->lead(state, call, conductor);
            state.call = Call::none;
            state.accesses.clear();
        } catch (Paused const&) {
        }
        conductor.check();
        return conductor.outcomes();
    }

    /// @param found called with each state that the call may lead to
    /// @param outcome which of them it is about to be
    template <class Found>
    void for_each_outcome(State const& state, Call call, Found found, std::uint8_t& outcome)
    {
        std::uint8_t outcomes = 1;
        for (outcome = 0; outcome < outcomes; ++outcome) {
            State after = state;
            outcomes = run(after, call, outcome);
            found(after);
        }
    }

    /// What a call comes to, in words.
    std::string story_of(State state, Call call, std::uint8_t outcome)
    {
        try {
            run(state, call, outcome);
        } catch (Violation const&) {
        }
        return story_.text;
    }

    void tell(std::string_view what, std::string_view more = "") { story_.tell(what, more); }
    Story& story() { return story_; }

private:
    Story story_;
};

} // namespace lodger::model
