#include <lodger/tests/unit/support/block_pair.hpp>

using namespace lodger;
using blkfront::IndirectRequest;
using blkfront::Operation;
using blkfront::Piece;
using blkfront::Request;
using test::BlockPair;
using test::Job;

TEST_CASE("a request says what it asks for, in sectors of 512 bytes and pages of the pool")
{
    BlockPair pair;
    Job job = pair.job(Operation::write, 7 * 512, 3 * 512, 2 * page_size);
    REQUIRE(pair.flow.take_on(job));
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
    REQUIRE(pair.grants.in_use() == pair.granted_at_start + 3);
    REQUIRE(pair.answer(request.id, request.operation));
    REQUIRE(job.completions == 1);
    REQUIRE(job.outcome);
    REQUIRE(pair.grants.in_use() == pair.granted_at_start);
}

TEST_CASE("a request that is too long for one of the ring becomes several, and completes once")
{
    BlockPair pair;
    Job job = pair.job(Operation::read, 0, 512, 30 * page_size);
    REQUIRE(pair.flow.take_on(job));
    std::uint64_t next_sector = 0;
    for (int part = 0; part < 3; ++part) {
        Request const request = pair.sent();
        REQUIRE(request.sector_number == next_sector);
        for (std::size_t i = 0; i < request.nr_segments; ++i)
            next_sector += request.seg[i].last_sect - request.seg[i].first_sect + 1u;
        REQUIRE(job.completions == 0);
        REQUIRE(pair.answer(request.id, request.operation));
    }
    REQUIRE(next_sector == 30 * 8);
    REQUIRE(job.completions == 1);
    REQUIRE_FALSE(pair.is_anything_sent());
}

TEST_CASE("a long request with one part that fails, fails once, when no part is in the ring")
{
    BlockPair pair;
    Job job = pair.job(Operation::read, 0, 0, 33 * page_size);
    REQUIRE(pair.flow.take_on(job));
    Request const first = pair.sent();
    Request const second = pair.sent();
    Request const third = pair.sent();
    REQUIRE(pair.answer(second.id, second.operation, BLKIF_RSP_ERROR));
    REQUIRE(pair.answer(first.id, first.operation));
    REQUIRE(job.completions == 0);
    REQUIRE(pair.answer(third.id, third.operation));
    REQUIRE(job.completions == 1);
    REQUIRE(job.outcome.error() == Errc::io);
}

TEST_CASE("data in several pieces is one request")
{
    BlockPair pair;
    std::array<Piece, 3> const pieces = {
        pair.memory.subspan(0, 1024), pair.memory.subspan(5 * page_size, page_size),
        pair.memory.subspan(3 * page_size + 512, 512)};
    Job job;
    job = pair.job(Operation::write, 0, 0, 0);
    job.data = {};
    job.scattered = pieces;
    REQUIRE(pair.flow.take_on(job));
    Request const request = pair.sent();
    REQUIRE(request.nr_segments == 3);
    REQUIRE(request.seg[0].last_sect == 1);
    REQUIRE(request.seg[1].last_sect == 7);
    REQUIRE(request.seg[2].first_sect == 1);
    REQUIRE(request.seg[2].last_sect == 1);
    REQUIRE(pair.answer(request.id, request.operation));
    REQUIRE(job.completions == 1);
}

TEST_CASE("no two requests ever have the same id")
{
    BlockPair pair;
    std::vector<std::uint64_t> ids;
    for (int i = 0; i < 100; ++i) {
        Job job = pair.job(Operation::read, 0, 0, 512);
        REQUIRE(pair.flow.take_on(job));
        Request const request = pair.sent();
        REQUIRE(std::ranges::find(ids, request.id) == ids.end());
        ids.push_back(request.id);
        REQUIRE(pair.answer(request.id, request.operation));
    }
}

TEST_CASE("each status is the outcome of its own request")
{
    BlockPair pair;
    struct Known {
        std::int16_t status;
        std::optional<Errc> error;
    };
    for (Known const known :
         {Known{0, {}}, Known{-1, Errc::io}, Known{-2, Errc::unsupported}, Known{1, Errc::protocol},
          Known{0x7fff, Errc::protocol}}) {
        Job job = pair.job(Operation::read, 0, 0, 512);
        REQUIRE(pair.flow.take_on(job));
        Request const request = pair.sent();
        REQUIRE(pair.answer(request.id, request.operation, known.status));
        REQUIRE(job.completions == 1);
        REQUIRE(job.outcome.has_value() == !known.error);
        if (known.error)
            REQUIRE(job.outcome.error() == *known.error);
    }
}

