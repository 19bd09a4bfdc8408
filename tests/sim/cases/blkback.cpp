#include <lodger/tests/sim/block/raw_frontend.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>

// The block backend, request by request, against a frontend that is driven by hand.

using namespace lodger;
using namespace std::literals;
using sim::BlockOptions;
using sim::BlockRig;
using sim::RawFrontend;
using sim::RawOffer;
using Data = RawFrontend::Data;
using Segment = RawFrontend::Segment;
using xenbus::State;

namespace {

/// A disk whose backend offers everything.
BlockOptions all()
{
    return {.offers = sim::all_offers};
}

/// Runs `body(rig, frontend, guest)` connected, and closes; nothing may be left.
template <class Body>
void connected(
    std::size_t seeds, BlockOptions const& options, RawOffer const& offer, Body const& body)
{
    sim::for_each_seed(seeds, [&](sim::World& world) {
        BlockRig rig{world, options};
        rig.guest.run([&](sim::Guest& guest) {
            RawFrontend frontend{guest, rig.disk};
            frontend.connect(offer);
            body(rig, frontend, guest);
            frontend.close();
        });
        REQUIRE(rig.is_clean());
        REQUIRE(world.grants().mapped_from(rig.guest.domain.id()) == 0);
        REQUIRE(rig.driver.domain.open_ports() == 1);
    });
}

std::span<std::byte> sectors(BlockRig& rig, std::size_t first, std::size_t count)
{
    return std::span{rig.disk.medium()}.subspan(first * 512, count * 512);
}

void fill(std::span<std::byte> bytes, sim::Random& random)
{
    std::ranges::generate(bytes, [&] { return static_cast<std::byte>(random.next()); });
}

} // namespace

TEST_CASE("direct requests of one to eleven segments move the right sectors")
{
    connected(30, all(), {}, [](BlockRig& rig, RawFrontend& frontend, sim::Guest& guest) {
        Data const data{guest, 11};
        for (std::uint8_t const operation : {BLKIF_OP_READ, BLKIF_OP_WRITE}) {
            fill(data.bytes(), rig.world.random());
            auto request = frontend.make(operation, 3, {data.segment(0, 2, 6)});
            for (std::size_t i = 1; i < 11; ++i)
                request.seg[i] = data.segment(i);
            request.nr_segments = 11;
            REQUIRE(frontend.ask(request) == BLKIF_RSP_OKAY);
            // The first answer's bytes between and behind its members.
            auto const ring = frontend.queues[0]->pages.bytes();
            for (std::size_t const at : {64 + 9, 64 + 12, 64 + 13, 64 + 14, 64 + 15})
                REQUIRE(ring[at] == std::byte{});
            REQUIRE(std::ranges::equal(data.bytes().subspan(1024, 5 * 512), sectors(rig, 3, 5)));
            REQUIRE(std::ranges::equal(data.bytes().subspan(4096), sectors(rig, 8, 80)));
        }
    });
}

TEST_CASE("indirect requests move as many segments as were promised")
{
    BlockOptions const options{.size = 2 * 1024 * 1024, .offers = sim::all_offers};
    connected(10, options, {}, [](BlockRig& rig, RawFrontend& frontend, sim::Guest& guest) {
        std::vector<std::unique_ptr<Data>> data;
        std::vector<Segment> segments;
        for (std::size_t i = 0; i < 256; ++i) {
            if (i % 16 == 0)
                data.push_back(std::make_unique<Data>(guest, 16));
            segments.push_back(data.back()->segment(i % 16));
        }
        Data const table{guest, 1, Access::read_only};
        for (auto const& each : data)
            fill(each->bytes(), rig.world.random());
        REQUIRE(
            frontend.ask(frontend.make_indirect(BLKIF_OP_WRITE, 8, segments, table)) ==
            BLKIF_RSP_OKAY);
        for (std::size_t i = 0; i < data.size(); ++i) {
            REQUIRE(std::ranges::equal(data[i]->bytes(), sectors(rig, 8 + i * 128, 128)));
            std::ranges::fill(data[i]->bytes(), std::byte{});
        }
        REQUIRE(
            frontend.ask(frontend.make_indirect(BLKIF_OP_READ, 8, segments, table)) ==
            BLKIF_RSP_OKAY);
        for (std::size_t i = 0; i < data.size(); ++i)
            REQUIRE(std::ranges::equal(data[i]->bytes(), sectors(rig, 8 + i * 128, 128)));
        segments.push_back(segments.front());
        REQUIRE(
            frontend.ask(frontend.make_indirect(BLKIF_OP_READ, 8, segments, table)) ==
            BLKIF_RSP_ERROR);
    });
}

