#pragma once

#include <lodger/tests/model/explore.hpp>
#include <lodger/tests/model/tso.hpp>

#include <bit>

namespace lodger::model {

/// What an end of a ring does next, as a whole or, where it accesses shared memory, in part.
enum class Operation : std::uint8_t {
    put,         ///< puts a request, answers the oldest request, writes bytes
    put_newest,  ///< answers the newest request
    publish,     ///< shows the other end what was put
    notify,      ///< raises the other end's event
    look,        ///< finds out what there is to take
    take,        ///< takes one of it
    final_check, ///< asks for an event, and looks once more
    sleep,       ///< waits for the event, and clears it
    none,
};

constexpr std::string_view name(Operation operation)
{
    switch (operation) {
    case Operation::put: return "put";
    case Operation::put_newest: return "put out of order";
    case Operation::publish: return "publish";
    case Operation::notify: return "notify";
    case Operation::look: return "look";
    case Operation::take: return "take";
    case Operation::final_check: return "final check";
    case Operation::sleep: return "sleep";
    case Operation::none: break;
    }
    return "";
}

/// A choice of operations.
using Choice = std::uint16_t;
template <class... Operations>
constexpr Choice any_of(Operations... operations)
{
    return static_cast<Choice>((0u | ... | (1u << static_cast<unsigned>(operations))));
}

/// The event channel, as one end has it.
struct Events {
    std::uint8_t& own;
    std::uint8_t& other;
};

/// Two ends of a ring on two CPUs, in every order in which their accesses to shared memory, their
/// events and their stores' way to memory can come.
///
/// An `End` is a plain value that runs one operation and says which may follow: `Choice
/// run(Operation, Cpu&, Events)`; it `is_done()` when it needs nothing more of the other end.
template <class First, class Second, std::size_t cells>
class TwoCpus {
public:
    static constexpr std::string_view stuck = "a wake-up is lost: both ends sleep";

    template <class End>
    struct Side {
        StoreBuffer buffer;
        Cpu::Accesses accesses; ///< of the operation that is under way
        End end;
        Choice next = 0;
        Operation operation = Operation::none;
        std::uint8_t has_event = 0;

        bool operator==(Side const&) const = default;
    };
    struct State {
        std::array<std::uint32_t, cells> memory;
        Side<First> first;
        Side<Second> second;

        bool operator==(State const&) const = default;
    };
    struct Step {
        std::uint8_t side = 0;
        bool drains = false;
        std::uint8_t which = 0; ///< the operation, or the place in the store buffer
    };

    TwoCpus(Layout const& layout, State const& initial) : layout_{layout}, initial_{initial} {}

    /// Leaves something out whenever a side does an operation.
    void omit(std::size_t side, Operation operation, Omission omission)
    {
        omissions_[side][static_cast<std::size_t>(operation)] = omission;
    }

    State initial() const { return initial_; }

    bool may_rest(State const& state) const
    {
        return state.first.end.is_done() && state.second.end.is_done();
    }

    template <class Found>
    void for_each_step(State const& state, Found found, Step& attempted)
    {
        for (std::uint8_t side = 0; side < 2; ++side) {
            for_each_drain(state, side, found);
            Operation const begun = side == 0 ? state.first.operation : state.second.operation;
            unsigned const next = side == 0 ? state.first.next : state.second.next;
            unsigned choice = begun == Operation::none ? next : any_of(begun);
            for (; choice != 0; choice &= choice - 1) {
                attempted = {side, false, static_cast<std::uint8_t>(std::countr_zero(choice))};
                State after = state;
                if (take(after, attempted))
                    found(attempted, after);
            }
        }
    }

    std::string describe(State const& state, Step step)
    {
        State after = state;
        std::string text{step.side == 0 ? First::name : Second::name};
        if (step.drains) {
            StoreBuffer const& buffer = step.side == 0 ? state.first.buffer : state.second.buffer;
            return text + ": " + layout_.name(buffer.cells[step.which]) + " = " +
                   std::to_string(buffer.values[step.which]) + " reaches memory";
        }
        try {
            take(after, step);
        } catch (Violation const&) {
        }
        text.append(": ").append(name(static_cast<Operation>(step.which)));
        return story_.empty() ? text : text + ": " + story_;
    }

private:
    template <class Found>
    void for_each_drain(State const& state, std::uint8_t side, Found found)
    {
        StoreBuffer const& buffer = side == 0 ? state.first.buffer : state.second.buffer;
        for (std::uint8_t at = 0; at < buffer.count; ++at) {
            if (!buffer.may_drain(at))
                continue;
            State after = state;
            after.memory[buffer.cells[at]] = buffer.values[at];
            (side == 0 ? after.first.buffer : after.second.buffer).remove(at);
            found(Step{side, true, at}, after);
        }
    }

    bool take(State& state, Step step)
    {
        auto const operation = static_cast<Operation>(step.which);
        return step.side == 0
                   ? run(state.first, operation, 0, state.memory, state.second.has_event)
                   : run(state.second, operation, 1, state.memory, state.first.has_event);
    }

    /// @return false if that cannot be done now
    template <class End>
    bool
    run(Side<End>& side, Operation operation, std::size_t number,
        std::array<std::uint32_t, cells>& memory, std::uint8_t& others_event)
    {
        side.operation = operation;
        story_.clear();
        Omission const omission = omissions_[number][static_cast<std::size_t>(operation)];
        Cpu cpu{layout_, memory, side.buffer, side.accesses, omission};
        End end = side.end; // Changes only when the operation is over.
        try {
            side.next = end.run(operation, cpu, {side.has_event, others_event});
            side.end = end;
            side.operation = Operation::none;
            side.accesses.clear();
        } catch (Paused const&) {
        } catch (Blocked const&) {
            return false;
        }
        story_ = cpu.story;
        return true;
    }

    Layout layout_;
    State initial_;
    std::array<std::array<Omission, 8>, 2> omissions_{};
    std::string story_;
};

} // namespace lodger::model