TEST_CASE("a response that fits no request is reported, and completes nothing")
{
    for (std::size_t lie = 0; lie < 8; ++lie) {
        BlockPair pair;
        Job over = pair.job(Operation::read, 0, 0, 512);
        REQUIRE(pair.flow.take_on(over));
        Request const first = pair.sent();
        REQUIRE(pair.answer(first.id, first.operation));
        Job job = pair.job(Operation::read, 0, 0, 512);
        REQUIRE(pair.flow.take_on(job));
        Request const request = pair.sent();
        std::uint64_t const id = request.id;
        std::array<std::pair<std::uint64_t, std::uint8_t>, 8> const lies = {{
            {id + 1, BLKIF_OP_READ},           // another slot
            {id & 0xffffffff, BLKIF_OP_READ},  // the slot, of another time
            {first.id, BLKIF_OP_READ},         // over already
            {id | 0xffff'ff00, BLKIF_OP_READ}, // no slot
            {id | 32, BLKIF_OP_READ},          // just behind the last slot
            {~0ull, BLKIF_OP_READ},
            {id, BLKIF_OP_WRITE},
            {id, BLKIF_OP_INDIRECT},
        }};
        REQUIRE(pair.answer(lies[lie].first, lies[lie].second).error() == Errc::protocol);
        REQUIRE(job.completions == 0);
        pair.flow.fail_all(Errc::protocol);
        REQUIRE(job.completions == 1);
        REQUIRE(job.outcome.error() == Errc::protocol);
        REQUIRE(pair.flow.take_on(over).error() == Errc::protocol);
    }
}

TEST_CASE("a response that comes twice is reported, and completes nothing else")
{
    BlockPair pair;
    Job once = pair.job(Operation::read, 0, 0, 512);
    Job other = pair.job(Operation::read, 0, 0, 512);
    REQUIRE(pair.flow.take_on(once));
    REQUIRE(pair.flow.take_on(other));
    Request const request = pair.sent();
    pair.sent();
    REQUIRE(pair.answer(request.id, request.operation));
    REQUIRE(pair.answer(request.id, request.operation).error() == Errc::protocol);
    REQUIRE(once.completions == 1);
    REQUIRE(other.completions == 0);
    pair.flow.fail_all(Errc::protocol);
}

TEST_CASE("failing completes everything once, and keeps the pages until the link ends")
{
    BlockPair pair;
    std::vector<Job> jobs(40); // More than the ring holds.
    for (Job& job : jobs) {
        job = pair.job(Operation::read, 0, 0, 512);
        REQUIRE(pair.flow.take_on(job));
    }
    pair.flow.publish();
    pair.flow.fail_all(Errc::disconnected);
    pair.flow.fail_all(Errc::protocol);
    for (Job const& job : jobs) {
        REQUIRE(job.completions == 1);
        REQUIRE(job.outcome.error() == Errc::disconnected);
    }
    REQUIRE(pair.pool->held_count() == 1);
    pair.link.reset();
    REQUIRE(pair.pool->held_count() == 0);
    REQUIRE(pair.grants.in_use() == 0);
}

TEST_CASE("what a link has not answered goes through the next one, each once, in its order")
{
    BlockPair pair;
    std::vector<Job> jobs(3);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        jobs[i] = pair.job(Operation::write, i * page_size, i * page_size, page_size);
        REQUIRE(pair.flow.take_on(jobs[i]));
    }
    Request const first = pair.sent();
    Request const second = pair.sent();
    pair.back.put({.id = second.id, .operation = second.operation, .status = 0});
    pair.back.publish();
    pair.flow.detach(); // The answer that is there counts.
    REQUIRE(jobs[1].completions == 1);
    REQUIRE(jobs[0].completions + jobs[2].completions == 0);
    pair.link = BlockPair::Link::create(
                    pair.grants, Domain{2}, {.persistent_grants = false}, *pair.pool, *pair.frames,
                    51712, {})
                    .value();
    pair.link->connect({});
    pair.back = decltype(pair.back){pair.link->channel(0).ring.bytes()};
    pair.flow.attach(*pair.link);
    for (std::uint64_t const sector : {0, 16}) {
        Request const again = pair.sent();
        REQUIRE(again.sector_number == sector);
        REQUIRE(pair.answer(again.id, again.operation));
    }
    REQUIRE_FALSE(pair.is_anything_sent());
    for (Job const& job : jobs)
        REQUIRE(job.completions == 1);
    static_cast<void>(first);
}

