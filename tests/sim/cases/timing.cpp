// Events that come late, for nothing or merged; copies that stop in the middle; clocks that jump.

#include <lodger/blkfront/transfer.hpp>
#include <lodger/tests/sim/block/rig.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace std::literals;
using sim::BlockRig;
using sim::Fault;
using sim::Guest;

namespace {

std::string random_value(sim::Random& random)
{
    std::string value(random.below(1500), '\0');
    std::ranges::generate(value, [&] { return static_cast<char>(random.next()); });
    return value;
}

/// Writes and reads values as large as the ring, and waits for the event of each change.
void use_store(Guest& guest)
{
    sim::Random& random = guest.domain.world().random();
    std::array<char, store::most_payload> buffer;
    auto watch = guest.store.watch("data/x", guest.in(100h)).value();
    REQUIRE(watch.wait(guest.in(20h)));
    for (int i = 0; i < 8; ++i) {
        std::string const value = random_value(random);
        REQUIRE(guest.store.write("data/x", std::string_view{value}, guest.in(20h)));
        REQUIRE(watch.wait(guest.in(20h)));
        REQUIRE(guest.store.read("data/x", buffer, guest.in(20h)).value() == value);
    }
}

/// Reads and writes the whole disk.
void use_disk(BlockRig& rig, BlockRig::Device& device)
{
    std::vector<std::byte> data(rig.disk.medium().size() / 2);
    REQUIRE(blkfront::read(device, 0, std::span{data}, rig.in(20h)));
    REQUIRE(std::ranges::equal(data, std::span{rig.disk.medium()}.first(data.size())));
    REQUIRE(blkfront::write(device, data.size(), data, rig.in(20h)));
    REQUIRE(std::ranges::equal(data, std::span{rig.disk.medium()}.last(data.size())));
}

/// The same with a fault at every end that has it.
void with_fault(std::size_t seeds, Fault fault, std::uint64_t most_seldom)
{
    sim::for_each_seed(seeds, [=](sim::World& world) {
        BlockRig rig{world};
        for (std::uint16_t const id : {0, 1, 5}) {
            if (id != 0 || fault != Fault::clock_jumps) // The daemon was not saved and restored.
                world.find(Domain{id})
                    ->faults()
                    .rate(fault, world.random().between(2, most_seldom));
        }
        rig.with_device([&](BlockRig::Device& device) {
            use_disk(rig, device);
            use_store(rig.guest);
        });
        REQUIRE(rig.is_clean());
    });
}

} // namespace

TEST_CASE("events that come late delay things, and nothing is lost")
{
    with_fault(150, Fault::event_late, 20);
}

TEST_CASE("events that nobody raised change nothing, for either end of anything")
{
    with_fault(150, Fault::spurious_event, 20);
}

TEST_CASE("whoever looks while a copy is half done takes nothing for what it is not")
{
    with_fault(150, Fault::torn_copy, 50);
}

TEST_CASE("a clock that jumps ends only waits whose deadlines it passes")
{
    sim::for_each_seed(200, [](sim::World& world) {
        Guest& guest = world.make<Guest>(world);
        world.limit(200min);
        std::array<char, 64> buffer;
        guest.domain.spawn("main", [&] {
            auto watch = guest.store.watch("data/x").value();
            REQUIRE(watch.wait(guest.in(100min)));
            Instant const before = guest.domain.now();
            guest.domain.jump(10min);
            REQUIRE(guest.domain.now() - before >= 10min);
            // New deadlines count from the new time.
            REQUIRE(guest.store.read("domid", buffer, guest.in(1s)).value() == "5");
            REQUIRE(watch.next(buffer, guest.in(1s)).error() == Errc::timed_out);
        });
        guest.domain.spawn("waiter", [&] {
            auto watch = guest.store.watch("data/y", guest.in(100min)).value();
            REQUIRE(watch.wait(guest.in(100min)));
            auto const short_wait = watch.next(buffer, guest.in(5s));
            REQUIRE(short_wait.error() == Errc::timed_out);
        });
        guest.domain.spawn("patient", [&] {
            auto watch = guest.store.watch("data/z", guest.in(100min)).value();
            REQUIRE(watch.wait(guest.in(100min)));
            REQUIRE(watch.next(buffer, guest.in(100min)).value() == "data/z");
        });
        guest.domain.spawn("writer", [&] {
            guest.domain.sleep(20min);
            REQUIRE(guest.store.write("data/z", 1));
        });
        world.run();
    });
}

TEST_CASE("a clock that jumps at any moment fails calls by their deadlines, and breaks nothing")
{
    sim::for_each_seed(200, [](sim::World& world) {
        BlockRig rig{world};
        std::size_t failed = 0;
        rig.guest.run([&](Guest& guest) {
            BlockRig::Device device{guest.store, guest.grants};
            guest.domain.faults().rate(Fault::clock_jumps, world.random().between(20, 200));
            std::vector<std::byte> data(16 * 1024);
            auto opened = device.open("xvda", {}, guest.in(5s));
            for (int i = 0; opened && i < 20; ++i) {
                auto const read = blkfront::read(device, 0, std::span{data}, guest.in(5s));
                REQUIRE((read || read.error() == Errc::timed_out));
                failed += !read;
                if (read)
                    REQUIRE(
                        std::ranges::equal(data, std::span{rig.disk.medium()}.first(data.size())));
            }
            guest.domain.faults().rate(Fault::clock_jumps, 0);
            std::array<char, 16> buffer;
            REQUIRE(guest.store.read("domid", buffer, guest.in(1s)).value() == "5");
        });
        // What was given up may still have been mapped, and then it is kept.
        if (failed == 0)
            REQUIRE(rig.guest.domain.open_ports() == 1);
    });
}