TEST_CASE("rings of one to sixteen pages are served, by both names, beyond their first round")
{
    for (std::size_t pages = 1; pages <= 16; pages *= 2) {
        for (bool const old_names : {false, true}) {
            RawOffer const offer{.ring_pages = pages, .old_names = old_names};
            connected(
                3, {.most_latency = 20us, .offers = sim::all_offers}, offer,
                [&](BlockRig& rig, RawFrontend& frontend, sim::Guest& guest) {
                    Data const data{guest};
                    auto& ring = frontend.queues[0]->ring;
                    REQUIRE(ring.capacity() == ring::slot_count(pages * page_size, 112));
                    for (int round = 0; round < 3; ++round) {
                        for (RING_IDX i = 0; i < ring.capacity(); ++i)
                            frontend.send(frontend.make(BLKIF_OP_READ, 5, {data.segment()}));
                        for (RING_IDX i = 0; i < ring.capacity(); ++i)
                            REQUIRE(frontend.receive().status == BLKIF_RSP_OKAY);
                    }
                    REQUIRE(std::ranges::equal(data.bytes(), sectors(rig, 5, 8)));
                });
        }
    }
}

TEST_CASE("several queues are served, each with its own ring and port")
{
    RawOffer const offer{.ring_pages = 2, .queues = 4};
    connected(20, all(), offer, [](BlockRig& rig, RawFrontend& frontend, sim::Guest& guest) {
        while (!rig.disk.is_connected_to_ring()) // Just after it has said so.
            guest.domain.sleep(100us);
        REQUIRE(rig.disk.queue_count() == 4);
        std::vector<std::unique_ptr<Data>> data;
        for (std::size_t queue = 0; queue < 4; ++queue) {
            data.push_back(std::make_unique<Data>(guest));
            frontend.send(frontend.make(BLKIF_OP_READ, queue * 8, {data.back()->segment()}), queue);
        }
        for (std::size_t queue = 0; queue < 4; ++queue) {
            REQUIRE(frontend.receive(queue).status == BLKIF_RSP_OKAY);
            REQUIRE(std::ranges::equal(data[queue]->bytes(), sectors(rig, queue * 8, 8)));
        }
    });
}

TEST_CASE("persistent grants stay mapped, the least recently used make room, closing frees all")
{
    BlockOptions options = all();
    options.offers.persistent_grants = 4;
    RawOffer const offer{.persistent = true};
    connected(20, options, offer, [](BlockRig& rig, RawFrontend& frontend, sim::Guest& guest) {
        REQUIRE(frontend.read("feature-persistent") == "1");
        Data const& data = frontend.make_data(8);
        auto const use = [&](std::size_t page, unsigned operation) {
            REQUIRE(
                frontend.ask(frontend.make(operation, page * 8, {data.segment(page)})) ==
                BLKIF_RSP_OKAY);
            REQUIRE(std::ranges::equal(
                data.bytes().subspan(page * page_size, page_size), sectors(rig, page * 8, 8)));
        };
        auto const is_mapped = [&](std::size_t page) {
            return guest.grants.is_mapped(data.pages.refs()[page]);
        };
        // What was written first may be read into the next time.
        for (std::size_t page = 0; page < 4; ++page)
            use(page, BLKIF_OP_WRITE);
        for (std::size_t page = 0; page < 4; ++page)
            use(page, BLKIF_OP_READ);
        REQUIRE(rig.disk.kept_pages() == 4);
        use(0, BLKIF_OP_READ);
        use(4, BLKIF_OP_READ);
        REQUIRE(rig.disk.kept_pages() == 4);
        REQUIRE((is_mapped(0) && !is_mapped(1) && is_mapped(2) && is_mapped(3) && is_mapped(4)));
        // One request may need more than may stay.
        auto request = frontend.make(BLKIF_OP_READ, 0, {});
        for (std::size_t i = 0; i < 8; ++i)
            request.seg[i] = data.segment(i);
        request.nr_segments = 8;
        REQUIRE(frontend.ask(request) == BLKIF_RSP_OKAY);
        REQUIRE(std::ranges::equal(data.bytes(), sectors(rig, 0, 64)));
        REQUIRE(rig.disk.kept_pages() == 4);
    });
}

