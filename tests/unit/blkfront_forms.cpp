#include <lodger/tests/unit/support/block_pair.hpp>

using namespace lodger;
using blkfront::DiscardRequest;
using blkfront::IndirectRequest;
using blkfront::Operation;
using blkfront::Request;
using test::BlockPair;
using test::Job;

namespace {

constexpr std::int16_t refused = BLKIF_RSP_EOPNOTSUPP;

Job plain(Operation operation, std::uint64_t length = 0)
{
    Job job{operation, 0, {}};
    job.length = length;
    return job;
}

/// Has the stack hold something that can be known again.
[[gnu::noinline]] void leave_traces()
{
    std::array<unsigned char, 8192> volatile traces;
    for (auto& byte : const_cast<std::array<unsigned char, 8192>&>(traces))
        const_cast<unsigned char volatile&>(byte) = 0xee;
}

} // namespace

TEST_CASE("a flush that the backend refuses after all is an empty barrier from then on")
{
    BlockPair pair{{.flush = true, .barrier = true}};
    Job job = plain(Operation::flush);
    REQUIRE(pair.flow.take_on(job));
    Request const flush = pair.sent();
    REQUIRE(flush.operation == BLKIF_OP_FLUSH_DISKCACHE);
    REQUIRE(flush.nr_segments == 0);
    REQUIRE(pair.answer(flush.id, flush.operation, refused));
    REQUIRE(job.completions == 0);
    Request const barrier = pair.sent();
    REQUIRE(barrier.operation == BLKIF_OP_WRITE_BARRIER);
    REQUIRE(barrier.nr_segments == 0);
    REQUIRE(pair.answer(barrier.id, barrier.operation));
    REQUIRE(job.completions == 1);
    REQUIRE(job.outcome);
    REQUIRE_FALSE(pair.link->features().flush);
    Job next = plain(Operation::flush);
    REQUIRE(pair.flow.take_on(next));
    Request const again = pair.sent();
    REQUIRE(again.operation == BLKIF_OP_WRITE_BARRIER);
    REQUIRE(pair.answer(again.id, again.operation, refused));
    REQUIRE(next.completions == 1);
    REQUIRE(next.outcome.error() == Errc::unsupported);
    REQUIRE_FALSE(pair.link->features().has(Operation::flush));
    REQUIRE_FALSE(pair.link->features().has(Operation::barrier));
}

TEST_CASE("a flush that fails is a flush that has failed")
{
    BlockPair pair{{.flush = true}};
    Job job = plain(Operation::flush);
    REQUIRE(pair.flow.take_on(job));
    Request const flush = pair.sent();
    REQUIRE(pair.answer(flush.id, flush.operation, BLKIF_RSP_ERROR));
    REQUIRE(job.completions == 1);
    REQUIRE(job.outcome.error() == Errc::io);
}

TEST_CASE("a discard names its range, and says when nothing of it may remain")
{
    for (bool const is_secure : {false, true}) {
        BlockPair pair{{.discard = true, .secure_discard = true}};
        Job job = plain(is_secure ? Operation::secure_discard : Operation::discard, 64 * 512);
        job.offset = 8 * 512;
        REQUIRE(pair.flow.take_on(job));
        auto const request = pair.sent<DiscardRequest>();
        REQUIRE(request.operation == BLKIF_OP_DISCARD);
        REQUIRE(request.flag == (is_secure ? BLKIF_DISCARD_SECURE : 0));
        REQUIRE(request.handle == 51712);
        REQUIRE(request.sector_number == 8);
        REQUIRE(request.nr_sectors == 64);
        // What the backend does not do after all, it is not asked for again.
        REQUIRE(pair.answer(request.id, request.operation, refused));
        REQUIRE(job.completions == 1);
        REQUIRE(job.outcome.error() == Errc::unsupported);
        auto const& features = pair.link->features();
        REQUIRE_FALSE(features.has(Operation::secure_discard));
        REQUIRE(features.has(Operation::discard) == is_secure);
    }
}

TEST_CASE("what has more than eleven segments is one indirect request, until these are refused")
{
    BlockPair pair{{.most_segments = 256}};
    Job job = pair.job(Operation::write, 0, 512, 20 * page_size);
    REQUIRE(pair.flow.take_on(job));
    auto const indirect = pair.sent<IndirectRequest>();
    REQUIRE(indirect.operation == BLKIF_OP_INDIRECT);
    REQUIRE(indirect.indirect_op == BLKIF_OP_WRITE);
    REQUIRE(indirect.nr_segments == 21);
    REQUIRE(indirect.handle == 51712);
    REQUIRE(indirect.sector_number == 0);
    REQUIRE_FALSE(pair.is_anything_sent());
    REQUIRE(pair.answer(indirect.id, BLKIF_OP_INDIRECT, refused));
    REQUIRE(job.completions == 0);
    REQUIRE(pair.link->features().most_segments == blkfront::most_direct_segments);
    for (int part = 0; part < 2; ++part) {
        Request const direct = pair.sent();
        REQUIRE(direct.operation == BLKIF_OP_WRITE);
        REQUIRE(pair.answer(direct.id, direct.operation));
    }
    REQUIRE(job.completions == 1);
    REQUIRE(job.outcome);
}

