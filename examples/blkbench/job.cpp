#include "job.hpp"

#include "pattern.hpp"

#include <cstring>

namespace blkbench {

Job::Job(BlockDevice& device, Settings const& settings, std::uint64_t number)
    : device_{device},
      settings_{settings},
      blocks_{device.disk()->size / settings.block / settings.jobs},
      first_{blocks_ * number},
      random_{static_cast<std::mt19937::result_type>(number + 1)},
      slots_(settings.depth)
{
}

Result<> Job::prepare()
{
    if (blocks_ == 0)
        return Failure{Errc::out_of_range};
    for (Slot& slot : slots_) {
        slot.job = this;
        slot.on_complete = &complete;
        slot.length = settings_.block;
        if (!moves_data(settings_.work))
            continue;
        slot.pooled.emplace(LODGER_TRY(BlockBuffer::allocate(device_.pool(), settings_.block)));
        slot.data = slot.pooled->bytes().first(settings_.block);
        if (settings_.from_heap)
            slot.heap.reset(new (std::nothrow) std::byte[settings_.block]);
        if (settings_.from_heap && !slot.heap)
            return Failure{Errc::no_memory};
    }
    return {};
}

Result<> Job::start(Instant until, WaitQueue& ended)
{
    until_ = until;
    ended_ = &ended;
    auto const started =
        guest().start_thread("job", [](void* self) { static_cast<Job*>(self)->run(); }, this);
    if (!started)
        ended_ = nullptr;
    return started;
}

void Job::run()
{
    if (auto const worked = work(); !worked)
        note(worked.error());
    for (Slot& slot : slots_)
        device_.abandon(slot);
    guest().wake(*std::exchange(ended_, nullptr));
}

Result<> Job::work()
{
    Instant now = guest().now();
    for (Slot& slot : slots_)
        if (goes_on(now))
            LODGER_TRY(begin(slot, now));
    device_.publish();
    while (under_way_ > 0) {
        if (!done_)
            LODGER_TRY(device_.wait(after(guest(), patience)));
        now = guest().now();
        while (Slot* const slot = done_) {
            done_ = slot->next;
            take(*slot, now);
            if (goes_on(now))
                LODGER_TRY(begin(*slot, now));
        }
        device_.publish();
    }
    return {};
}

bool Job::goes_on(Instant now) const
{
    bool const enough = settings_.count > 0 && begun_ == settings_.count;
    return !enough && !is_stopped_ && now < until_;
}

std::uint64_t Job::next_place()
{
    // The upper half of a product spreads 32 random bits over any number.
    std::uint64_t const block =
        jumps(settings_.work) ? (std::uint64_t{random_()} * blocks_) >> 32 : at_++ % blocks_;
    return (first_ + block) * settings_.block;
}

Result<> Job::begin(Slot& slot, Instant now)
{
    using enum blkfront::Operation;
    bool const is_write = settings_.work == Work::randrw ? random_() & 1 : modifies(settings_.work);
    slot.operation = settings_.work == Work::flush  ? flush
                     : settings_.work == Work::trim ? discard
                     : is_write                     ? write
                                                    : read;
    slot.offset = settings_.work == Work::flush ? 0 : next_place();
    slot.begun = now;
    if (is_write && settings_.verify)
        fill(slot.heap ? std::span{slot.heap.get(), settings_.block} : slot.data, slot.offset);
    if (is_write && slot.heap)
        std::memcpy(slot.data.data(), slot.heap.get(), slot.data.size());
    ++begun_;
    ++under_way_;
    return device_.submit(slot);
}

void Job::complete(blkfront::Io& io, Result<> outcome)
{
    auto& slot = static_cast<Slot&>(io);
    slot.outcome = outcome;
    slot.next = std::exchange(slot.job->done_, &slot);
}

/// Makes of a request that is over what there is to make of it.
void Job::take(Slot& slot, Instant now)
{
    --under_way_;
    latencies_.add(now - slot.begun);
    if (!slot.outcome)
        return note(slot.outcome.error());
    if (slot.operation != blkfront::Operation::read)
        return;
    if (slot.heap)
        std::memcpy(slot.heap.get(), slot.data.data(), slot.data.size());
    if (settings_.verify)
        differences_ += !is_filled(
            slot.heap ? std::span{slot.heap.get(), settings_.block} : slot.data, slot.offset);
}

void Job::note(Errc error)
{
    ++errors_;
    if (!first_error_)
        first_error_ = error;
}

std::uint64_t Job::bytes() const
{
    return settings_.work == Work::flush ? 0 : latencies_.total() * settings_.block;
}

} // namespace blkbench