TEST_CASE("without persistent grants nothing stays mapped after its response")
{
    BlockOptions options = all();
    for (bool const backend_wants : {false, true}) {
        options.offers.persistent = backend_wants;
        RawOffer const offer{.persistent = !backend_wants};
        connected(10, options, offer, [](BlockRig&, RawFrontend& frontend, sim::Guest& guest) {
            Data const data{guest, 1, Access::read_only};
            REQUIRE(
                frontend.ask(frontend.make(BLKIF_OP_WRITE, 0, {data.segment()})) == BLKIF_RSP_OKAY);
            REQUIRE_FALSE(guest.grants.is_mapped(data.pages.refs()[0]));
        });
    }
}

TEST_CASE("what was flushed survives a loss of power, and what was not may be lost")
{
    std::size_t lost = 0;
    connected(30, all(), {}, [&](BlockRig& rig, RawFrontend& frontend, sim::Guest& guest) {
        Data const data{guest, 2};
        fill(data.bytes(), rig.world.random());
        REQUIRE(
            frontend.ask(frontend.make(BLKIF_OP_WRITE, 0, {data.segment(0)})) == BLKIF_RSP_OKAY);
        REQUIRE(frontend.ask(frontend.make(BLKIF_OP_FLUSH_DISKCACHE, 0, {})) == BLKIF_RSP_OKAY);
        REQUIRE(
            frontend.ask(frontend.make(BLKIF_OP_WRITE, 8, {data.segment(1)})) == BLKIF_RSP_OKAY);
        rig.disk.platters().lose_power();
        REQUIRE(std::ranges::equal(data.bytes().first(4096), sectors(rig, 0, 8)));
        lost += !std::ranges::equal(data.bytes().subspan(4096), sectors(rig, 8, 8));
        // One that carries data makes sure of what came before, a barrier of itself as well.
        REQUIRE(
            frontend.ask(frontend.make(BLKIF_OP_WRITE, 16, {data.segment(1)})) == BLKIF_RSP_OKAY);
        REQUIRE(
            frontend.ask(frontend.make(BLKIF_OP_FLUSH_DISKCACHE, 24, {data.segment(1)})) ==
            BLKIF_RSP_OKAY);
        REQUIRE(std::ranges::equal(data.bytes().subspan(4096), sectors(rig, 24, 8)));
        rig.disk.platters().lose_power();
        REQUIRE(std::ranges::equal(data.bytes().subspan(4096), sectors(rig, 16, 8)));
        REQUIRE(
            frontend.ask(frontend.make(BLKIF_OP_WRITE_BARRIER, 32, {data.segment(0)})) ==
            BLKIF_RSP_OKAY);
        rig.disk.platters().lose_power();
        REQUIRE(std::ranges::equal(data.bytes().first(4096), sectors(rig, 32, 8)));
    });
    REQUIRE(lost > 0);
}

