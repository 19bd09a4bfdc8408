#include <lodger/tests/unit/support/block_pair.hpp>

using namespace lodger;
using blkfront::Operation;
using blkfront::Request;
using test::BlockPair;
using test::Job;

namespace {

/// A job that does something when it completes.
struct Then : Job {
    std::function<void()> then = [] {};

    Then() = default;
    explicit Then(Job const& job) : Job{job} { on_complete = &complete; }

private:
    static void complete(blkfront::Io& io, Result<> outcome)
    {
        auto& job = static_cast<Then&>(io);
        ++job.completions;
        job.outcome = outcome;
        job.then();
    }
};

/// Takes all entries of a table but some.
std::vector<GrantRef> exhaust(BlockPair& pair, std::size_t but = 0)
{
    pair.guest.limit_grant_frames(1);
    std::vector<GrantRef> taken;
    while (auto const ref = pair.grants.grant(Domain{1}, Gfn{1}, Access::read_only))
        taken.push_back(*ref);
    for (; but > 0; --but, taken.pop_back())
        REQUIRE(pair.grants.revoke(taken.back()));
    return taken;
}

auto& flags_of(BlockPair& pair, std::uint32_t ref)
{
    return pair.guest.grant_table(1).value()[ref].flags;
}

std::unique_ptr<BlockPair::Link>
another_link(BlockPair& pair, blkfront::Offer const& offer = {.persistent_grants = false})
{
    return BlockPair::Link::create(
               pair.grants, Domain{2}, offer, *pair.pool, *pair.frames, 51728, {})
        .value();
}

} // namespace

TEST_CASE("a page that is let go of while its next request waits for an entry is used once")
{
    BlockPair pair;
    exhaust(pair, 1);
    Then first{pair.job(Operation::read, 0, 0, 512)};
    Job next = pair.job(Operation::write, 0, 0, 512);
    REQUIRE(pair.flow.take_on(first));
    REQUIRE(pair.flow.take_on(next));
    Request const request = pair.sent();
    std::uint32_t const ref = request.seg[0].gref;
    flags_of(pair, ref) |= GTF_reading;
    // Quarantined by then, and let go of at once: the entry that comes free is news in the middle.
    first.then = [&] { flags_of(pair, ref) &= static_cast<std::uint16_t>(~GTF_reading); };
    std::size_t const in_use = pair.grants.in_use();
    REQUIRE(pair.answer(request.id, request.operation));
    REQUIRE(first.completions == 1);
    REQUIRE(next.completions == 0);
    REQUIRE(pair.grants.in_use() == in_use);
    REQUIRE(pair.grants.quarantined() == 0);
    Request const second = pair.sent();
    REQUIRE_FALSE(pair.is_anything_sent());
    REQUIRE(pair.answer(second.id, second.operation));
    REQUIRE(next.completions == 1);
    REQUIRE(pair.grants.in_use() == in_use - 1);
}

TEST_CASE("an entry that comes free is for who still waits for one")
{
    BlockPair pair;
    auto const link = another_link(pair);
    link->connect({});
    blkfront::Flow<sim::Domain> other{pair.grants};
    other.attach(*link);
    auto const taken = exhaust(pair);
    Job given_up = pair.job(Operation::read, 0, 0, 512);
    Job waiting = pair.job(Operation::read, 0, page_size, 512);
    REQUIRE(pair.flow.take_on(given_up));
    REQUIRE(other.take_on(waiting));
    pair.flow.cancel(given_up, Errc::timed_out);
    REQUIRE(pair.grants.revoke(taken.back()));
    REQUIRE(link->channel(0).queue.in_flight() == 1);
    other.fail_all(Errc::disconnected);
}

