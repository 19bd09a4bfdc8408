#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace lodger::model {

/// Thrown by a system's step: something has happened that must never happen.
struct Violation {
    std::string what;
};

/// What can be explored: states that are plain values, and the steps that lead from each to others.
template <class S>
concept System = requires(S& system, S::State const& state, S::Step step) {
    // Equal states are equal bytes.
    requires std::has_unique_object_representations_v<typename S::State>;
    { system.initial() } -> std::same_as<typename S::State>;
    // Calls back with each step and where it leads; `step` is the one being tried.
    system.for_each_step(state, [](typename S::Step, typename S::State const&) {}, step);
    // What it means that nothing leads out of a state.
    { S::stuck } -> std::convertible_to<std::string_view>;
    // Whether the system may stay in this state for ever.
    { system.may_rest(state) } -> std::same_as<bool>;
    { system.describe(state, step) } -> std::same_as<std::string>;
};

/// What an exploration has come to.
struct Report {
    std::size_t states = 0;
    std::size_t steps = 0;
    std::string violation;          ///< empty if there was none
    std::vector<std::string> trace; ///< the shortest way to it, a line a step

    bool holds() const { return violation.empty(); }
};

/// Explores every state of a system, breadth first, so that the first violation found is one with
/// the shortest trace. Besides what the system's own steps throw, these are violations: a state
/// that nothing leads out of and that may not rest, and one from which none can be reached that
/// may.
template <System S>
class Explorer {
public:
    using State = S::State;
    using Step = S::Step;

    explicit Explorer(S& system) : system_{system} {}

    Report run()
    {
        slots_.assign(1024, none);
        visit(system_.initial(), none, Step{});
        for (Index at = 0; at < states_.size() && report_.holds(); ++at)
            expand(at);
        if (report_.holds())
            check_ends();
        report_.states = states_.size();
        report_.steps = edges_.size();
        return std::move(report_);
    }

private:
    using Index = std::uint32_t;
    static constexpr Index none = ~Index{0};

    struct Origin {
        Index from;
        Step step;
    };

    void expand(Index at)
    {
        State const state = states_[at]; // A copy: the vector grows.
        bool is_stuck = true;
        Step attempted{};
        try {
            system_.for_each_step(
                state,
                [&](Step step, State const& next) {
                    is_stuck = false;
                    edges_.push_back({at, visit(next, at, step)});
                },
                attempted);
        } catch (Violation const& violation) {
            fail(violation.what, at);
            report_.trace.push_back(system_.describe(state, attempted));
            return;
        }
        if (is_stuck && !system_.may_rest(state))
            fail(std::string{S::stuck}, at);
    }

    /// Goes back from the states that may rest; whatever is not met cannot come there.
    void check_ends()
    {
        std::vector<Index> first(states_.size() + 1, 0);
        for (auto const& [from, to] : edges_)
            ++first[to + 1];
        for (std::size_t i = 1; i < first.size(); ++i)
            first[i] += first[i - 1];
        std::vector<Index> sources(edges_.size());
        std::vector<Index> next = first;
        for (auto const& [from, to] : edges_)
            sources[next[to]++] = from;
        std::vector<bool> ends(states_.size());
        std::vector<Index> work;
        auto const add = [&](Index state) {
            if (!ends[state])
                work.push_back(state);
            ends[state] = true;
        };
        for (Index i = 0; i < states_.size(); ++i) {
            if (system_.may_rest(states_[i]))
                add(i);
        }
        while (!work.empty()) {
            Index const state = work.back();
            work.pop_back();
            for (Index i = first[state]; i < first[state + 1]; ++i)
                add(sources[i]);
        }
        for (Index i = 0; i < states_.size(); ++i) {
            if (!ends[i])
                return fail("no way to an end", i);
        }
    }

    void fail(std::string what, Index at)
    {
        report_.violation = std::move(what);
        std::vector<Index> path;
        for (Index i = at; i != none; i = origins_[i].from)
            path.push_back(i);
        for (std::size_t i = path.size() - 1; i > 0; --i)
            report_.trace.push_back(system_.describe(states_[path[i]], origins_[path[i - 1]].step));
    }

    /// @return the state's number, a new one if it was not met before
    Index visit(State const& state, Index from, Step step)
    {
        if (states_.size() * 2 >= slots_.size())
            grow();
        Index& slot = slots_[place_of(state)];
        if (slot != none)
            return slot;
        slot = static_cast<Index>(states_.size());
        states_.push_back(state);
        origins_.push_back({from, step});
        return slot;
    }

    std::size_t place_of(State const& state) const
    {
        std::string_view const bytes{reinterpret_cast<char const*>(&state), sizeof state};
        std::size_t place = std::hash<std::string_view>{}(bytes);
        for (;; ++place) {
            Index const index = slots_[place & (slots_.size() - 1)];
            if (index == none || states_[index] == state)
                return place & (slots_.size() - 1);
        }
    }

    void grow()
    {
        slots_.assign(slots_.size() * 2, none);
        for (Index i = 0; i < states_.size(); ++i)
            slots_[place_of(states_[i])] = i;
    }

    S& system_;
    std::vector<State> states_;
    std::vector<Origin> origins_;
    std::vector<std::pair<Index, Index>> edges_;
    std::vector<Index> slots_; ///< open addressing; a power of two
    Report report_;
};

} // namespace lodger::model