TEST_CASE("a barrier ends after all that came before it, and before anything that comes after")
{
    connected(60, all(), {}, [](BlockRig& rig, RawFrontend& frontend, sim::Guest& guest) {
        Data const data{guest};
        std::vector<std::uint64_t> sent;
        for (std::size_t i = 0; i < 12; ++i) {
            unsigned const operation = i == 5 ? BLKIF_OP_WRITE_BARRIER : BLKIF_OP_READ;
            auto const request = frontend.make(operation, i * 8, {data.segment()});
            sent.push_back(request.id);
            frontend.send(request);
        }
        std::vector<std::uint64_t> order;
        for (std::size_t i = 0; i < 12; ++i) {
            auto const response = frontend.receive();
            REQUIRE(response.status == BLKIF_RSP_OKAY);
            order.push_back(response.id);
        }
        REQUIRE(order[5] == sent[5]);
        REQUIRE(std::ranges::is_permutation(std::span{order}.first(5), std::span{sent}.first(5)));
        REQUIRE(rig.disk.state() == State::connected);
    });
}

TEST_CASE("a discard covers what it names, and nothing beyond the disk")
{
    connected(20, all(), {}, [](BlockRig& rig, RawFrontend& frontend, sim::Guest&) {
        auto const before = rig.disk.medium();
        REQUIRE(frontend.ask(frontend.make_discard(8, 4)) == BLKIF_RSP_OKAY);
        REQUIRE(
            std::ranges::all_of(sectors(rig, 8, 4), [](std::byte b) { return b == std::byte{}; }));
        REQUIRE(std::ranges::equal(
            sectors(rig, 12, 20), std::span{before}.subspan(12 * 512, 20 * 512)));
        REQUIRE(frontend.ask(frontend.make_discard(12, 2, true)) == BLKIF_RSP_OKAY);
        for (auto const& [sector, count] :
             {std::pair{256ull, 1ull}, {255ull, 2ull}, {~0ull, 2ull}, {0ull, ~0ull}, {3ull, 0ull}})
            REQUIRE(frontend.ask(frontend.make_discard(sector, count)) == BLKIF_RSP_ERROR);
    });
}

TEST_CASE("a request that makes no sense is an error, and nothing is touched")
{
    connected(20, all(), {}, [](BlockRig& rig, RawFrontend& frontend, sim::Guest& guest) {
        Data const data{guest, 1, Access::read_only};
        Data const table{guest};
        auto const before = rig.disk.medium();
        auto const is_error = [&](RawFrontend::Request const& request) {
            return frontend.ask(request) == BLKIF_RSP_ERROR;
        };
        Segment const page = data.segment();
        CHECK(is_error(frontend.make(BLKIF_OP_READ, 0, {})));
        auto too_many = frontend.make(BLKIF_OP_WRITE, 0, {page});
        too_many.nr_segments = 12;
        CHECK(is_error(too_many));
        CHECK(is_error(frontend.make(BLKIF_OP_WRITE, 0, {data.segment(0, 0, 8)})));
        CHECK(is_error(frontend.make(BLKIF_OP_WRITE, 0, {data.segment(0, 3, 2)})));
        CHECK(is_error(frontend.make(BLKIF_OP_WRITE, 0, {data.segment(0, 0, 255)})));
        CHECK(is_error(frontend.make(BLKIF_OP_WRITE, 249, {page})));
        CHECK(is_error(frontend.make(BLKIF_OP_WRITE, 256, {page})));
        CHECK(is_error(frontend.make(BLKIF_OP_WRITE, ~std::uint64_t{0}, {page})));
        CHECK(is_error(frontend.make(BLKIF_OP_WRITE, 0, {page, {0xffffff, 0, 7}})));
        CHECK(is_error(frontend.make(BLKIF_OP_READ, 0, {page}))); // Granted read-only.
        CHECK(is_error(frontend.make_indirect(BLKIF_OP_FLUSH_DISKCACHE, 0, {page}, table)));
        CHECK(is_error(frontend.make_indirect(BLKIF_OP_WRITE, 0, {}, table)));
        CHECK(is_error(frontend.make_indirect(BLKIF_OP_WRITE, 0, {{77, 0, 7}}, table)));
        CHECK(is_error(frontend.make_indirect(BLKIF_OP_WRITE, 255, {page}, table)));
        for (unsigned const operation : {4u, 7u, 200u})
            CHECK(frontend.ask(frontend.make(operation, 0, {page})) == BLKIF_RSP_EOPNOTSUPP);
        REQUIRE(rig.disk.medium() == before);
        REQUIRE(frontend.ask(frontend.make(BLKIF_OP_WRITE, 0, {page})) == BLKIF_RSP_OKAY);
    });
}