TEST_CASE("who is told of an entry may give up what is just being answered")
{
    BlockPair pair;
    auto const link = another_link(pair);
    link->connect({});
    blkfront::Flow<sim::Domain> other{pair.grants};
    other.attach(*link);
    Job kept = pair.job(Operation::read, 0, page_size, 512);
    Job answered = pair.job(Operation::read, 0, 0, 512);
    REQUIRE(pair.flow.take_on(kept));
    REQUIRE(pair.flow.take_on(answered));
    exhaust(pair);
    // Fails when it has an entry, since its page is quarantined by then.
    Then fails{pair.job(Operation::write, 0, page_size, 512)};
    fails.then = [&] { pair.flow.cancel(answered, Errc::cancelled); };
    REQUIRE(other.take_on(fails));
    Request const first = pair.sent();
    Request const second = pair.sent();
    flags_of(pair, first.seg[0].gref) |= GTF_reading;
    pair.back.put({.id = first.id, .operation = first.operation, .status = 0});
    REQUIRE(pair.answer(second.id, second.operation));
    REQUIRE(kept.completions == 1);
    REQUIRE(answered.completions == 1);
    REQUIRE(answered.outcome);
    REQUIRE(fails.completions == 1);
    REQUIRE(fails.outcome.error() == Errc::quarantined);
    flags_of(pair, first.seg[0].gref) &= static_cast<std::uint16_t>(~GTF_reading);
}

TEST_CASE("who waits hears of what another thread cancels")
{
    BlockPair pair;
    Job job = pair.job(Operation::read, 0, 0, 512);
    REQUIRE(pair.flow.take_on(job));
    bool has_heard = false;
    pair.guest.spawn("waits", [&] {
        while (job.is_in_flight())
            REQUIRE(pair.flow.wait(Deadline::never()));
        has_heard = true;
    });
    pair.guest.spawn("cancels", [&] { pair.flow.cancel(job, Errc::cancelled); });
    pair.world.run();
    REQUIRE(has_heard);
}

TEST_CASE("requests that wait go through a link of fewer rings")
{
    BlockPair pair{{}, {.queues = 2, .persistent_grants = false}};
    std::vector<Job> jobs(40); // More than a ring holds.
    for (Job& job : jobs) {
        job = pair.job(Operation::read, 0, 0, 512);
        REQUIRE(pair.flow.take_on(job));
    }
    pair.flow.detach();
    pair.link = another_link(pair);
    pair.link->connect({});
    pair.flow.attach(*pair.link);
    REQUIRE(pair.link->channel(0).queue.in_flight() == 32);
    pair.flow.fail_all(Errc::disconnected);
}

TEST_CASE("frames of segments are shown once, however often a link begins")
{
    BlockPair pair{{.most_segments = 32}};
    pair.link->connect({.most_segments = 32});
    REQUIRE(pair.grants.in_use() == pair.granted_at_start);
    pair.link.reset();
    REQUIRE(pair.grants.in_use() == 0);
    REQUIRE(pair.pool->held_count() == 0);
}

TEST_CASE("a link of a domain that was restored shows nothing")
{
    BlockPair pair;
    auto link = another_link(pair);
    pair.guest.spawn("main", [&] { pair.guest.restore(std::chrono::seconds{1}); });
    pair.world.run();
    pair.grants.restart();
    link->connect({.most_segments = 32});
    REQUIRE(pair.grants.in_use() == 0);
    pair.flow.fail_all(Errc::disconnected);
}

TEST_CASE("copies find pages that the backend has let go of late, or hear that there are none")
{
    BlockPair pair{{.copies_data = true}, {.persistent_grants = false, .copies_data = true}};
    // All that the copies can go through, which is what the test's own data leaves.
    pair.pool->free(pair.memory.subspan(0, page_size));
    pair.memory = pair.memory.subspan(page_size);
    Job job = pair.job(Operation::read, 0, 0, 512);
    REQUIRE(pair.flow.take_on(job));
    Request const request = pair.sent();
    flags_of(pair, request.seg[0].gref) |= GTF_reading;
    REQUIRE(pair.answer(request.id, request.operation));
    Job refused = pair.job(Operation::read, 0, 0, 512);
    REQUIRE(pair.flow.take_on(refused));
    REQUIRE(refused.completions == 1);
    REQUIRE(refused.outcome.error() == Errc::quarantined);
    flags_of(pair, request.seg[0].gref) &= static_cast<std::uint16_t>(~GTF_reading);
    Job last = pair.job(Operation::read, 0, 0, 512);
    REQUIRE(pair.flow.take_on(last));
    Request const again = pair.sent();
    REQUIRE(pair.answer(again.id, again.operation));
    REQUIRE(last.completions == 1);
    REQUIRE(last.outcome);
}
