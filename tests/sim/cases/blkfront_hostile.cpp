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

/// Fills the ring, and waits until all of it is over.
std::vector<Job> fill_ring(BlockRig& rig, Device& device)
{
    std::vector<Job> jobs(device.depth());
    auto const buffer =
        blkfront::Buffer<sim::Domain>::allocate(device.pool(), jobs.size() * page_size).value();
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        static_cast<Io&>(jobs[i]) = Io{
            rig.world.random().chance(2) ? Operation::read : Operation::write, i % 16 * page_size,
            buffer.bytes().subspan(i * page_size, page_size), &Job::complete};
        REQUIRE(device.submit(jobs[i]));
    }
    device.publish();
    auto const is_over = [&] {
        return std::ranges::all_of(jobs, [](Job const& job) { return job.completions > 0; });
    };
    while (!is_over())
        REQUIRE(device.wait(rig.in(10s)));
    return jobs;
}

/// What must hold for every backend that breaks the protocol while requests are in flight.
void expect_contained(Fault fault, std::size_t seeds)
{
    sim::for_each_seed(seeds, [=](sim::World& world) {
        BlockRig rig{world};
        rig.with_device([&](Device& device) {
            rig.driver.domain.faults().plan(fault, 1, world.random().below(30) + 1);
            auto const jobs = fill_ring(rig, device);
            REQUIRE(rig.driver.domain.faults().struck(fault) == 1);
            std::size_t failed = 0;
            for (Job const& job : jobs) {
                REQUIRE(job.completions == 1);
                failed += !job.outcome;
                if (!job.outcome)
                    REQUIRE(job.outcome.error() == Errc::protocol);
            }
            REQUIRE(failed > 0);
            Job late;
            static_cast<Io&>(late) = static_cast<Io const&>(jobs[0]);
            REQUIRE(device.submit(late).error() == Errc::protocol);
            std::vector<std::byte> data(512);
            REQUIRE_FALSE(blkfront::read(device, 0, std::span{data}, rig.in(1s)));
        });
        REQUIRE(rig.is_clean());
    });
}

} // namespace

TEST_CASE("a response with an id that was never given fails everything in flight, once")
{
    expect_contained(Fault::block_bad_id, 100);
}

TEST_CASE("a response with the id of a request that is over fails everything in flight, once")
{
    expect_contained(Fault::block_idle_id, 100);
}

TEST_CASE("a response that comes twice fails everything in flight, once")
{
    expect_contained(Fault::block_duplicate_id, 100);
}

TEST_CASE("a response to another operation fails everything in flight, once")
{
    expect_contained(Fault::block_wrong_operation, 100);
}

TEST_CASE("an index that jumps by a million fails everything in flight, once")
{
    expect_contained(Fault::block_producer_jump, 100);
}

TEST_CASE("what is written to the disk is granted read-only, and nothing else but the ring is not")
{
    sim::for_each_seed(50, [](sim::World& world) {
        BlockRig rig{world};
        rig.with_device([&](Device& device) {
            auto const buffer =
                blkfront::Buffer<sim::Domain>::allocate(device.pool(), page_size).value();
            Job job;
            for (Operation const operation : {Operation::write, Operation::read}) {
                static_cast<Io&>(job) = Io{operation, 0, buffer.bytes(), &Job::complete};
                job.completions = 0;
                REQUIRE(device.submit(job));
                auto const entries = rig.guest.domain.grant_table(1).value();
                auto const frame = rig.guest.domain.gfn(buffer.bytes().data()).value;
                std::size_t found = 0;
                for (GrantEntry const& entry : entries) {
                    if (entry.frame != frame || !(entry.flags & GTF_permit_access))
                        continue;
                    ++found;
                    REQUIRE(entry.domain == 1);
                    bool const is_read_only = entry.flags & GTF_readonly;
                    REQUIRE(is_read_only == (operation == Operation::write));
                }
                REQUIRE(found == 1);
                device.publish();
                while (job.completions == 0)
                    REQUIRE(device.wait(rig.in(1s)));
            }
        });
    });
}

