#pragma once

#include <lodger/ring/back.hpp>
#include <lodger/ring/front.hpp>
#include <lodger/tests/model/two_cpus.hpp>

namespace lodger::model {

/// What goes through the ring. Request and response of the same number differ, so that a slot that
/// is read before it is written is known.
struct Message {
    std::uint32_t value;

    static Message request(std::uint32_t number) { return {number}; }
    static Message response(std::uint32_t number) { return {number | answered}; }
    /// @return 0 for what is none, such as the request that was in the slot before
    std::uint32_t request_number() const { return value & answered ? 0 : value; }
    std::uint32_t response_number() const { return value & answered ? value & ~answered : 0; }

private:
    static constexpr std::uint32_t answered = 0x100;
};

using Front = ring::FrontRing<Message, Message, TsoMemory>;
using Back = ring::BackRing<Message, Message, TsoMemory>;

/// What a model is about.
struct RingCase {
    std::uint32_t start = 0;        ///< where all indices begin
    std::uint8_t requests = 0;      ///< how many are made
    bool is_orderly = false;        ///< fills the ring whenever it can, and answers in order
    bool batches_responses = false; ///< the frontend asks for one event for all in flight
    bool front_checks = true;       ///< looks at what its final check says
    bool back_checks = true;
};
inline RingCase ring_case;

/// A ring as bytes, so that a state can be compared.
template <class Ring>
using Bytes = std::array<std::byte, sizeof(Ring)>;

/// Uses a ring that is kept as bytes.
template <class Ring, class Use>
auto with(Bytes<Ring>& bytes, Use use)
{
    Ring ring = std::bit_cast<Ring>(bytes);
    auto const result = use(ring);
    bytes = std::bit_cast<Bytes<Ring>>(ring);
    return result;
}

/// The frontend, as blkfront is one: puts some requests, publishes them, takes responses until a
/// final check finds none, and sleeps. It may make more requests whenever it is awake.
struct FrontEnd {
    static constexpr std::string_view name = "front";

    Bytes<Front> ring{};
    std::uint8_t made = 0;
    std::uint8_t answered = 0;
    std::uint8_t ready = 0;
    std::uint8_t in_flight = 0; ///< a bit for each request

    bool operator==(FrontEnd const&) const = default;
    bool is_done() const { return answered == ring_case.requests; }

    Choice run(Operation operation, Cpu& cpu, Events events)
    {
        switch (operation) {
        case Operation::put:
            with<Front>(ring, [&](Front& front) {
                front.put(Message::request(made + 1u));
                return 0;
            });
            in_flight = static_cast<std::uint8_t>(in_flight | 1u << made++);
            return ring_case.is_orderly && more()
                       ? more()
                       : static_cast<Choice>(more() | any_of(Operation::publish));
        case Operation::publish: {
            bool const wanted = with<Front>(ring, [](Front& front) { return front.publish(); });
            return any_of(wanted ? Operation::notify : Operation::look);
        }
        case Operation::notify:
            cpu.locked("raises the event", [&] { events.other = 1; });
            return any_of(Operation::look);
        case Operation::look: {
            auto const available =
                with<Front>(ring, [](Front const& front) { return front.available(); });
            if (!available)
                throw Violation{"the frontend takes the backend's index for nonsense"};
            ready = static_cast<std::uint8_t>(*available);
            return any_of(ready > 0 ? Operation::take : Operation::final_check);
        }
        case Operation::take:
            accept(with<Front>(ring, [](Front& front) { return front.take(); }));
            return any_of(--ready > 0 ? Operation::take : Operation::final_check);
        case Operation::final_check: {
            unsigned const count =
                ring_case.batches_responses ? std::max(1, std::popcount(in_flight)) : 1u;
            bool const found =
                with<Front>(ring, [&](Front& front) { return front.final_check(count); });
            if (found && ring_case.front_checks)
                return any_of(Operation::look);
            return in_flight != 0 || made == ring_case.requests
                       ? static_cast<Choice>(more() | any_of(Operation::sleep))
                       : more();
        }
        case Operation::sleep:
            cpu.locked("wakes up", [&] {
                if (!std::exchange(events.own, std::uint8_t{0}))
                    throw Blocked{};
            });
            return any_of(Operation::look);
        case Operation::put_newest:
        case Operation::none: break;
        }
        throw Violation{"the frontend does what none does"};
    }

private:
    Choice more() const
    {
        bool const has_room = std::bit_cast<Front>(ring).free() > 0;
        return made < ring_case.requests && has_room ? any_of(Operation::put) : Choice{0};
    }

