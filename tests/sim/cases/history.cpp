// What the other end could have seen at each past instant.

#include <lodger/blkfront/transfer.hpp>
#include <lodger/tests/sim/block/job.hpp>
#include <lodger/tests/sim/block/rig.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>
#include <cstring>

using namespace lodger;
using namespace std::literals;
using sim::Arena;
using sim::BlockRig;
using sim::RecordedStore;
using sim::Recorder;

namespace {

template <class T>
T value_in(Recorder::Bytes const& page, std::size_t offset)
{
    T value;
    std::memcpy(&value, page.data() + offset, sizeof value);
    return value;
}

/// Follows the page of a ring through the past.
struct RingHistory {
    using Request = ::blkif_request;
    static constexpr std::size_t slots_at = sizeof(ring::SharedHeader);
    static constexpr std::uint32_t slots = 32;

    lodger::Domain frontend;
    ring::SharedHeader before{};
    std::size_t requests = 0;

    void visit(RecordedStore const& store, Recorder::Bytes const& page)
    {
        if (store.bytes.size() == page_size) // It was allocated.
            return;
        auto const now = value_in<ring::SharedHeader>(page, 0);
        bool const is_ours = store.by == frontend;
        if (store.offset < slots_at)
            check_published(page, now);
        else if (is_ours)
            REQUIRE_FALSE(is_waiting(slot_of(store)));
        else
            REQUIRE(is_waiting(slot_of(store)));
        before = now;
    }

private:
    static std::uint32_t slot_of(RecordedStore const& store)
    {
        return static_cast<std::uint32_t>((store.offset - slots_at) / sizeof(Request));
    }

    /// Whether a request is published there to which no response is.
    bool is_waiting(std::uint32_t slot) const
    {
        for (std::uint32_t index = before.rsp_prod; index != before.req_prod; ++index) {
            if (index % slots == slot)
                return true;
        }
        return false;
    }

    /// Whoever sees an index also sees all that it stands for.
    void check_published(Recorder::Bytes const& page, ring::SharedHeader const& now)
    {
        for (std::uint32_t index = before.req_prod; index != now.req_prod; ++index) {
            auto const request =
                value_in<Request>(page, slots_at + index % slots * sizeof(Request));
            bool const is_flush = request.operation == BLKIF_OP_FLUSH_DISKCACHE;
            REQUIRE((is_flush || request.operation <= BLKIF_OP_WRITE));
            REQUIRE(request.nr_segments <= 11);
            REQUIRE((request.nr_segments == 0) == is_flush);
            for (std::size_t i = 0; i < request.nr_segments; ++i)
                REQUIRE(request.seg[i].gref != 0);
            ++requests;
        }
        REQUIRE(now.req_prod - now.rsp_prod <= slots);
    }
};

/// Whether a node was there at an instant.
bool was_there(sim::World& world, std::string const& path, Instant at)
{
    return world.store().value_at(path, at).has_value();
}

} // namespace

TEST_CASE("what is in the ring is complete when its index shows it, and stays until the response")
{
    sim::for_each_seed(150, [](sim::World& world) {
        Recorder& recorder = world.record();
        BlockRig rig{world};
        std::optional<Arena::Page> ring;
        rig.with_device([&](BlockRig::Device& device) {
            ring = Arena::instance().page_of(rig.disk.ring().data());
            std::vector<std::byte> data(rig.disk.medium().size());
            REQUIRE(blkfront::read(device, 0, std::span{data}, rig.in(10s)));
            REQUIRE(blkfront::write(device, 0, data, rig.in(10s)));
        });
        RingHistory history{rig.guest.domain.id()};
        bool is_ours = false; // until the page is allocated for the ring
        recorder.replay(*ring, [&](RecordedStore const& store, Recorder::Bytes const& page) {
            is_ours |= store.bytes.size() == page_size;
            if (is_ours)
                history.visit(store, page);
        });
        REQUIRE(history.requests >= 6);
    });
}

TEST_CASE("a state was never to be seen before what it promises")
{
    sim::for_each_seed(200, [](sim::World& world) {
        Recorder& recorder = world.record();
        BlockRig rig{world};
        std::optional<Arena::Page> ring;
        rig.with_device(
            [&](BlockRig::Device&) { ring = Arena::instance().page_of(rig.disk.ring().data()); });
        std::size_t promises = 0;
        for (sim::StoreRecord const& record : world.store().history()) {
            bool const by_frontend = record.path == rig.disk.frontend_path() + "/state";
            if (by_frontend && record.value == "3") {
                ++promises;
                for (char const* const key : {"/ring-ref", "/event-channel"})
                    REQUIRE(was_there(world, rig.disk.frontend_path() + key, record.at));
                auto const page = recorder.page_at(*ring, record.at);
                auto const header = value_in<ring::SharedHeader>(page, 0);
                REQUIRE((header.req_event == 1 && header.rsp_event == 1));
                REQUIRE((header.req_prod == 0 && header.rsp_prod == 0));
            }
            if (record.path == rig.disk.path() + "/state" && record.value == "4") {
                ++promises;
                for (char const* const key : {"/sectors", "/sector-size", "/info"})
                    REQUIRE(was_there(world, rig.disk.path() + key, record.at));
            }
        }
        REQUIRE(promises == 2);
    });
}

TEST_CASE("the past is kept as far back as asked, and what is older is where it begins")
{
    sim::for_each_seed(20, [](sim::World& world) {
        Recorder& recorder = world.record(400);
        sim::Domain& guest = world.add_domain(5);
        auto const memory = guest.allocate_pages(1).value();
        auto& cell = *reinterpret_cast<std::uint32_t*>(memory.data() + 128);
        std::vector<Instant> when;
        guest.spawn("writer", [&] {
            for (std::uint32_t i = 1; i <= 1000; ++i) {
                sim::Memory::store_release(cell, i);
                when.push_back(world.now());
                guest.sleep(1us);
            }
        });
        world.run();
        REQUIRE(recorder.stores().size() == 100);
        REQUIRE(recorder.value_at(cell, when[999]) == 1000);
        REQUIRE(recorder.value_at(cell, when[950]) == 951);
        REQUIRE(recorder.value_at(cell, when[950] - 1ns) == 950);
        REQUIRE(recorder.value_at(cell, when[0]) == 900); // What comes first that is known.
        guest.free_pages(memory);
    });
}