TEST_CASE("a page that is still mapped after its response is quarantined and never used again")
{
    sim::for_each_seed(100, [](sim::World& world) {
        BlockRig rig{world};
        sim::Faults& faults = rig.driver.domain.faults();
        rig.guest.run([&](sim::Guest& guest) {
            {
                Device device{guest.store, guest.grants};
                REQUIRE(device.open("xvda", {.pool_pages = 8}, rig.in(5s)));
                faults.plan(Fault::block_held_page);
                std::vector<std::byte> data(512);
                auto const read = [&] {
                    return blkfront::read(device, 0, std::span{data}, rig.in(1s));
                };
                // The backend may copy instead of mapping, and then there is nothing to hold.
                while (faults.struck(Fault::block_held_page) == 0)
                    REQUIRE(read());
                REQUIRE(guest.grants.quarantined() == 1);
                REQUIRE(device.pool().held_count() == 1);
                // Seven pages are left, and requests go on with them.
                std::vector<blkfront::Buffer<sim::Domain>> buffers;
                while (auto buffer =
                           blkfront::Buffer<sim::Domain>::allocate(device.pool(), page_size))
                    buffers.push_back(std::move(*buffer));
                REQUIRE(buffers.size() == 7);
                buffers.clear();
                for (int i = 0; i < 10; ++i)
                    REQUIRE(read());
                REQUIRE(device.close(rig.in(5s)));
            }
            // The pool's memory is lost, and the one reference; nothing else is.
            REQUIRE(guest.grants.in_use() == 1);
            REQUIRE(guest.domain.pages_in_use() == 8);
            REQUIRE(guest.domain.open_ports() == 1);
        });
    });
}

TEST_CASE("a backend that scribbles over the ring at any time breaks nothing but itself")
{
    sim::for_each_seed(300, [](sim::World& world) {
        BlockRig rig{world};
        rig.guest.run([&](sim::Guest& guest) {
            std::vector<Job> jobs(32);
            Device device{guest.store, guest.grants};
            REQUIRE(device.open("xvda"));
            std::span<std::byte> const ring = rig.disk.ring();
            rig.driver.domain.spawn("scribbler", [&world, &rig, ring] {
                for (int i = 0; i < 40 && rig.disk.is_connected_to_ring(); ++i) {
                    std::size_t const place = world.random().chance(2)
                                                  ? world.random().below(16)
                                                  : world.random().below(ring.size());
                    ring[place] = static_cast<std::byte>(world.random().next());
                    rig.driver.domain.sleep(world.random().up_to(50us));
                }
            });
            auto const buffer =
                blkfront::Buffer<sim::Domain>::allocate(device.pool(), jobs.size() * page_size)
                    .value();
            for (std::size_t i = 0; i < jobs.size(); ++i) {
                static_cast<Io&>(jobs[i]) =
                    Io{Operation::read, 0, buffer.bytes().subspan(i * page_size, page_size),
                       &Job::complete};
                if (device.submit(jobs[i]))
                    device.publish();
                else
                    ++jobs[i].completions;
            }
            Deadline const deadline = rig.in(20ms);
            while (device.wait(deadline))
                ;
            static_cast<void>(device.close(rig.in(1s)));
            for (Job const& job : jobs)
                REQUIRE(job.completions == 1);
        });
    });
}

TEST_CASE("keys that make no sense are an error, and a key that is missing has its default")
{
    struct Case {
        char const* key;
        std::optional<std::string> value;
        bool opens;
    };
    for (Case const& each :
         {Case{"sectors", "garbage", false}, Case{"sectors", "-1", false},
          Case{"sectors", "12 ", false}, Case{"sectors", "99999999999999999999", false},
          Case{"sectors", "18446744073709551615", false}, Case{"sectors", {}, true},
          Case{"sector-size", "0", false}, Case{"sector-size", "513", false},
          Case{"sector-size", "256", false}, Case{"sector-size", "8192", false},
          Case{"sector-size", {}, true}, Case{"info", "x", false}, Case{"info", {}, true},
          Case{"physical-sector-size", "3", false}, Case{"physical-sector-size", {}, true},
          Case{"feature-flush-cache", {}, true}, Case{"max-ring-page-order", {}, true},
          Case{"multi-queue-max-queues", {}, true}}) {
        sim::for_each_seed(5, [&](sim::World& world) {
            BlockRig rig{world, {.keys = {{each.key, each.value}}}};
            INFO(each.key << " = " << each.value.value_or("(missing)"));
            rig.guest.run([&](sim::Guest& guest) {
                Device device{guest.store, guest.grants};
                REQUIRE(device.open("xvda").has_value() == each.opens);
            });
            REQUIRE(rig.is_clean());
        });
    }
}
