#include <lodger/tests/sim/block/load.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace std::literals;
using blkfront::Change;
using blkfront::Durability;
using blkfront::Key;
using blkfront::Operation;
using sim::BlockOptions;
using sim::BlockRig;
using sim::Fault;
using sim::Load;

namespace {

using Device = BlockRig::Device;

BlockOptions everything(std::map<std::string, std::optional<std::string>> keys = {})
{
    return {.size = Load::disk_size, .keys = std::move(keys), .offers = sim::all_offers};
}

/// Opens the disk with that offer, has `body(device)` look at it, and puts it under load.
template <class Body>
void exercise(BlockRig& rig, blkfront::Offer const& offer, Body body)
{
    rig.guest.run([&](sim::Guest& guest) {
        Device device{guest.store, guest.grants};
        REQUIRE(device.open("xvda", {.pool_pages = Load::pool_pages, .offer = offer}, rig.in(5s)));
        body(device);
        {
            Load load{device, rig.world.random(), rig.disk.medium()};
            REQUIRE(load.run([&] { return load.submitted >= 60; }));
            REQUIRE(load.failed == 0);
            REQUIRE_FALSE(load.has_read_wrong);
            REQUIRE(load.agrees_with(rig.disk.medium()));
        }
        REQUIRE(device.close(rig.in(5s)));
    });
    REQUIRE(rig.is_clean());
}

/// The same without a load, on a disk with everything that can be offered.
template <class Body>
void with_everything(sim::World& world, Body body)
{
    BlockRig rig{world, everything()};
    rig.with_device([&](Device& device) { body(rig, device); });
    REQUIRE(rig.is_clean());
}

} // namespace

TEST_CASE("rings are as large as both ends have it, by whichever name the backend says so")
{
    for (bool const old_name : {false, true}) {
        for (std::size_t const order : {0, 1, 2, 3, 4}) {
            auto const pages = std::to_string(1 << order);
            auto const keys =
                old_name
                    ? std::map<
                          std::string,
                          std::optional<
                              std::string>>{{"max-ring-page-order", {}}, {"max-ring-pages", pages}}
                    : std::map<std::string, std::optional<std::string>>{
                          {"max-ring-page-order", std::to_string(order)}, {"max-ring-pages", {}}};
            sim::for_each_seed(3, [&](sim::World& world) {
                BlockRig rig{world, everything(keys)};
                exercise(rig, {.ring_pages = 8}, [&](Device& device) {
                    REQUIRE(device.features()->ring_pages == std::min(8u, 1u << order));
                    REQUIRE(device.depth() == 32 * device.features()->ring_pages);
                });
            });
        }
    }
}

TEST_CASE("several rings are used in turns, as many as both ends have them")
{
    for (std::size_t const wanted : {1, 2, 3, 8}) {
        sim::for_each_seed(10, [&](sim::World& world) {
            BlockRig rig{world, everything()};
            exercise(rig, {.ring_pages = 2, .queues = wanted}, [&](Device& device) {
                REQUIRE(device.features()->queues == std::min<std::size_t>(wanted, 4));
            });
        });
    }
}

TEST_CASE("every form of the protocol moves the right data, and is given up when it is refused")
{
    for (bool const persistent : {false, true}) {
        for (bool const indirect : {false, true}) {
            sim::for_each_seed(30, [&](sim::World& world) {
                BlockRig rig{world, everything()};
                if (world.random().chance(2))
                    rig.driver.domain.faults().plan(
                        Fault::block_no_indirect, 1, world.random().below(3));
                exercise(
                    rig, {.persistent_grants = persistent, .indirect = indirect},
                    [&](Device& device) {
                        REQUIRE(device.features()->persistent_grants == persistent);
                        REQUIRE((device.features()->most_segments > 11) == indirect);
                    });
            });
        }
    }
}

TEST_CASE("a flush says that it is durable, that nobody knows, or that it failed")
{
    sim::for_each_seed(50, [](sim::World& world) {
        with_everything(world, [](BlockRig& rig, Device& device) {
            sim::Faults& faults = rig.driver.domain.faults();
            auto const flush = [&] { return blkfront::flush(device, rig.in(5s)); };
            std::vector<std::byte> const data(4096, std::byte{1});
            REQUIRE(blkfront::write(device, 0, data, rig.in(5s)));
            REQUIRE(flush().value() == Durability::durable);
            REQUIRE(rig.disk.platters().unflushed().empty());
            faults.plan(Fault::block_error);
            REQUIRE(flush().error() == Errc::io);
            faults.plan(Fault::block_no_flush);
            REQUIRE(flush().value() == Durability::durable); // By a barrier.
            REQUIRE_FALSE(device.features()->flush);
            faults.plan(Fault::block_no_barrier);
            REQUIRE(flush().value() == Durability::not_known);
            REQUIRE(flush().value() == Durability::not_known);
        });
    });
}

