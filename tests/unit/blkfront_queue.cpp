#include <lodger/blkfront/queue.hpp>
#include <lodger/grant/granted_pages.hpp>
#include <lodger/ring/back.hpp>
#include <lodger/tests/sim/world.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using blkfront::Io;
using blkfront::Operation;
using blkfront::Request;
using blkfront::Response;

namespace {

struct Job : Io {
    int completions = 0;
    Result<> outcome;

    static void complete(Io& io, Result<> outcome)
    {
        auto& job = static_cast<Job&>(io);
        ++job.completions;
        job.outcome = outcome;
    }
};

/// A queue over a ring whose other side the test plays.
struct Pair {
    sim::World world{1};
    sim::Domain& guest = world.add_domain(5);
    grant::Table<sim::Domain> grants{guest};
    std::unique_ptr<blkfront::BufferPool<sim::Domain>> pool =
        blkfront::BufferPool<sim::Domain>::create(guest, 40).value();
    grant::GrantedPages<sim::Domain> ring =
        grant::GrantedPages<sim::Domain>::create(grants, Domain{1}, 1, Access::read_write).value();
    blkfront::Queue<sim::Domain> queue =
        blkfront::Queue<sim::Domain>::create(grants, Domain{1}, ring.bytes(), *pool, 51712).value();
    ring::BackRing<Request, Response, SharedMemory> back{ring.bytes()};
    std::span<std::byte> memory = pool->allocate(40 * page_size).value();

    Job job(Operation operation, std::uint64_t offset, std::size_t start, std::size_t size)
    {
        Job job;
        static_cast<Io&>(job) = Io{operation, offset, memory.subspan(start, size), &Job::complete};
        return job;
    }

    Request sent()
    {
        queue.publish();
        REQUIRE(back.available().value() > 0);
        return back.take();
    }

    Result<> answer(Response response)
    {
        back.put(response);
        back.publish();
        return queue.reap();
    }
};

} // namespace

TEST_CASE("a request says what it asks for, in sectors of 512 bytes and pages of the pool")
{
    Pair pair;
    Job job = pair.job(Operation::write, 7 * 512, 3 * 512, 2 * page_size);
    REQUIRE(pair.queue.submit(job));
    Request const request = pair.sent();
    REQUIRE(request.operation == BLKIF_OP_WRITE);
    REQUIRE(request.handle == 51712);
    REQUIRE(request.sector_number == 7);
    REQUIRE(request.nr_segments == 3);
    REQUIRE(request.seg[0].first_sect == 3);
    REQUIRE(request.seg[0].last_sect == 7);
    REQUIRE(request.seg[1].first_sect == 0);
    REQUIRE(request.seg[1].last_sect == 7);
    REQUIRE(request.seg[2].first_sect == 0);
    REQUIRE(request.seg[2].last_sect == 2);
    REQUIRE(pair.grants.in_use() == 4);
    REQUIRE(pair.answer({request.id, request.operation, 0}));
    REQUIRE(job.completions == 1);
    REQUIRE(job.outcome);
    REQUIRE(pair.grants.in_use() == 1);
}

TEST_CASE("eleven pages fit into a request, and twelve do not")
{
    Pair pair;
    Job most = pair.job(Operation::read, 0, 512, 11 * page_size - 512);
    REQUIRE(pair.queue.submit(most));
    Job more = pair.job(Operation::read, 0, 512, 11 * page_size);
    REQUIRE(pair.queue.submit(more).error() == Errc::invalid_argument);
    REQUIRE(more.completions == 0);
    REQUIRE(pair.queue.in_flight() == 1);
    REQUIRE(pair.sent().nr_segments == 11);
    pair.queue.fail(Errc::disconnected);
}

TEST_CASE("data that is not in the pool, not in sectors, or nothing, is refused")
{
    Pair pair;
    std::vector<std::byte> elsewhere(512);
    Job outside;
    static_cast<Io&>(outside) = Io{Operation::read, 0, elsewhere, &Job::complete};
    REQUIRE(pair.queue.submit(outside).error() == Errc::invalid_argument);
    Job crooked = pair.job(Operation::read, 0, 1, 512);
    REQUIRE(pair.queue.submit(crooked).error() == Errc::invalid_argument);
    Job empty = pair.job(Operation::read, 0, 0, 0);
    REQUIRE(pair.queue.submit(empty).error() == Errc::invalid_argument);
    REQUIRE(pair.grants.in_use() == 1);
}

TEST_CASE("no two requests ever have the same id")
{
    Pair pair;
    std::vector<std::uint64_t> ids;
    for (int i = 0; i < 100; ++i) {
        Job job = pair.job(Operation::read, 0, 0, 512);
        REQUIRE(pair.queue.submit(job));
        Request const request = pair.sent();
        REQUIRE(std::ranges::find(ids, request.id) == ids.end());
        ids.push_back(request.id);
        REQUIRE(pair.answer({request.id, request.operation, 0}));
    }
}

