// The shared ring, under x86's memory model: no wake-up is lost, and nothing is read before it is
// written. And what is found when a fence, an order or a look is left out.

#include <lodger/tests/model/ring_ends.hpp>
#include <lodger/tests/model/show.hpp>

#include <catch2/catch.hpp>
#include <cstring>

using namespace lodger;
using namespace lodger::model;

namespace {

constexpr std::size_t slots_of_largest = 4;
using RingModel = TwoCpus<FrontEnd, BackEnd, Layout::indices + slots_of_largest>;

struct Page {
    alignas(64) std::array<
        std::byte, sizeof(ring::SharedHeader) + slots_of_largest * sizeof(Message)> bytes;
};
Page page;

constexpr RingCase few{.start = 0xfffffffe, .requests = 3};

/// A ring that has been in use for `start` requests already.
template <class Ring>
Bytes<Ring> aged(Ring const& ring, RING_IDX start)
{
    struct Image {
        void* header;
        void* slots;
        RING_IDX mask;
        std::array<RING_IDX, 3> indices;
    };
    auto image = std::bit_cast<Image>(ring);
    for (RING_IDX& index : image.indices) {
        REQUIRE(index == 0);
        index = start;
    }
    return std::bit_cast<Bytes<Ring>>(image);
}

RingModel model_of(std::size_t slots, RingCase const& wanted)
{
    ring_case = wanted;
    std::span const used =
        std::span{page.bytes}.first(sizeof(ring::SharedHeader) + slots * sizeof(Message));
    Front const front{used};
    Back const back{used};
    REQUIRE(front.capacity() == slots);
    RingModel::State state{};
    std::memcpy(state.memory.data(), used.data(), 4 * sizeof(RING_IDX));
    for (std::size_t i = 0; i < Layout::indices; ++i)
        state.memory[i] += wanted.start;
    state.first.end.ring = aged(front, wanted.start);
    state.first.next = any_of(Operation::put);
    state.second.end.ring = aged(back, wanted.start);
    state.second.next = any_of(Operation::look);
    Layout const layout{
        page.bytes.data(),
        sizeof(ring::SharedHeader),
        sizeof(Message),
        {"req_prod", "req_event", "rsp_prod", "rsp_event"}};
    return {layout, state};
}

} // namespace

TEST_CASE("no wake-up is lost and nothing is read too early, in a small ring used over and over")
{
    RingCase const small{.start = 0xfffffffe, .requests = 5};
    REQUIRE(explore_and_show("2 slots, 5 requests", model_of(2, small)).violation == "");
}

TEST_CASE("no wake-up is lost and nothing is read too early, in a larger ring")
{
    RingCase const once{.start = 0, .requests = 3};
    REQUIRE(explore_and_show("4 slots, 3 requests", model_of(4, once)).violation == "");
    RingCase const again{.start = 0xfffffffd, .requests = 6, .is_orderly = true};
    REQUIRE(explore_and_show("4 slots, 6 requests, orderly", model_of(4, again)).violation == "");
}

TEST_CASE("no wake-up is lost when one event is asked for at the last of several responses")
{
    RingCase const batch{.start = 0xfffffffe, .requests = 4, .batches_responses = true};
    REQUIRE(explore_and_show("2 slots, one event a batch", model_of(2, batch)).violation == "");
}

TEST_CASE("without any one of the four fences a wake-up is lost")
{
    for (std::size_t const side : {0, 1}) {
        for (Operation const operation : {Operation::publish, Operation::final_check}) {
            auto model = model_of(2, few);
            model.omit(side, operation, {.fence = true});
            auto const report = explore_and_show(
                std::string{side == 0 ? "front" : "back"} + " without the fence in " +
                    std::string{name(operation)},
                model);
            REQUIRE(report.violation == RingModel::stuck);
        }
    }
}

TEST_CASE("without either final check a wake-up is lost")
{
    RingCase front = few;
    front.front_checks = false;
    auto const no_front = explore_and_show("front without a final check", model_of(2, front));
    REQUIRE(no_front.violation == RingModel::stuck);
    RingCase back = few;
    back.back_checks = false;
    auto const no_back = explore_and_show("back without a final check", model_of(2, back));
    REQUIRE(no_back.violation == RingModel::stuck);
}

TEST_CASE("an index that is seen before its slots makes the other end read too early")
{
    for (std::size_t const side : {0, 1}) {
        auto model = model_of(2, few);
        model.omit(side, Operation::publish, {.release = true});
        auto const report = explore_and_show(
            std::string{side == 0 ? "front" : "back"} + " without release in publish", model);
        REQUIRE(report.violation.find("is read before it is written") != std::string::npos);
    }
}
