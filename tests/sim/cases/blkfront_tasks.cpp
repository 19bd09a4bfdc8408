#include <lodger/blkfront/awaited.hpp>
#include <lodger/tests/sim/block/rig.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace std::literals;
using sim::BlockRig;
using sim::Fault;

namespace {

using Device = BlockRig::Device;
using Buffer = blkfront::Buffer<sim::Domain>;
using blkfront::Piece;

constexpr std::size_t share = 16 * 1024;

/// Exchanges two parts of the disk, and says when that is durable.
Task<> exchange(Device& device, std::uint64_t one, std::uint64_t other, Piece room)
{
    Piece const first = room.first(share);
    Piece const second = room.subspan(share, share);
    for (auto const& [at, data] : {std::pair{one, first}, std::pair{other, second}}) {
        auto const read = co_await async_read(device, at, data);
        if (!read)
            co_return read;
    }
    auto const there = co_await async_write(device, other, first);
    auto const here = co_await async_write(device, one, second);
    if (!there || !here)
        co_return there ? here : there;
    co_return co_await async_flush(device);
}

Task<> both(Device& device, Piece room)
{
    auto const first = co_await exchange(device, 0, share, room.first(2 * share));
    auto const second = co_await exchange(device, share, 2 * share, room.last(2 * share));
    co_return first ? second : first;
}

Task<> block_the_thread(BlockRig& rig, Device& device, Piece room, Result<>& waited)
{
    static_cast<void>(co_await async_read(device, 0, room.first(share)));
    waited = device.wait(rig.in(1s));
    co_return {};
}

std::vector<std::byte> part(BlockRig& rig, std::size_t number)
{
    auto const begin = rig.disk.medium().begin() + static_cast<std::ptrdiff_t>(number * share);
    return {begin, begin + share};
}

} // namespace

TEST_CASE("coroutines in one thread have many requests under way, and each goes on with its own")
{
    sim::for_each_seed(100, [](sim::World& world) {
        BlockRig rig{world};
        auto const before = rig.disk.medium();
        rig.with_device([&](Device& device) {
            auto const buffer = Buffer::allocate(device.pool(), 8 * share).value();
            auto const room = buffer.bytes();
            auto const one = exchange(device, 0, share, room.first(2 * share));
            auto const two =
                exchange(device, 2 * share, 3 * share, room.subspan(2 * share, 2 * share));
            REQUIRE(run(device, rig.in(10s), one, two));
            REQUIRE(one.outcome());
            REQUIRE(two.outcome());
        });
        auto const was = [&](std::size_t number) {
            auto const begin = before.begin() + static_cast<std::ptrdiff_t>(number * share);
            return std::vector(begin, begin + share);
        };
        for (std::size_t const number : {0, 1, 2, 3})
            REQUIRE(part(rig, number) == was(number ^ 1));
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("a coroutine waits for others, and none may block the thread that it goes on in")
{
    sim::for_each_seed(50, [](sim::World& world) {
        BlockRig rig{world};
        auto const first = part(rig, 0);
        rig.with_device([&](Device& device) {
            auto const buffer = Buffer::allocate(device.pool(), 4 * share).value();
            auto const task = both(device, buffer.bytes());
            REQUIRE(run(device, rig.in(10s), task));
            REQUIRE(task.outcome());
            Result<> waited;
            auto const blocker = block_the_thread(rig, device, buffer.bytes(), waited);
            REQUIRE(run(device, rig.in(10s), blocker));
            REQUIRE(waited.error() == Errc::would_deadlock);
        });
        REQUIRE(part(rig, 2) == first);
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("what is wrong with a request, its coroutine is told at once")
{
    sim::for_each_seed(20, [](sim::World& world) {
        BlockRig rig{world};
        rig.with_device([&](Device& device) {
            auto const buffer = Buffer::allocate(device.pool(), 2 * share).value();
            auto const task = exchange(device, rig.disk.medium().size(), 0, buffer.bytes());
            REQUIRE(task.is_done());
            REQUIRE(task.outcome().error() == Errc::out_of_range);
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("what the disk says of a request, its coroutine gets")
{
    sim::for_each_seed(20, [](sim::World& world) {
        BlockRig rig{world};
        rig.with_device([&](Device& device) {
            auto const buffer = Buffer::allocate(device.pool(), 2 * share).value();
            rig.driver.domain.faults().plan(Fault::block_error);
            auto const task = exchange(device, 0, share, buffer.bytes());
            REQUIRE(run(device, rig.in(10s), task));
            REQUIRE(task.outcome().error() == Errc::io);
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("a coroutine that ends while the backend is silent hears no more of its request")
{
    sim::for_each_seed(50, [](sim::World& world) {
        BlockRig rig{world};
        rig.guest.run([&](sim::Guest& guest) {
            Device device{guest.store, guest.grants};
            REQUIRE(device.open("xvda"));
            auto const buffer = Buffer::allocate(device.pool(), 2 * share).value();
            rig.driver.domain.faults().rate(Fault::block_no_response, 1);
            {
                auto const task = exchange(device, 0, share, buffer.bytes());
                REQUIRE(run(device, rig.in(1s), task).error() == Errc::timed_out);
                REQUIRE_FALSE(task.is_done());
            }
            static_cast<void>(device.close(rig.in(5s)));
        });
    });
}
