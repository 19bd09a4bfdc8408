#include <lodger/blkfront/transfer.hpp>
#include <lodger/tests/sim/block/job.hpp>
#include <lodger/tests/sim/block/rig.hpp>
#include <lodger/tests/sim/seeds.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace std::literals;
using sim::BlockRig;
using sim::Fault;
using sim::Job;

namespace {

using Device = BlockRig::Device;
using blkfront::Io;
using blkfront::Operation;

constexpr std::size_t sector = 512;

/// Random requests that do not overlap, each with data of its own, in rounds of the ring's depth;
/// what was read is compared with a reference, which ends up equal to the medium.
struct Mixer {
    BlockRig& rig;
    Device& device;
    sim::Random& random = rig.world.random();
    std::vector<std::byte> reference = rig.disk.medium();
    std::vector<std::byte> expected{};

    void run_round(std::size_t jobs)
    {
        std::vector<Job> all(jobs);
        std::size_t const share = reference.size() / jobs / sector * sector;
        auto const buffer =
            blkfront::Buffer<sim::Domain>::allocate(device.pool(), jobs * 11 * page_size).value();
        for (std::size_t i = 0; i < jobs; ++i)
            prepare(all[i], buffer.bytes().subspan(i * 11 * page_size, 11 * page_size), i, share);
        expected = reference;
        for (Job& job : all)
            start(job);
        for (Job& job : all) {
            while (job.completions == 0)
                REQUIRE(device.wait(rig.in(10s)));
            REQUIRE(job.completions == 1);
            REQUIRE(job.outcome);
            REQUIRE(std::ranges::equal(
                job.data, std::span{expected}.subspan(job.offset, job.data.size())));
        }
        reference = expected;
        REQUIRE(reference == rig.disk.medium());
    }

private:
    void prepare(Job& job, std::span<std::byte> room, std::size_t index, std::size_t share)
    {
        std::size_t const most = std::min(share, room.size() - page_size);
        std::size_t const size = random.between(1, most / sector) * sector;
        std::size_t const start = random.below(8) * sector;
        std::size_t const place = random.below((share - size) / sector + 1) * sector;
        bool const is_write = random.chance(2);
        static_cast<Io&>(job) =
            Io{is_write ? Operation::write : Operation::read, index * share + place,
               room.subspan(start, size), &Job::complete};
        std::ranges::generate(job.data, [&] { return static_cast<std::byte>(random.next()); });
    }

    void start(Job& job)
    {
        if (job.operation == Operation::write)
            std::ranges::copy(job.data, expected.begin() + static_cast<std::ptrdiff_t>(job.offset));
        REQUIRE(device.submit(job));
        if (random.chance(3))
            device.publish();
        if (random.chance(8))
            rig.guest.domain.yield();
        device.publish();
    }
};

} // namespace