TEST_CASE("an answer that was saved with the domain counts no more, and the request is made again")
{
    BlockPair pair;
    Job job = pair.job(Operation::read, 0, 0, 512);
    REQUIRE(pair.flow.take_on(job));
    Request const request = pair.sent();
    pair.back.put({.id = request.id, .operation = request.operation, .status = 0});
    pair.back.publish();
    pair.guest.spawn("main", [&] {
        pair.guest.restore(std::chrono::seconds{1});
        pair.flow.detach();
    });
    pair.world.run();
    // The memory for its data may have been saved before the data was there.
    REQUIRE(job.completions == 0);
    pair.flow.fail_all(Errc::disconnected);
    REQUIRE(job.completions == 1);
}

TEST_CASE("nobody hears of a request that was abandoned, and its page is held until it is over")
{
    BlockPair pair;
    Job job = pair.job(Operation::read, 0, 0, 512);
    REQUIRE(pair.flow.take_on(job));
    Request const request = pair.sent();
    pair.flow.abandon(job);
    REQUIRE_FALSE(job.is_in_flight());
    REQUIRE(pair.pool->held_count() == 1);
    REQUIRE(pair.answer(request.id, request.operation));
    REQUIRE(job.completions == 0);
    REQUIRE(pair.pool->held_count() == 0);
}

TEST_CASE("requests go on as grants come free, and never fail for want of them")
{
    BlockPair pair;
    pair.guest.limit_grant_frames(1);
    std::vector<GrantRef> taken;
    while (auto const ref = pair.grants.grant(Domain{1}, Gfn{1}, Access::read_only))
        taken.push_back(*ref);
    auto const give = [&] {
        REQUIRE(pair.grants.revoke(taken.back()));
        taken.pop_back();
    };
    give();
    give();
    Job job = pair.job(Operation::read, 0, 0, 3 * page_size);
    REQUIRE(pair.flow.take_on(job));
    Request const first = pair.sent();
    REQUIRE(first.nr_segments == 2);
    REQUIRE_FALSE(pair.is_anything_sent());
    give(); // By somebody else.
    Request const second = pair.sent();
    REQUIRE(second.nr_segments == 1);
    REQUIRE(pair.answer(first.id, first.operation));
    REQUIRE(pair.answer(second.id, second.operation));
    REQUIRE(job.completions == 1);
    REQUIRE(job.outcome);
}

TEST_CASE("a page that the backend keeps after its answer is not used until it has let go of it")
{
    BlockPair pair;
    Job job = pair.job(Operation::read, 0, 0, 512);
    REQUIRE(pair.flow.take_on(job));
    Request const request = pair.sent();
    pair.guest.grant_table(1).value()[request.seg[0].gref].flags |= GTF_reading;
    REQUIRE(pair.answer(request.id, request.operation));
    REQUIRE(job.completions == 1);
    REQUIRE(job.outcome);
    REQUIRE(pair.grants.quarantined() == 1);
    Job again = pair.job(Operation::read, 0, 0, 512);
    REQUIRE(pair.flow.take_on(again));
    REQUIRE(again.completions == 1);
    REQUIRE(again.outcome.error() == Errc::quarantined);
    pair.guest.grant_table(1).value()[request.seg[0].gref].flags &= ~GTF_reading;
    Job last = pair.job(Operation::read, 0, 0, 512);
    REQUIRE(pair.flow.take_on(last));
    REQUIRE(pair.grants.quarantined() == 0);
    Request const sent = pair.sent();
    REQUIRE(pair.answer(sent.id, sent.operation));
    REQUIRE(last.outcome);
    REQUIRE(pair.grants.in_use() == pair.granted_at_start);
}