TEST_CASE("what was not offered is refused as unsupported, and its key is not there")
{
    BlockOptions options = all();
    options.offers = {
        .ring_page_order = 0,
        .indirect_segments = 0,
        .persistent = false,
        .flush = false,
        .barrier = false,
        .discard = false};
    connected(5, options, {}, [](BlockRig&, RawFrontend& frontend, sim::Guest& guest) {
        Data const data{guest};
        Data const table{guest};
        Segment const page = data.segment();
        for (auto const& request :
             {frontend.make(BLKIF_OP_FLUSH_DISKCACHE, 0, {}),
              frontend.make(BLKIF_OP_WRITE_BARRIER, 0, {page}), frontend.make_discard(0, 1),
              frontend.make_indirect(BLKIF_OP_READ, 0, {page}, table)})
            CHECK(frontend.ask(request) == BLKIF_RSP_EOPNOTSUPP);
        for (char const* const key : {"feature-max-indirect-segments", "feature-discard"})
            CHECK(frontend.read(key) == "(nothing)");
        for (char const* const key :
             {"feature-persistent", "feature-flush-cache", "feature-barrier"})
            CHECK(frontend.read(key) == "0");
    });
}

TEST_CASE("a read-only disk is read, flushed, and never changed")
{
    connected(
        5, {.info = VDISK_READONLY, .offers = sim::all_offers}, {},
        [](BlockRig& rig, RawFrontend& frontend, sim::Guest& guest) {
            Data const data{guest};
            auto const before = rig.disk.medium();
            Segment const page = data.segment();
            CHECK(frontend.read("info") == "4");
            CHECK(frontend.ask(frontend.make(BLKIF_OP_READ, 0, {page})) == BLKIF_RSP_OKAY);
            CHECK(frontend.ask(frontend.make(BLKIF_OP_FLUSH_DISKCACHE, 0, {})) == BLKIF_RSP_OKAY);
            CHECK(frontend.ask(frontend.make(BLKIF_OP_WRITE, 0, {page})) == BLKIF_RSP_ERROR);
            CHECK(
                frontend.ask(frontend.make(BLKIF_OP_WRITE_BARRIER, 0, {page})) == BLKIF_RSP_ERROR);
            CHECK(frontend.ask(frontend.make_discard(0, 1)) == BLKIF_RSP_ERROR);
            CHECK(rig.disk.medium() == before);
        });
}

TEST_CASE("sectors of 4096 bytes are the backend's unit too")
{
    connected(
        5, {.sector_size = 4096, .offers = sim::all_offers}, {},
        [](BlockRig&, RawFrontend& frontend, sim::Guest& guest) {
            Data const data{guest};
            CHECK(
                frontend.ask(frontend.make(BLKIF_OP_READ, 8, {data.segment()})) == BLKIF_RSP_OKAY);
            CHECK(
                frontend.ask(frontend.make(BLKIF_OP_READ, 4, {data.segment()})) == BLKIF_RSP_ERROR);
            CHECK(
                frontend.ask(frontend.make(BLKIF_OP_READ, 8, {data.segment(0, 0, 3)})) ==
                BLKIF_RSP_ERROR);
            CHECK(frontend.ask(frontend.make_discard(8, 4)) == BLKIF_RSP_ERROR);
        });
}