TEST_CASE("reads and writes at any depth move the right bytes, whatever the order of completion")
{
    sim::for_each_seed(500, [](sim::World& world) {
        BlockRig rig{world};
        rig.with_device([&](Device& device) {
            Mixer mixer{rig, device};
            mixer.run_round(32);
            for (int round = 0; round < 3; ++round)
                mixer.run_round(world.random().between(1, 32));
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("the whole disk is read through ordinary memory, and written back")
{
    sim::for_each_seed(100, [](sim::World& world) {
        BlockRig rig{world};
        rig.with_device([&](Device& device) {
            std::vector<std::byte> data(rig.disk.medium().size());
            REQUIRE(blkfront::read(device, 0, std::span{data}, rig.in(10s)));
            REQUIRE(data == rig.disk.medium());
            std::ranges::reverse(data);
            REQUIRE(blkfront::write(device, 0, data, rig.in(10s)));
            REQUIRE(data == rig.disk.medium());
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("any offset, length and place in memory that the medium allows reads what is there")
{
    sim::for_each_seed(100, [](sim::World& world) {
        BlockRig rig{world};
        sim::Random& random = world.random();
        rig.with_device([&](Device& device) {
            std::size_t const sectors = rig.disk.medium().size() / sector;
            std::vector<std::byte> memory(rig.disk.medium().size() + 64);
            for (int i = 0; i < 10; ++i) {
                std::size_t const offset = random.below(sectors) * sector;
                std::size_t const left = (rig.disk.medium().size() - offset) / sector;
                auto const data =
                    std::span{memory}.subspan(random.below(64), random.between(0, left) * sector);
                REQUIRE(blkfront::read(device, offset, data, rig.in(10s)));
                REQUIRE(std::ranges::equal(
                    data, std::span{rig.disk.medium()}.subspan(offset, data.size())));
            }
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("several threads share one disk, and a pool too small for all of them")
{
    sim::for_each_seed(100, [](sim::World& world) {
        BlockRig rig{world};
        std::vector<std::byte> const before = rig.disk.medium();
        rig.guest.run([&](sim::Guest& guest) {
            Device device{guest.store, guest.grants};
            REQUIRE(device.open("xvda", {.pool_pages = 6}, rig.in(5s)));
            std::size_t ended = 0;
            for (std::size_t thread = 0; thread < 6; ++thread) {
                guest.domain.spawn("reader-" + std::to_string(thread), [&, thread] {
                    std::vector<std::byte> data(16 * 1024);
                    REQUIRE(
                        blkfront::read(device, thread * data.size(), std::span{data}, rig.in(10s)));
                    REQUIRE(std::ranges::equal(
                        data, std::span{before}.subspan(thread * data.size(), data.size())));
                    ++ended;
                });
            }
            while (ended < 6)
                guest.domain.sleep(100us);
            REQUIRE(device.close(rig.in(5s)));
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("what lies beyond the disk, or is no whole sector, is refused")
{
    sim::for_each_seed(10, [](sim::World& world) {
        BlockRig rig{world};
        rig.with_device([&](Device& device) {
            std::vector<std::byte> data(4096);
            std::size_t const size = rig.disk.medium().size();
            auto const read = [&](std::uint64_t offset, std::size_t length) {
                return blkfront::read(device, offset, std::span{data}.first(length), rig.in(1s));
            };
            REQUIRE(read(size, 512).error() == Errc::out_of_range);
            REQUIRE(read(size - 512, 1024).error() == Errc::out_of_range);
            REQUIRE(read(~std::uint64_t{511}, 1024).error() == Errc::out_of_range);
            REQUIRE(read(1, 512).error() == Errc::misaligned);
            REQUIRE(read(0, 100).error() == Errc::misaligned);
            REQUIRE(read(size, 0));
            REQUIRE(read(size - 512, 512));
        });
    });
}

TEST_CASE("a read-only disk is read, and refuses to be written")
{
    sim::for_each_seed(20, [](sim::World& world) {
        BlockRig rig{world, {.info = VDISK_READONLY}};
        rig.with_device([&](Device& device) {
            std::vector<std::byte> data(512);
            REQUIRE(device.disk()->is_read_only);
            REQUIRE(blkfront::read(device, 0, std::span{data}, rig.in(1s)));
            REQUIRE(blkfront::write(device, 0, data, rig.in(1s)).error() == Errc::read_only);
        });
    });
}

TEST_CASE("sectors of 4096 bytes are the unit of access")
{
    sim::for_each_seed(20, [](sim::World& world) {
        BlockRig rig{world, {.sector_size = 4096}};
        rig.with_device([&](Device& device) {
            std::vector<std::byte> data(3 * 4096);
            REQUIRE(
                blkfront::read(device, 512, std::span{data}, rig.in(1s)).error() ==
                Errc::misaligned);
            REQUIRE(blkfront::read(device, 4096, std::span{data}, rig.in(1s)));
            REQUIRE(std::ranges::equal(data, std::span{rig.disk.medium()}.subspan(4096, 12288)));
        });
    });
}

TEST_CASE("spurious events change nothing")
{
    sim::for_each_seed(100, [](sim::World& world) {
        BlockRig rig{world};
        rig.guest.domain.faults().rate(Fault::spurious_event, 2);
        rig.driver.domain.faults().rate(Fault::spurious_event, 2);
        rig.with_device([&](Device& device) { Mixer{rig, device}.run_round(20); });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("more requests than the ring has room for wait, and complete too")
{
    sim::for_each_seed(20, [](sim::World& world) {
        BlockRig rig{world};
        rig.with_device([&](Device& device) {
            auto const buffer =
                blkfront::Buffer<sim::Domain>::allocate(device.pool(), page_size).value();
            std::vector<Job> jobs(100);
            for (Job& job : jobs) {
                static_cast<Io&>(job) = Io{Operation::read, 0, buffer.bytes(), &Job::complete};
                REQUIRE(device.submit(job));
            }
            device.publish();
            for (Job const& job : jobs) {
                while (job.completions == 0)
                    REQUIRE(device.wait(rig.in(1s)));
            }
        });
        REQUIRE(rig.is_clean());
    });
}
