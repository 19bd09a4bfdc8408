#include <lodger/blkback/memory_medium.hpp>
#include <lodger/tests/sim/block/disk.hpp>

#include <algorithm>

namespace lodger::sim {

using blkback::Action;
using blkback::Task;

Platters::Platters(Random& random, std::size_t size, bool has_cache)
    : random_{random},
      has_cache_{has_cache},
      bytes_(size)
{
    for (std::byte& byte : bytes_)
        byte = static_cast<std::byte>(random.next());
    durable_ = bytes_;
}

void Platters::resize(std::size_t size)
{
    bytes_.resize(size);
    durable_.resize(size);
}

void Platters::note_written(std::size_t offset, std::size_t size)
{
    std::set<std::size_t> sectors;
    for (std::size_t each = offset / sector; each < (offset + size) / sector; ++each)
        sectors.insert(each);
    if (has_cache_)
        unflushed_.merge(sectors);
    else
        flush(sectors);
}

void Platters::flush(std::set<std::size_t> const& sectors)
{
    for (std::size_t const each : sectors) {
        unflushed_.erase(each);
        if ((each + 1) * sector <= bytes_.size())
            std::copy_n(&bytes_[each * sector], sector, &durable_[each * sector]);
    }
}

void Platters::lose_power()
{
    for (std::size_t const each : unflushed_) {
        bool const fits = (each + 1) * sector <= bytes_.size();
        if (fits && random_.chance(2))
            std::copy_n(&durable_[each * sector], sector, &bytes_[each * sector]);
    }
    unflushed_.clear();
    durable_ = bytes_;
}

SlowMedium::SlowMedium(
    Domain& domain, Platters& platters, blkback::Geometry geometry, Duration most_latency)
    : domain_{domain},
      platters_{platters},
      geometry_{geometry},
      most_latency_{most_latency}
{
}

void SlowMedium::begin(Task& task)
{
    Pending pending{&task, domain_.now() + domain_.world().random().up_to(most_latency_)};
    if (task.action == Action::flush)
        pending.to_flush = platters_.unflushed();
    if (domain_.faults().strikes(Fault::block_no_response))
        pending.due = Instant::max();
    pending_.push_back(std::move(pending));
    domain_.wake(begun_);
}

void SlowMedium::cancel(Task& task)
{
    std::erase_if(pending_, [&](Pending const& pending) { return pending.task == &task; });
}

void SlowMedium::resize(std::size_t size)
{
    geometry_.size = size;
    platters_.resize(size);
}

void SlowMedium::run()
{
    while (true) {
        Instant const next = finish_due();
        auto const waited = domain_.wait(begun_, {next});
        if (!waited && waited.error() == Errc::cancelled)
            return;
    }
}

Instant SlowMedium::finish_due()
{
    while (true) {
        auto const first = std::ranges::min_element(pending_, {}, &Pending::due);
        if (first == pending_.end())
            return Instant::max();
        if (first->due > domain_.now())
            return first->due;
        Pending const done = std::move(*first);
        pending_.erase(first);
        done.task->finish(perform(done)); // It may begin others.
    }
}

Result<> SlowMedium::perform(Pending const& pending)
{
    Task const& task = *pending.task;
    if (domain_.faults().strikes(Fault::block_error))
        return Failure{Errc::io};
    if (task.action == Action::flush) {
        platters_.flush(pending.to_flush);
        return {};
    }
    if (task.offset + task.length > platters_.bytes().size())
        return Failure{Errc::io}; // It has become smaller meanwhile.
    auto const place = std::span{platters_.bytes()}.subspan(task.offset, task.length);
    // Nothing of the guest's looks at data that is under way, so the copy needs no other domain
    // to run in the middle of it.
    if (task.action == Action::discard)
        std::ranges::fill(place, std::byte{});
    else
        blkback::copy_pieces<SharedMemory>(task, place);
    if (task.action != Action::read)
        platters_.note_written(task.offset, task.length);
    return {};
}

} // namespace lodger::sim
