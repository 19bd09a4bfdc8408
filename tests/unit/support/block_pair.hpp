#pragma once

#include <lodger/blkfront/flow.hpp>
#include <lodger/ring/back.hpp>
#include <lodger/tests/sim/world.hpp>

#include <catch2/catch.hpp>

namespace lodger::test {

/// A request that counts how often it completes.
struct Job : blkfront::Io {
    int completions = 0;
    Result<> outcome;

    Job() = default;
    Job(blkfront::Operation operation, std::uint64_t offset, blkfront::Piece data)
        : Io{operation, offset, data, &complete}
    {
    }

private:
    static void complete(Io& io, Result<> outcome)
    {
        auto& job = static_cast<Job&>(io);
        ++job.completions;
        job.outcome = outcome;
    }
};

/// The requests of a disk over a ring whose other side the test plays.
struct BlockPair {
    using Pool = blkfront::BufferPool<sim::Domain>;
    using Frames = blkfront::IndirectFrames<sim::Domain>;
    using Link = blkfront::Link<sim::Domain>;

    static constexpr std::size_t data_pages = 300;

    explicit BlockPair(
        blkfront::Features features = {}, blkfront::Offer offer = {.persistent_grants = false})
        : link{Link::create(grants, Domain{1}, offer, *pool, *frames, 51712, {}).value()}
    {
        features.ring_pages = offer.ring_pages;
        features.queues = offer.queues;
        link->connect(features);
        granted_at_start = grants.in_use();
        flow.attach(*link);
    }

    Job
    job(blkfront::Operation operation, std::uint64_t offset, std::size_t start, std::size_t size)
    {
        return {operation, offset, memory.subspan(start, size)};
    }

    /// The next request that the backend finds.
    template <class Form = blkfront::Request>
    Form sent()
    {
        flow.publish();
        REQUIRE(back.available().value() > 0);
        blkfront::Request const request = back.take();
        Form form;
        static_assert(sizeof form <= sizeof request);
        std::memcpy(&form, &request, sizeof form);
        return form;
    }
    bool is_anything_sent()
    {
        flow.publish();
        return back.available().value() > 0;
    }

    /// @return what the flow makes of a response
    Result<> answer(std::uint64_t id, std::uint8_t operation, std::int16_t status = 0)
    {
        back.put({.id = id, .operation = operation, .status = status});
        back.publish();
        return flow.serve();
    }

    sim::World world{1};
    sim::Domain& guest = world.add_domain(5);
    grant::Table<sim::Domain> grants{guest};
    std::unique_ptr<Pool> pool = Pool::create(guest, data_pages + 2).value();
    std::unique_ptr<Frames> frames = Frames::create(*pool, 2).value();
    std::span<std::byte> memory = pool->allocate(data_pages * page_size).value();
    std::unique_ptr<Link> link;
    ring::BackRing<blkfront::Request, blkfront::Response, SharedMemory> back{
        link->channel(0).ring.bytes()};
    blkfront::Flow<sim::Domain> flow{grants};
    std::size_t granted_at_start = 0;
};

} // namespace lodger::test
