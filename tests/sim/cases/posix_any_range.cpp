// Bytes of a disk at any offset and of any length, which the disk has only by sectors.

#include <lodger/posix/any_range.hpp>
#include <lodger/tests/sim/block/rig.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace std::literals;
using sim::BlockOptions;
using sim::BlockRig;
using sim::Random;

namespace {

using Device = BlockRig::Device;
using Turns = posix::Turns<sim::Domain>;

struct Range {
    std::size_t offset;
    std::size_t length;
};

/// Often short, often at the edge of a sector, sometimes longer than a copy can be.
Range any_range(Random& random, std::size_t from, std::size_t end, std::size_t sector)
{
    std::size_t offset = from + random.below(end - from);
    if (random.chance(3))
        offset = std::max(from, offset / sector * sector);
    std::size_t const most = random.chance(4) ? end - offset : std::min(end - offset, 3 * sector);
    return {offset, random.between(1, most)};
}

std::vector<std::byte> any_bytes(Random& random, std::size_t count)
{
    std::vector<std::byte> bytes(count);
    std::ranges::generate(bytes, [&] { return static_cast<std::byte>(random.next()); });
    return bytes;
}

BlockOptions any_disk(Random& random)
{
    return {.size = 192 * 1024, .sector_size = random.chance(2) ? 512u : 4096u};
}

} // namespace

TEST_CASE("any range of a disk is written and read as if there were no sectors")
{
    sim::for_each_seed(200, [](sim::World& world) {
        Random& random = world.random();
        BlockRig rig{world, any_disk(random)};
        rig.with_device([&](Device& device) {
            Turns turns{rig.guest.domain};
            auto reference = rig.disk.medium();
            for (int i = 0; i < 20; ++i) {
                auto const [offset, length] =
                    any_range(random, 0, reference.size(), device.disk()->sector_size);
                auto const place = std::span{reference}.subspan(offset, length);
                if (random.chance(2)) {
                    auto const bytes = any_bytes(random, length);
                    std::ranges::copy(bytes, place.begin());
                    REQUIRE(posix::write_any(device, turns, offset, bytes, rig.in(10s)));
                    REQUIRE(rig.disk.medium() == reference);
                } else {
                    std::vector<std::byte> bytes(length);
                    REQUIRE(posix::read_any(device, offset, bytes, rig.in(10s)));
                    REQUIRE(std::ranges::equal(bytes, place));
                }
            }
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("threads that write beside each other in the same sectors undo nothing of each other")
{
    constexpr std::size_t writers = 4;
    constexpr std::size_t share = 1111;
    sim::for_each_seed(300, [](sim::World& world) {
        BlockRig rig{world, any_disk(world.random())};
        rig.with_device([&](Device& device) {
            Turns turns{rig.guest.domain};
            auto reference = rig.disk.medium();
            std::size_t ended = 0;
            WaitQueue queue;
            for (std::size_t i = 0; i < writers; ++i)
                rig.guest.domain.spawn("writer", [&, i] {
                    for (int round = 0; round < 6; ++round) {
                        auto const [offset, length] =
                            any_range(world.random(), i * share, (i + 1) * share, 512);
                        auto const bytes = any_bytes(world.random(), length);
                        std::ranges::copy(
                            bytes, reference.begin() + static_cast<std::ptrdiff_t>(offset));
                        REQUIRE(posix::write_any(device, turns, offset, bytes, rig.in(10s)));
                    }
                    ++ended;
                    rig.guest.domain.wake(queue);
                });
            REQUIRE(
                wait_until(rig.guest.domain, queue, rig.in(60s), [&] { return ended == writers; }));
            REQUIRE(rig.disk.medium() == reference);
        });
    });
}

TEST_CASE("a disk that is gone is an error to any range, and leaves no turn taken")
{
    sim::for_each_seed(50, [](sim::World& world) {
        BlockRig rig{world};
        rig.guest.run([&](sim::Guest& guest) {
            Device device{guest.store, guest.grants};
            REQUIRE(device.open("xvda"));
            Turns turns{guest.domain};
            std::array<std::byte, 700> bytes{};
            REQUIRE(device.close(rig.in(5s)));
            REQUIRE(
                posix::write_any(device, turns, 3, bytes, rig.in(5s)).error() ==
                Errc::disconnected);
            REQUIRE(
                posix::write_any(device, turns, 0, std::span{bytes}.first(512), rig.in(5s))
                    .error() == Errc::disconnected);
            REQUIRE(posix::read_any(device, 3, bytes, rig.in(5s)).error() == Errc::disconnected);
            REQUIRE(turns.begin_alone(rig.in(1s)));
        });
    });
}