TEST_CASE("what is discarded is gone, also for good; what is refused once is not asked for again")
{
    sim::for_each_seed(30, [](sim::World& world) {
        with_everything(world, [](BlockRig& rig, Device& device) {
            for (Operation const operation : {Operation::discard, Operation::secure_discard}) {
                std::vector<std::byte> const data(8192, std::byte{1});
                REQUIRE(blkfront::write(device, 0, data, rig.in(5s)));
                REQUIRE(blkfront::discard(device, 512, 4096, rig.in(5s), operation));
                auto const part = std::span{rig.disk.medium()}.subspan(512, 4096);
                REQUIRE(std::ranges::count(part, std::byte{1}) == 0);
                REQUIRE(rig.disk.medium()[511] == std::byte{1});
                REQUIRE(rig.disk.medium()[512 + 4096] == std::byte{1});
            }
            auto const discard = [&](std::uint64_t offset, std::uint64_t length) {
                return blkfront::discard(device, offset, length, rig.in(5s));
            };
            REQUIRE(discard(0, 0).error() == Errc::invalid_argument);
            REQUIRE(discard(0, 100).error() == Errc::misaligned);
            REQUIRE(discard(rig.disk.medium().size(), 512).error() == Errc::out_of_range);
            rig.driver.domain.faults().plan(Fault::block_no_discard);
            REQUIRE(discard(0, 512).error() == Errc::unsupported);
            REQUIRE_FALSE(device.features()->discard);
            REQUIRE(discard(0, 512).error() == Errc::unsupported);
        });
    });
}

TEST_CASE("what the medium is, the application sees")
{
    sim::for_each_seed(10, [](sim::World& world) {
        auto options = everything(
            {{"physical-sector-size", "4096"},
             {"discard-granularity", "65536"},
             {"discard-alignment", "1024"}});
        options.info = VDISK_REMOVABLE | VDISK_CDROM | VDISK_READONLY;
        BlockRig rig{world, options};
        rig.with_device([&](Device& device) {
            blkfront::Disk const& disk = *device.disk();
            REQUIRE(disk.sector_size == 512);
            REQUIRE(disk.physical_sector_size == 4096);
            REQUIRE(disk.discard_granularity == 65536);
            REQUIRE(disk.discard_alignment == 1024);
            REQUIRE((disk.is_removable && disk.is_cdrom && disk.is_read_only));
            std::vector<std::byte> data(512);
            REQUIRE(blkfront::read(device, 0, std::span{data}, rig.in(1s)));
            REQUIRE(blkfront::discard(device, 0, 512, rig.in(1s)).error() == Errc::read_only);
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("every key may be missing, and the disk works without what it offers")
{
    for (blkfront::KeyInfo const& key : blkfront::keys) {
        sim::for_each_seed(3, [&](sim::World& world) {
            INFO(key.name);
            auto options = everything({{std::string{key.name}, std::nullopt}});
            // Or it would keep mapped what we think it does not.
            options.offers.persistent = key.key != Key::feature_persistent;
            BlockRig rig{world, options};
            rig.with_device([&](Device& device) {
                if (key.key == Key::sectors) {
                    REQUIRE(device.disk()->size == 0);
                    return;
                }
                std::vector<std::byte> data(64 * 1024);
                REQUIRE(blkfront::read(device, 512, std::span{data}, rig.in(5s)));
                REQUIRE(std::ranges::equal(
                    data, std::span{rig.disk.medium()}.subspan(512, data.size())));
            });
            REQUIRE(rig.is_clean());
        });
    }
}

TEST_CASE("a disk that becomes larger or smaller while it is in use says so, and what is beyond it")
{
    sim::for_each_seed(50, [](sim::World& world) {
        BlockRig rig{world, everything()};
        rig.guest.run([&](sim::Guest& guest) {
            std::vector<Change> told;
            Device device{guest.store, guest.grants};
            blkfront::Options options;
            options.on_change = {
                [](void* told, Change change) {
                    static_cast<std::vector<Change>*>(told)->push_back(change);
                },
                &told};
            REQUIRE(device.open("xvda", options, rig.in(5s)));
            std::vector<std::byte> data(4096);
            for (std::size_t const size : {Load::disk_size * 2, Load::disk_size / 2}) {
                auto const changes = told.size();
                rig.disk.resize(size);
                while (told.size() == changes)
                    guest.domain.sleep(100us);
                REQUIRE(told.back() == Change::resized);
                REQUIRE(device.disk()->size == size);
                REQUIRE(blkfront::read(device, size - 4096, std::span{data}, rig.in(1s)));
                REQUIRE(
                    blkfront::read(device, size, std::span{data}, rig.in(1s)).error() ==
                    Errc::out_of_range);
            }
            REQUIRE(device.close(rig.in(5s)));
        });
        REQUIRE(rig.is_clean());
    });
}
