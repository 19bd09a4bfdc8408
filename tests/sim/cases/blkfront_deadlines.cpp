#include <lodger/blkfront/awaited.hpp>
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
using Buffer = blkfront::Buffer<sim::Domain>;
using blkfront::Io;
using blkfront::Operation;
using blkfront::Piece;

/// How long after its time a request may complete: a wake-up, and whatever runs before.
constexpr auto late = 50ms;

void prepare(Job& job, Operation operation, std::uint64_t offset, Piece data, Instant expires)
{
    static_cast<Io&>(job) = Io{operation, offset, data, &Job::complete};
    job.expires = expires;
    job.completions = 0;
}

/// Waits until a request is over, which has to be by the time it names.
void expect_over(BlockRig& rig, Device& device, Job const& job)
{
    while (job.completions == 0)
        REQUIRE(device.wait({job.expires + late}));
    REQUIRE(job.completions == 1);
    REQUIRE_FALSE(job.is_in_flight());
    if (!job.outcome) {
        REQUIRE(job.outcome.error() == Errc::timed_out);
        REQUIRE(rig.guest.domain.now() >= job.expires);
    }
}

/// Whether the backend is allowed to touch any page of it.
bool is_granted(BlockRig& rig, Piece pages)
{
    auto const entries = rig.guest.domain.grant_table(1).value();
    for (std::size_t at = 0; at < pages.size(); at += page_size) {
        auto const frame = rig.guest.domain.gfn(&pages[at]).value;
        for (GrantEntry const& entry : entries)
            if (entry.flags & GTF_permit_access && entry.frame == frame)
                return true;
    }
    return false;
}

/// Reads the same place until it is there or the time is over, and counts how often it took.
struct Persistent : Io {
    Device* device = nullptr;
    Instant give_up{};
    Duration patience{};
    std::size_t tries = 0;
    Result<> outcome;
    bool is_over = false;

    void go()
    {
        Instant const now = device->hypervisor().now();
        expires = std::min(now + patience, give_up);
        ++tries;
        if (auto const taken = device->submit(*this); !taken)
            end(taken);
    }

    static void complete(Io& io, Result<> outcome)
    {
        auto& self = static_cast<Persistent&>(io);
        if (!outcome && outcome.error() == Errc::timed_out)
            return self.go();
        self.end(outcome);
    }

private:
    void end(Result<> result)
    {
        outcome = result;
        is_over = true;
    }
};

Task<> read_by(Device& device, Piece data, Instant expires, Errc& failed)
{
    auto const read = co_await async_read(device, 0, data, expires);
    if (!read)
        failed = read.error();
    // Whatever became of it, the coroutine goes on.
    co_return co_await async_flush(device, expires + 1s);
}

Task<> await(blkfront::AwaitedIo<sim::Domain>& io)
{
    co_return co_await io;
}

} // namespace

