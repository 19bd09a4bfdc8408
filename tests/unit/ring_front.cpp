#include <lodger/core/ids.hpp>
#include <lodger/ring/back.hpp>
#include <lodger/ring/front.hpp>
#include <lodger/tests/unit/support/disturbed_memory.hpp>

#include <array>
#include <catch2/catch.hpp>
#include <vector>

using namespace lodger;
using test::DisturbedMemory;

namespace {

struct Request {
    std::uint64_t number;
    std::byte rest[104];
};
static_assert(sizeof(Request) == 112);

struct Response {
    std::uint64_t number;
    std::uint64_t more;
};

using Front = ring::FrontRing<Request, Response, DisturbedMemory>;
using Back = ring::BackRing<Request, Response, DisturbedMemory>;

struct alignas(page_size) RingPage {
    std::array<std::byte, page_size> bytes{};

    ring::SharedHeader& header() { return *reinterpret_cast<ring::SharedHeader*>(bytes.data()); }
};

/// Whatever an earlier test had armed is over.
struct Quiet {
    Quiet() { DisturbedMemory::arm(0, {}); }
    ~Quiet() { DisturbedMemory::arm(0, {}); }
};

struct Rings {
    Quiet quiet{};
    RingPage page{};
    Front front{page.bytes};
    Back back{page.bytes};

    void answer_all()
    {
        for (auto ready = back.available().value(); ready > 0; --ready)
            back.put({back.take().number, 0});
        back.publish();
    }
};

} // namespace

TEST_CASE("one page holds 32 requests of 112 bytes, and larger rings a power of two more")
{
    Rings rings;
    REQUIRE(rings.front.capacity() == 32);
    REQUIRE(rings.back.capacity() == 32);
    REQUIRE(ring::slot_count(2 * page_size, 112) == 64);
    REQUIRE(ring::slot_count(16 * page_size, 112) == 512);
}

TEST_CASE("a new ring is laid out as Xen's SHARED_RING_INIT does, over a dirty page")
{
    RingPage page;
    page.bytes.fill(std::byte{0xff});
    Front const front{page.bytes};
    REQUIRE(page.header().req_prod == 0);
    REQUIRE(page.header().rsp_prod == 0);
    REQUIRE(page.header().req_event == 1);
    REQUIRE(page.header().rsp_event == 1);
    REQUIRE(front.available() == 0u);
}

TEST_CASE("requests and responses come through in order, over many turns of the ring")
{
    Rings rings;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    for (int turn = 0; turn < 200; ++turn) {
        std::size_t const batch = 1 + turn % 32;
        for (std::size_t i = 0; i < batch; ++i)
            rings.front.put({sent++, {}});
        rings.front.publish();
        rings.answer_all();
        REQUIRE(rings.front.available() == batch);
        for (std::size_t i = 0; i < batch; ++i)
            REQUIRE(rings.front.take().number == received++);
        REQUIRE(rings.front.free() == 32);
    }
}

TEST_CASE("requests are invisible to the backend until they are published")
{
    Rings rings;
    rings.front.put({1, {}});
    REQUIRE(rings.back.available() == 0u);
    REQUIRE(rings.front.in_flight() == 1);
    rings.front.publish();
    REQUIRE(rings.back.available() == 1u);
}

TEST_CASE("a backend that claims more responses than requests in flight is caught")
{
    Rings rings;
    rings.front.put({1, {}});
    rings.front.put({2, {}});
    rings.front.publish();
    for (RING_IDX const lie : {3u, 33u, 1'000'000u, 0x80000000u, 0xffffffffu}) {
        rings.page.header().rsp_prod = lie;
        CHECK(rings.front.available().error() == Errc::protocol);
    }
    rings.page.header().rsp_prod = 2;
    REQUIRE(rings.front.available() == 2u);
}

TEST_CASE("a response to a request that was put but not published is a lie")
{
    Rings rings;
    rings.front.put({1, {}});
    rings.front.publish();
    rings.front.put({2, {}});
    rings.page.header().rsp_prod = 2;
    REQUIRE(rings.front.available().error() == Errc::protocol);
}