TEST_CASE("each status is the outcome of its own request")
{
    Pair pair;
    struct Known {
        std::int16_t status;
        std::optional<Errc> error;
    };
    for (Known const known :
         {Known{0, {}}, Known{-1, Errc::io}, Known{-2, Errc::unsupported}, Known{1, Errc::protocol},
          Known{0x7fff, Errc::protocol}}) {
        Job job = pair.job(Operation::read, 0, 0, 512);
        REQUIRE(pair.queue.submit(job));
        Request const request = pair.sent();
        static_cast<void>(pair.answer({request.id, request.operation, known.status}));
        REQUIRE(job.completions == 1);
        REQUIRE(job.outcome.has_value() == !known.error);
        if (known.error)
            REQUIRE(job.outcome.error() == *known.error);
    }
}

TEST_CASE("a response that fits no request is reported, and completes nothing")
{
    for (int lie = 0; lie < 6; ++lie) {
        Pair pair;
        Job over = pair.job(Operation::read, 0, 0, 512);
        REQUIRE(pair.queue.submit(over));
        Request const first = pair.sent();
        REQUIRE(pair.answer({first.id, first.operation, 0}));
        Job job = pair.job(Operation::read, 0, 0, 512);
        REQUIRE(pair.queue.submit(job));
        Request const request = pair.sent();
        Response const lies[] = {
            {request.id + 1, request.operation, 0},           // another slot
            {request.id & 0xffffffff, request.operation, 0},  // the slot, of another time
            {first.id, request.operation, 0},                 // over already
            {request.id | 0xffff'ff00, request.operation, 0}, // no slot
            {~0ull, request.operation, 0},
            {request.id, BLKIF_OP_WRITE, 0}};
        REQUIRE(pair.answer(lies[lie]).error() == Errc::protocol);
        REQUIRE(job.completions == 0);
        pair.queue.fail(Errc::protocol);
        REQUIRE(job.completions == 1);
        REQUIRE(job.outcome.error() == Errc::protocol);
    }
}

TEST_CASE("a response that comes twice is reported, and completes nothing else")
{
    Pair pair;
    Job once = pair.job(Operation::read, 0, 0, 512);
    Job other = pair.job(Operation::read, 0, 0, 512);
    REQUIRE(pair.queue.submit(once));
    REQUIRE(pair.queue.submit(other));
    Request const request = pair.sent();
    pair.back.take();
    REQUIRE(pair.answer({request.id, request.operation, 0}));
    REQUIRE(pair.answer({request.id, request.operation, 0}).error() == Errc::protocol);
    REQUIRE(once.completions == 1);
    REQUIRE(other.completions == 0);
    pair.queue.fail(Errc::protocol);
}

TEST_CASE("failing completes everything once, and keeps the pages until the queue ends")
{
    Pair pair;
    std::vector<Job> jobs(5);
    for (Job& job : jobs) {
        job = pair.job(Operation::read, 0, 0, 512);
        REQUIRE(pair.queue.submit(job));
    }
    pair.queue.publish();
    pair.queue.fail(Errc::disconnected);
    pair.queue.fail(Errc::protocol);
    for (Job const& job : jobs) {
        REQUIRE(job.completions == 1);
        REQUIRE(job.outcome.error() == Errc::disconnected);
    }
    REQUIRE(pair.grants.in_use() == 6);
    REQUIRE(pair.pool->held_count() == 1);
}

TEST_CASE("nobody hears of a request that was abandoned, and its page is held until it is over")
{
    Pair pair;
    Job job = pair.job(Operation::read, 0, 0, 512);
    REQUIRE(pair.queue.submit(job));
    Request const request = pair.sent();
    pair.queue.abandon(job);
    REQUIRE_FALSE(job.is_in_flight());
    REQUIRE(pair.pool->held_count() == 1);
    REQUIRE(pair.answer({request.id, request.operation, 0}));
    REQUIRE(job.completions == 0);
    REQUIRE(pair.pool->held_count() == 0);
}

TEST_CASE("running out of grants refuses the request whole")
{
    Pair pair;
    pair.guest.limit_grant_frames(1);
    std::vector<GrantRef> taken;
    while (auto const ref =
               pair.grants.grant(Domain{1}, pair.guest.gfn(pair.memory.data()), Access::read_only))
        taken.push_back(*ref);
    for (int i = 0; i < 5; ++i) {
        REQUIRE(pair.grants.revoke(taken.back()));
        taken.pop_back();
    }
    std::size_t const before = pair.grants.in_use();
    Job large = pair.job(Operation::read, 0, 0, 6 * page_size);
    REQUIRE(pair.queue.submit(large).error() == Errc::no_space);
    REQUIRE(pair.grants.in_use() == before);
    REQUIRE(pair.pool->held_count() == 0);
    Job fits = pair.job(Operation::read, 0, 0, 5 * page_size);
    REQUIRE(pair.queue.submit(fits));
    pair.queue.fail(Errc::disconnected);
    for (GrantRef const ref : taken)
        REQUIRE(pair.grants.revoke(ref));
}
