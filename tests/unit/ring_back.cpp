#include <lodger/core/ids.hpp>
#include <lodger/ring/back.hpp>
#include <lodger/ring/front.hpp>

#include <array>
#include <catch2/catch.hpp>

using namespace lodger;

namespace {

struct Message {
    std::uint64_t number;
    std::byte rest[104];
};

using Front = ring::FrontRing<Message, Message, SharedMemory>;
using Back = ring::BackRing<Message, Message, SharedMemory>;

struct Rings {
    alignas(page_size) std::array<std::byte, page_size> page{};
    Front front{page};
    Back back{page};

    ring::SharedHeader& header() { return *reinterpret_cast<ring::SharedHeader*>(page.data()); }
};

} // namespace

TEST_CASE("a frontend that claims more requests than the ring holds is caught")
{
    Rings rings;
    for (RING_IDX const lie : {33u, 1'000'000u, 0x80000000u, 0xffffffffu}) {
        rings.header().req_prod = lie;
        CHECK(rings.back.available().error() == Errc::protocol);
    }
    rings.header().req_prod = 32;
    REQUIRE(rings.back.available() == 32u);
}

TEST_CASE("requests that were taken but not answered still take up room")
{
    Rings rings;
    rings.header().req_prod = 32;
    for (int i = 0; i < 32; ++i)
        rings.back.take();
    rings.header().req_prod = 33;
    REQUIRE(rings.back.available().error() == Errc::protocol);
    rings.back.put({});
    REQUIRE(rings.back.available() == 1u);
}

TEST_CASE("a frontend that takes back requests is caught, also while some are not answered")
{
    Rings rings;
    rings.header().req_prod = 8;
    for (int i = 0; i < 8; ++i)
        rings.back.take();
    for (RING_IDX const lie : {7u, 1u, 0u}) {
        rings.header().req_prod = lie;
        CHECK(rings.back.available().error() == Errc::protocol);
    }
}

TEST_CASE("responses may be put in any order and are shown together")
{
    Rings rings;
    rings.front.put({1, {}});
    rings.front.put({2, {}});
    rings.front.publish();
    Message const first = rings.back.take();
    Message const second = rings.back.take();
    rings.back.put(second);
    rings.back.put(first);
    REQUIRE(rings.front.available() == 0u);
    REQUIRE(rings.back.publish());
    REQUIRE(rings.front.take().number == 2);
    REQUIRE(rings.front.take().number == 1);
}

TEST_CASE("the frontend is notified only of the response that it waits for")
{
    Rings rings;
    for (std::uint64_t i = 0; i < 3; ++i)
        rings.front.put({i, {}});
    rings.front.publish();
    rings.front.final_check(2);
    rings.back.put(rings.back.take());
    REQUIRE_FALSE(rings.back.publish());
    rings.back.put(rings.back.take());
    REQUIRE(rings.back.publish());
    rings.back.put(rings.back.take());
    REQUIRE_FALSE(rings.back.publish());
}