TEST_CASE("a backend that scribbles over the page moves neither of our indices")
{
    Rings rings;
    rings.front.put({1, {}});
    rings.front.publish();
    rings.page.bytes.fill(std::byte{0xa5});
    REQUIRE(rings.front.in_flight() == 1);
    rings.front.put({2, {}});
    rings.front.publish();
    REQUIRE(rings.page.header().req_prod == 2);
}

TEST_CASE("publishing notifies exactly when the new requests pass the one that was asked for")
{
    for (RING_IDX event = 0; event <= 6; ++event) {
        Rings rings;
        rings.front.put({0, {}});
        rings.front.put({1, {}});
        REQUIRE(rings.front.publish()); // req_event is 1 in a new ring.
        rings.front.put({2, {}});
        rings.front.put({3, {}});
        rings.page.header().req_event = event;
        CHECK(rings.front.publish() == (event == 3 || event == 4));
        CHECK_FALSE(rings.front.publish()); // Nothing new.
    }
}

TEST_CASE("the final check asks for the next event and sees a response that came meanwhile")
{
    Rings rings;
    for (std::uint64_t i = 0; i < 4; ++i)
        rings.front.put({i, {}});
    rings.front.publish();
    REQUIRE_FALSE(rings.front.final_check());
    REQUIRE(rings.page.header().rsp_event == 1);
    REQUIRE_FALSE(rings.front.final_check(3));
    REQUIRE(rings.page.header().rsp_event == 3);
    rings.answer_all();
    REQUIRE(rings.front.final_check());
}

TEST_CASE("a response is either seen by the final check or notified, at whatever step it comes")
{
    for (std::size_t at = 1; at <= 3; ++at) {
        Rings rings;
        rings.front.put({0, {}});
        rings.front.publish();
        rings.back.put({rings.back.take().number, 0});
        bool notified = false;
        DisturbedMemory::arm(at, [&] {
            DisturbedMemory::strike_at = 0;
            notified = rings.back.publish();
        });
        bool const seen = rings.front.final_check();
        if (at <= DisturbedMemory::accesses)
            CHECK((seen || notified));
    }
}

TEST_CASE("a request is either seen by the backend's final check or notified")
{
    for (std::size_t at = 1; at <= 3; ++at) {
        Rings rings;
        rings.front.put({0, {}});
        rings.front.publish();
        rings.back.take();
        rings.front.put({1, {}});
        bool notified = false;
        DisturbedMemory::arm(at, [&] {
            DisturbedMemory::strike_at = 0;
            notified = rings.front.publish();
        });
        bool const seen = rings.back.final_check();
        CHECK((seen || notified));
    }
}

TEST_CASE("a slot is not touched again once it was published")
{
    Rings rings;
    rings.front.put({7, {}});
    rings.front.publish();
    auto const published = rings.page.bytes;
    rings.front.put({8, {}});
    rings.front.publish();
    rings.front.final_check();
    static_cast<void>(rings.front.available());
    auto const slot = [](auto const& bytes) {
        return std::vector(bytes.begin() + 64, bytes.begin() + 64 + 112);
    };
    REQUIRE(slot(rings.page.bytes) == slot(published));
}

TEST_CASE("the slot is complete before the index that shows it")
{
    for (std::size_t at = 1; at <= 4; ++at) {
        Rings rings;
        bool incomplete = false;
        DisturbedMemory::arm(at, [&] {
            auto const* const slot = reinterpret_cast<Request const*>(rings.page.bytes.data() + 64);
            incomplete = rings.page.header().req_prod == 1 && slot->number != 9;
        });
        rings.front.put({9, {}});
        rings.front.publish();
        CHECK_FALSE(incomplete);
    }
}

TEST_CASE("a response changed after it was taken does not change the copy")
{
    Rings rings;
    rings.front.put({1, {}});
    rings.front.publish();
    rings.answer_all();
    Response const response = rings.front.take();
    rings.page.bytes.fill(std::byte{0xff});
    REQUIRE(response.number == 1);
}
