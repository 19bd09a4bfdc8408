#include "exerciser.hpp"

#include "../support/open_disk.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

namespace blkverify {

using blkfront::Operation;

Exerciser::Shape Exerciser::Shape::within(Settings const& settings, std::size_t pool_pages)
{
    Shape shape{settings.depth, settings.largest_kib * 1024};
    while (shape.largest > page_size && shape.pool_pages() > pool_pages)
        shape.largest /= 2;
    std::size_t const fitting = pool_pages / (shape.largest / page_size + 1);
    shape.depth = std::clamp<std::size_t>(fitting, 1, shape.depth);
    return shape;
}

Exerciser::Exerciser(
    BlockDevice& device, Settings const& settings, Shape shape, char const* name,
    std::uint32_t seed)
    : settings_{settings},
      name_{name},
      seed_{seed},
      random_{seed},
      device_{device},
      depth_{shape.depth},
      largest_{shape.largest}
{
}

bool Exerciser::prepare()
{
    examples::print_disk(device_);
    blkfront::Disk const& disk = *device_.disk();
    block_size_ = disk.sector_size;
    std::uint64_t const span = std::min(disk.size, settings_.span_mib << 20);
    slots_.reset(new (std::nothrow) Slot[depth_]);
    if (span == 0 || !slots_ || !journal_.begin(span / block_size_)) {
        std::printf("%s: %s\n", name_, span == 0 ? "it is empty" : "out of memory");
        return false;
    }
    for (std::size_t i = 0; i < depth_; ++i) {
        auto buffer = BlockBuffer::allocate(device_.pool(), largest_ + page_size);
        assert(buffer); // The pool was made for them.
        slots_[i].buffer.emplace(std::move(*buffer));
    }
    largest_ = std::min(largest_ / block_size_, journal_.block_count());
    std::printf(
        "  exercise  the first %" PRIu64 " bytes, %zu requests of up to %" PRIu64
        " bytes at a time, seed %" PRIu32 "\n",
        journal_.block_count() * block_size_, depth_, largest_ * block_size_, seed_);
    return true;
}

Result<> Exerciser::start()
{
    heard_at_ = guest().now();
    return guest().start_thread(
        "exerciser", [](void* self) { static_cast<Exerciser*>(self)->run(); }, this);
}

void Exerciser::run()
{
    pump([this](Slot& slot) { return prepare_random(slot); });
    stage_ = Stage::reading_back;
    pump([this](Slot& slot) { return prepare_reading_back(slot); });
    stage_ = Stage::over;
    guest().wake(over_);
}

/// Keeps the slots busy until there is nothing more to do, or the disk is over.
template <class Prepare>
void Exerciser::pump(Prepare prepare)
{
    while (!is_hung_up_) {
        bool const may_be_more = !ended_ && fill(prepare);
        device_.publish();
        if (under_way() == 0 && !may_be_more)
            break;
        static_cast<void>(device_.wait(after(guest(), look_interval)));
        harvest();
        if (is_hung())
            abandon_all();
    }
}

/// @return whether there may be more to do after all that is under way now
template <class Prepare>
bool Exerciser::fill(Prepare prepare)
{
    for (std::size_t i = 0; i < depth_; ++i) {
        if (slots_[i].state != Slot::State::idle)
            continue;
        Next const next = prepare(slots_[i]);
        if (next != Next::request)
            return next == Next::not_now;
        if (!submit(slots_[i]))
            return false;
    }
    return true;
}

bool Exerciser::submit(Slot& slot)
{
    slot.state = Slot::State::under_way;
    auto const submitted = device_.submit(slot);
    if (submitted)
        return true;
    slot.outcome = submitted;
    slot.over_at = guest().now();
    slot.state = Slot::State::over;
    finish(slot);
    return !ended_;
}

std::size_t Exerciser::under_way() const
{
    std::size_t count = 0;
    for (std::size_t i = 0; i < depth_; ++i)
        count += slots_[i].state != Slot::State::idle;
    return count;
}

std::size_t Exerciser::unanswered() const
{
    std::size_t count = 0;
    for (std::size_t i = 0; i < depth_; ++i)
        count += slots_[i].state == Slot::State::under_way;
    return count;
}

/// Whether a disk that is there has not answered for too long.
bool Exerciser::is_hung() const
{
    bool const answers = !device_.is_connected() || under_way() == 0;
    return !answers && guest().now() - heard_at_ > std::chrono::seconds{settings_.patience_seconds};
}

void Exerciser::abandon_all()
{
    std::printf(
        "\n%s: %zu requests have not been answered for %" PRIu64 " s\n", name_, under_way(),
        settings_.patience_seconds);
    for (std::size_t i = 0; i < depth_; ++i)
        device_.abandon(slots_[i]);
    is_hung_up_ = true;
}

void Exerciser::harvest()
{
    for (std::size_t i = 0; i < depth_; ++i)
        if (slots_[i].state == Slot::State::over)
            finish(slots_[i]);
}

/// Puts what came of a request into the journal, and checks what it has read.
void Exerciser::finish(Slot& slot)
{
    heard_at_ = slot.over_at;
    slot.state = Slot::State::idle;
    if (slot.outcome)
        tally_.bytes += slot.size();
    else
        fail(slot);
    switch (slot.operation) {
    case Operation::read:
        ++tally_.reads;
        if (slot.outcome)
            verify(slot);
        journal_.end_read(slot.range);
        break;
    case Operation::write:
        ++tally_.writes;
        journal_.end_write(slot.range, slot.outcome.has_value());
        break;
    default: ++tally_.flushes;
    }
}

void Exerciser::fail(Slot const& slot)
{
    Errc const error = slot.outcome.error();
    if (slot.operation == Operation::flush && error == Errc::unsupported)
        return;
    if (error == Errc::disconnected || error == Errc::protocol) {
        ended_ = error;
        ++failed_by_loss_;
        failed_at_ = std::max(failed_at_, slot.over_at);
    }
    if (stage_ == Stage::reading_back)
        unverified_ += slot.range.count;
    if (++tally_.errors > most_reported)
        return;
    std::string_view const why = describe(error);
    std::printf(
        "\n%s: %" PRIu64 " blocks at %" PRIu64 " could not be %s: %.*s\n", name_, slot.range.count,
        slot.range.first,
        slot.operation == Operation::read    ? "read"
        : slot.operation == Operation::write ? "written"
                                             : "flushed",
        EXAMPLES_TEXT(why));
}

void Exerciser::on_change(blkfront::Change change)
{
    if (is_closing_)
        return;
    Instant const now = guest().now();
    heard_at_ = now;
    changes_.add({change, now, slots_ ? unanswered() : 0});
    switch (change) {
    case blkfront::Change::connected: tally_.returns += tally_.losses > tally_.returns; break;
    case blkfront::Change::lost:
        ++tally_.losses;
        lost_at_ = now;
        break;
    case blkfront::Change::ended: ended_ = ended_.value_or(Errc::disconnected); break;
    case blkfront::Change::resized: break;
    }
}

bool Exerciser::close()
{
    is_closing_ = true;
    auto const closed = device_.close(after(guest(), BlockDevice::close_patience));
    if (!closed && !ended_) {
        std::string_view const why = describe(closed.error());
        std::printf("\n%s: closing failed: %.*s\n", name_, EXAMPLES_TEXT(why));
    }
    return closed || ended_;
}

/// The wall clock is for those who know when the disk was taken away.
void Exerciser::print_end() const
{
    auto const ms = [](Duration duration) {
        return static_cast<std::int64_t>(duration / std::chrono::milliseconds{1});
    };
    std::int64_t const at = ms(guest().wall_clock() - (guest().now() - failed_at_));
    std::printf(
        "%s: gone for good; %" PRIu64 " requests failed, the last %" PRId64
        " ms after the loss (%" PRId64 ".%03d s)\n",
        name_, failed_by_loss_, ms(std::max(failed_at_ - lost_at_, Duration{})), at / 1000,
        static_cast<int>(at % 1000));
}

bool Exerciser::judge() const
{
    if (ended_) {
        print_end();
        return false;
    }
    if (unverified_ > 0)
        std::printf("%s: %" PRIu64 " blocks could not be read in the end\n", name_, unverified_);
    bool const no_errors = settings_.errors_allowed || tally_.errors == 0;
    return !is_hung_up_ && no_errors && tally_.differences == 0;
}

} // namespace blkverify