    void accept(Message response)
    {
        std::uint32_t const number = response.response_number();
        if (number == 0)
            throw Violation{"a response is read before it is written"};
        auto const bit = static_cast<std::uint8_t>(1u << (number - 1));
        if (!(in_flight & bit))
            throw Violation{"a response is read before it is written, or comes twice"};
        in_flight = static_cast<std::uint8_t>(in_flight & ~bit);
        ++answered;
    }
};

/// The backend, as blkback is one: takes requests until a final check finds none or it has enough,
/// answers some of those that it has, in any order, publishes that, and sleeps; what it has not
/// answered by then wakes it by itself.
struct BackEnd {
    static constexpr std::string_view name = "back";

    Bytes<Back> ring{};
    std::array<std::uint8_t, 4> taken{}; ///< and not answered, oldest first
    std::uint8_t taken_count = 0;
    std::uint8_t next_number = 1;
    std::uint8_t is_unpublished = 0;
    std::uint8_t has_checked = 0; ///< since it woke up: it need not look again before it sleeps

    bool operator==(BackEnd const&) const = default;
    bool is_done() const { return taken_count == 0; }

    Choice run(Operation operation, Cpu& cpu, Events events)
    {
        switch (operation) {
        case Operation::look: {
            auto const available =
                with<Back>(ring, [](Back const& back) { return back.available(); });
            if (!available)
                throw Violation{"the backend takes the frontend's index for nonsense"};
            return any_of(*available > 0 ? Operation::take : Operation::final_check);
        }
        case Operation::take:
            accept(with<Back>(ring, [](Back& back) { return back.take(); }));
            return rest();
        case Operation::final_check: {
            bool const found = with<Back>(ring, [](Back& back) { return back.final_check(); });
            has_checked = !(found && ring_case.back_checks);
            return rest();
        }
        case Operation::put: answer(0); return rest();
        case Operation::put_newest: answer(taken_count - 1u); return rest();
        case Operation::publish: {
            bool const wanted = with<Back>(ring, [](Back& back) { return back.publish(); });
            is_unpublished = 0;
            return wanted ? any_of(Operation::notify) : rest();
        }
        case Operation::notify:
            cpu.locked("raises the event", [&] { events.other = 1; });
            return rest();
        case Operation::sleep:
            cpu.locked("wakes up", [&] {
                if (!std::exchange(events.own, std::uint8_t{0}))
                    throw Blocked{};
            });
            has_checked = 0;
            return any_of(Operation::look);
        case Operation::none: break;
        }
        throw Violation{"the backend does what none does"};
    }

private:
    Choice answers() const
    {
        Choice const newest =
            taken_count > 1 && !ring_case.is_orderly ? any_of(Operation::put_newest) : Choice{0};
        return taken_count > 0 ? static_cast<Choice>(newest | any_of(Operation::put)) : Choice{0};
    }

    Choice rest() const
    {
        Choice const publish = is_unpublished ? any_of(Operation::publish) : Choice{0};
        if (!has_checked)
            return static_cast<Choice>(answers() | publish | any_of(Operation::look));
        return static_cast<Choice>(answers() | (publish ? publish : any_of(Operation::sleep)));
    }

    void accept(Message request)
    {
        if (request.request_number() != next_number)
            throw Violation{"a request is read before it is written, or comes twice"};
        taken[taken_count++] = next_number++;
    }

    void answer(std::size_t which)
    {
        with<Back>(ring, [&](Back& back) {
            back.put(Message::response(taken[which]));
            return 0;
        });
        std::shift_left(taken.begin() + which, taken.end(), 1);
        taken[--taken_count] = 0;
        is_unpublished = 1;
    }
};

} // namespace lodger::model
