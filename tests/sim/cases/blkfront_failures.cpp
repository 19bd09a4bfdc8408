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

} // namespace

TEST_CASE("a request that fails says so, and the others succeed")
{
    sim::for_each_seed(100, [](sim::World& world) {
        BlockRig rig{world};
        rig.with_device([&](Device& device) {
            std::vector<std::byte> data(512);
            rig.driver.domain.faults().plan(Fault::block_error, 1, 2);
            for (int i = 0; i < 6; ++i) {
                auto const read = blkfront::read(device, 0, std::span{data}, rig.in(1s));
                REQUIRE(read.has_value() == (i != 2));
                if (!read)
                    REQUIRE(read.error() == Errc::io);
            }
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("a backend that cannot map a page fails the request alone")
{
    sim::for_each_seed(50, [](sim::World& world) {
        BlockRig rig{world};
        rig.with_device([&](Device& device) {
            rig.driver.domain.faults().rate(Fault::map_refused, 3);
            std::vector<std::byte> data(512);
            for (int i = 0; i < 20; ++i) {
                auto const read = blkfront::read(device, 0, std::span{data}, rig.in(1s));
                REQUIRE((read || read.error() == Errc::io));
            }
            rig.driver.domain.faults().rate(Fault::map_refused, 0);
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("requests that nobody answers cost their callers the deadline, and then the disk closes")
{
    sim::for_each_seed(50, [](sim::World& world) {
        BlockRig rig{world};
        rig.with_device([&](Device& device) {
            rig.driver.domain.faults().plan(Fault::block_no_response, 1000);
            std::vector<std::byte> data(64 * 1024);
            Instant const before = world.now();
            REQUIRE(
                blkfront::read(device, 0, std::span{data}, rig.in(3s)).error() == Errc::timed_out);
            REQUIRE(world.now() - before < 3s + 50ms);
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("closing completes everything in flight, once, with an error")
{
    sim::for_each_seed(100, [](sim::World& world) {
        BlockRig rig{world};
        std::vector<Job> jobs(20);
        std::vector<std::byte> const before = rig.disk.medium();
        rig.with_device([&](Device& device) {
            rig.driver.domain.faults().plan(Fault::block_no_response, 1000);
            auto const buffer =
                blkfront::Buffer<sim::Domain>::allocate(device.pool(), 20 * page_size).value();
            for (std::size_t i = 0; i < jobs.size(); ++i) {
                static_cast<Io&>(jobs[i]) =
                    Io{Operation::write, i * page_size,
                       buffer.bytes().subspan(i * page_size, page_size), &Job::complete};
                REQUIRE(device.submit(jobs[i]));
            }
            device.publish();
            REQUIRE(device.close(rig.in(5s)));
            Job late;
            static_cast<Io&>(late) = static_cast<Io&>(jobs[0]);
            REQUIRE(device.submit(late).error() == Errc::disconnected);
        });
        for (Job const& job : jobs) {
            REQUIRE(job.completions == 1);
            REQUIRE(job.outcome.error() == Errc::disconnected);
        }
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("a completion that submits again while the disk closes is refused, or completes too")
{
    struct Stubborn : Io {
        Device* device = nullptr;
        int in_flight = 0;

        static void complete(Io& io, Result<>)
        {
            auto& self = static_cast<Stubborn&>(io);
            --self.in_flight;
            self.go();
        }
        void go()
        {
            if (device->submit(*this))
                ++in_flight;
        }
    };
    sim::for_each_seed(50, [](sim::World& world) {
        BlockRig rig{world};
        std::vector<Stubborn> all(4);
        rig.with_device([&](Device& device) {
            auto const buffer =
                blkfront::Buffer<sim::Domain>::allocate(device.pool(), page_size).value();
            for (Stubborn& each : all) {
                static_cast<Io&>(each) =
                    Io{Operation::read, 0, buffer.bytes(), &Stubborn::complete};
                each.device = &device;
                each.go();
            }
            device.publish();
            REQUIRE(device.close(rig.in(5s)));
        });
        for (Stubborn const& each : all)
            REQUIRE(each.in_flight == 0);
        REQUIRE(rig.is_clean());
    });
}