TEST_CASE("a request completes once, by its time, and its pages are nobody's until it is answered")
{
    sim::for_each_seed(300, [](sim::World& world) {
        BlockRig rig{world, {.most_latency = 40ms}};
        std::size_t timed_out = 0;
        rig.with_device([&](Device& device) {
            for (int round = 0; round < 4; ++round) {
                std::vector<Job> jobs(40); // More than the ring holds.
                std::vector<Buffer> buffers;
                for (std::size_t i = 0; i < jobs.size(); ++i) {
                    auto buffer = Buffer::allocate(device.pool(), 3 * page_size);
                    if (!buffer)
                        break; // The rest of the pool is held.
                    REQUIRE_FALSE(is_granted(rig, buffer->bytes()));
                    auto const expires = world.random().chance(4) ? Instant::max() - late
                                                                  : rig.guest.domain.now() + 1us +
                                                                        world.random().up_to(60ms);
                    prepare(jobs[i], Operation::read, i * 512, buffer->bytes(), expires);
                    buffers.push_back(std::move(*buffer));
                    REQUIRE(device.submit(jobs[i]));
                }
                device.publish();
                for (Job const& job : std::span{jobs}.first(buffers.size())) {
                    expect_over(rig, device, job);
                    timed_out += !job.outcome;
                    if (job.outcome)
                        REQUIRE(std::ranges::equal(
                            job.data,
                            std::span{rig.disk.medium()}.subspan(job.offset, job.data.size())));
                }
            }
            REQUIRE(device.counters().completed >= 40);
        });
        REQUIRE(timed_out > 0);
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("a backend that is silent costs each request its own time, in the ring or before it")
{
    sim::for_each_seed(50, [](sim::World& world) {
        BlockRig rig{world};
        rig.with_device([&](Device& device) {
            auto const buffer = Buffer::allocate(device.pool(), page_size).value();
            rig.driver.domain.faults().rate(Fault::block_no_response, 1);
            std::vector<Job> jobs(100);
            Instant const now = rig.guest.domain.now();
            for (Job& job : jobs) {
                prepare(
                    job, Operation::write, 0, buffer.bytes(),
                    now + 1s + world.random().up_to(100ms));
                REQUIRE(device.submit(job));
            }
            device.publish();
            for (Job const& job : jobs) {
                expect_over(rig, device, job);
                REQUIRE(job.outcome.error() == Errc::timed_out);
            }
            // What nobody waits for any more still has the page.
            REQUIRE(is_granted(rig, buffer.bytes()));
            Job too_late;
            prepare(too_late, Operation::read, 0, buffer.bytes(), now + 1s);
            REQUIRE(device.submit(too_late).error() == Errc::timed_out);
            REQUIRE(too_late.completions == 0);
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("a request that waits for a lost disk waits no longer than it is to")
{
    sim::for_each_seed(50, [](sim::World& world) {
        BlockRig rig{world};
        rig.guest.run([&](sim::Guest& guest) {
            Device device{guest.store, guest.grants};
            REQUIRE(device.open("xvda", {.on_loss = xenbus::OnLoss::reconnect}, rig.in(5s)));
            auto const buffer = Buffer::allocate(device.pool(), page_size).value();
            rig.disk.vanish();
            while (device.is_connected())
                guest.domain.sleep(100us);
            Job job;
            prepare(job, Operation::read, 0, buffer.bytes(), guest.domain.now() + 3s);
            REQUIRE(device.submit(job));
            device.publish();
            expect_over(rig, device, job);
            REQUIRE(job.outcome.error() == Errc::timed_out);
            static_cast<void>(device.close(rig.in(5s)));
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("a request that times out may be made again at once, until it succeeds or time is over")
{
    sim::for_each_seed(100, [](sim::World& world) {
        BlockRig rig{world, {.most_latency = 30ms}};
        rig.with_device([&](Device& device) {
            auto const buffer = Buffer::allocate(device.pool(), page_size).value();
            Persistent request;
            static_cast<Io&>(request) =
                Io{Operation::read, 0, buffer.bytes(), &Persistent::complete};
            request.device = &device;
            request.patience = 1ms + world.random().up_to(10ms);
            request.give_up = rig.guest.domain.now() + 100ms;
            request.go();
            device.publish();
            while (!request.is_over)
                REQUIRE(device.wait({request.give_up + late}));
            if (request.outcome)
                REQUIRE(std::ranges::equal(
                    buffer.bytes(), std::span{rig.disk.medium()}.first(page_size)));
            else
                REQUIRE(request.outcome.error() == Errc::timed_out);
            REQUIRE(request.tries <= 101);
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("a request that is cancelled completes at once, once, wherever it is")
{
    struct Canceller : Job {
        Device* device = nullptr;
        std::vector<Job>* others = nullptr;

        static void cancel(Io& io, Result<> outcome)
        {
            complete(io, outcome);
            auto& self = static_cast<Canceller&>(io);
            for (Job& other : *self.others)
                self.device->cancel(other);
        }
    };
    sim::for_each_seed(100, [](sim::World& world) {
        BlockRig rig{world};
        rig.with_device([&](Device& device) {
            auto const buffer = Buffer::allocate(device.pool(), 30 * page_size).value();
            std::vector<Job> jobs(60);
            Canceller canceller;
            std::size_t const place = world.random().below(jobs.size());
            for (std::size_t i = 0; i < jobs.size(); ++i) {
                Piece const data = buffer.bytes().first((1 + i % 30) * page_size);
                prepare(jobs[i], Operation::read, 0, data.first(page_size), Instant::max());
                if (i % 5 == 0)
                    jobs[i].data = data; // Several requests of the ring.
                if (i == place) {
                    prepare(canceller, Operation::read, 0, data, Instant::max());
                    canceller.on_complete = &Canceller::cancel;
                    canceller.device = &device;
                    canceller.others = &jobs;
                    REQUIRE(device.submit(canceller));
                }
                if (i % 3 == 0)
                    jobs[i].expires = rig.guest.domain.now() + 1ms;
                REQUIRE(device.submit(jobs[i]));
            }
            device.publish();
            while (canceller.completions == 0)
                REQUIRE(device.wait(rig.in(1s)));
            for (Job const& job : jobs) {
                REQUIRE(job.completions == 1);
                REQUIRE(
                    (job.outcome || job.outcome.error() == Errc::cancelled ||
                     job.outcome.error() == Errc::timed_out));
            }
            device.cancel(canceller); // Over already.
            REQUIRE(canceller.completions == 1);
        });
        REQUIRE(rig.is_clean());
    });
}

TEST_CASE("a coroutine goes on when its request has timed out or was cancelled")
{
    sim::for_each_seed(100, [](sim::World& world) {
        BlockRig rig{world};
        rig.with_device([&](Device& device) {
            auto const buffer = Buffer::allocate(device.pool(), 2 * page_size).value();
            rig.driver.domain.faults().plan(Fault::block_no_response);
            Errc failed{};
            auto const task = read_by(
                device, buffer.bytes().first(page_size), rig.guest.domain.now() + 1s, failed);
            REQUIRE(run(device, rig.in(1s + late), task));
            REQUIRE(failed == Errc::timed_out);
            rig.driver.domain.faults().plan(Fault::block_no_response);
            auto read = async_read(device, 0, buffer.bytes().last(page_size));
            auto const waiting = await(read);
            REQUIRE(run(device, rig.in(1s), waiting).error() == Errc::timed_out);
            device.cancel(read);
            REQUIRE(waiting.is_done());
            REQUIRE(waiting.outcome().error() == Errc::cancelled);
        });
        REQUIRE(rig.is_clean());
    });
}