TEST_CASE("a read or write that is refused has no other form, and fails")
{
    BlockPair pair;
    Job job = pair.job(Operation::read, 0, 0, 512);
    REQUIRE(pair.flow.take_on(job));
    Request const request = pair.sent();
    REQUIRE(pair.answer(request.id, request.operation, refused));
    REQUIRE(job.outcome.error() == Errc::unsupported);
}

TEST_CASE("a barrier is one request of the ring, or it is too large")
{
    BlockPair pair{{.most_segments = 32, .barrier = true}};
    Job fits = pair.job(Operation::barrier, 0, 0, 11 * page_size);
    REQUIRE(pair.flow.take_on(fits));
    REQUIRE(pair.sent().operation == BLKIF_OP_WRITE_BARRIER);
    Job large = pair.job(Operation::barrier, 0, 0, 12 * page_size);
    REQUIRE(pair.flow.take_on(large));
    REQUIRE(large.completions == 1);
    REQUIRE(large.outcome.error() == Errc::too_large);
    // One in a ring says nothing of what is in the others; a flush is of what is over already.
    blkfront::Features several{.queues = 2, .barrier = true};
    REQUIRE_FALSE(several.has(Operation::barrier));
    REQUIRE(several.has(Operation::flush));
}

TEST_CASE("nothing of ours shows between the members of a request")
{
    BlockPair pair{{.most_segments = 32, .flush = true, .discard = true}};
    auto const ring = pair.link->channel(0).ring.bytes();
    std::array<Job, 4> jobs{
        pair.job(Operation::write, 0, 512, 2 * page_size),
        pair.job(Operation::write, 0, 0, 20 * page_size), plain(Operation::flush),
        plain(Operation::discard, 4096)};
    std::ranges::fill(ring.subspan(64), std::byte{0xff});
    for (Job& job : jobs) {
        leave_traces();
        REQUIRE(pair.flow.take_on(job));
    }
    auto const all_zero = [&](std::size_t at, std::size_t count) {
        return std::ranges::all_of(
            ring.subspan(at, count), [](std::byte byte) { return byte == std::byte{}; });
    };
    for (std::size_t i = 0; i < jobs.size(); ++i)
        REQUIRE(all_zero(64 + i * sizeof(Request) + 4, 4));
    for (std::size_t segment = 0; segment < 3; ++segment)
        REQUIRE(all_zero(64 + offsetof(Request, seg) + segment * 8 + 6, 2));
    REQUIRE(all_zero(64 + sizeof(Request) + 60, 4)); // The indirect one's end.
    pair.flow.fail_all(Errc::disconnected);
}

TEST_CASE("with persistent grants a page is granted once, writable, and costs nothing afterwards")
{
    BlockPair pair{{.persistent_grants = true}, {.persistent_grants = true}};
    std::uint64_t const made = pair.link->grants().made();
    REQUIRE(made == pair.pool->page_count());
    std::optional<std::uint32_t> ref;
    for (Operation const operation : {Operation::write, Operation::read, Operation::write}) {
        Job job = pair.job(operation, 0, 0, 512);
        REQUIRE(pair.flow.take_on(job));
        Request const request = pair.sent();
        REQUIRE(ref.value_or(request.seg[0].gref) == request.seg[0].gref);
        ref = request.seg[0].gref;
        auto const& entry = pair.guest.grant_table(1).value()[*ref];
        REQUIRE((entry.flags & (GTF_permit_access | GTF_readonly)) == GTF_permit_access);
        REQUIRE(pair.answer(request.id, request.operation));
        REQUIRE(job.completions == 1);
    }
    REQUIRE(pair.link->grants().made() == made);
}

TEST_CASE("what is written is granted to be read alone, for as long as the request takes")
{
    BlockPair pair;
    for (Operation const operation : {Operation::write, Operation::read}) {
        Job job = pair.job(operation, 0, 0, 512);
        REQUIRE(pair.flow.take_on(job));
        Request const request = pair.sent();
        auto const& entry = pair.guest.grant_table(1).value()[request.seg[0].gref];
        bool const is_read_only = entry.flags & GTF_readonly;
        REQUIRE(is_read_only == (operation == Operation::write));
        REQUIRE(pair.answer(request.id, request.operation));
        REQUIRE_FALSE(entry.flags & GTF_permit_access);
    }
}

TEST_CASE("rings of one to sixteen pages are filled to the last slot, and beyond the first round")
{
    for (std::size_t const pages : {1, 2, 4, 8, 16}) {
        BlockPair pair{{}, {.ring_pages = pages, .persistent_grants = false}};
        std::size_t const depth = pair.link->channel(0).queue.capacity();
        REQUIRE(depth == 32 * pages);
        std::vector<Job> jobs(2 * depth + 3);
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            jobs[i] = pair.job(Operation::read, i * 512, 0, 512);
            REQUIRE(pair.flow.take_on(jobs[i]));
        }
        std::vector<Request> in_ring;
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            in_ring.push_back(pair.sent());
            REQUIRE(in_ring.back().sector_number == i);
            if (i + 1 < depth)
                continue;
            REQUIRE_FALSE(pair.is_anything_sent());
            REQUIRE(pair.answer(in_ring[i + 1 - depth].id, BLKIF_OP_READ));
            REQUIRE(jobs[i + 1 - depth].completions == 1);
        }
        pair.flow.fail_all(Errc::disconnected);
    }
}
