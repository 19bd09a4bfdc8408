// Reads or writes a disk with a constant number of requests under way, as bench/linux/blkbench.c
// does under Linux. Usage: block DEVICE RING_PAGES PERSISTENT {KIND SIZE DEPTH COUNT}...; KIND is
// read, write, randread or randwrite, PERSISTENT 1 or 0 for persistent grants or none.

#include "../../support/stopwatch.hpp"
#include "../accesses.h"

#include <cstdlib>
#include <string>
#include <vector>

namespace {

using namespace lodger;

constexpr Duration patience = std::chrono::seconds{60};

/// One run: `depth` requests under way until `count` are done.
class Run {
public:
    Run(BlockDevice& device, accesses const& where, BlockBuffer& buffer, std::size_t depth,
        std::size_t count)
        : device_{device},
          where_{where},
          slots_(depth),
          count_{count}
    {
        auto const what = where.is_write ? blkfront::Operation::write : blkfront::Operation::read;
        for (std::size_t i = 0; i < depth; ++i) {
            auto const data = buffer.bytes().subspan(i * where.size, where.size);
            static_cast<blkfront::Io&>(slots_[i]) = {what, 0, data, &complete};
            slots_[i].run = this;
        }
    }

    Result<> operator()()
    {
        for (Slot& slot : slots_)
            LODGER_TRY(begin(slot));
        device_.publish();
        Deadline const deadline = after(guest(), patience);
        while (done_ < count_) {
            LODGER_TRY(device_.wait(deadline));
            LODGER_TRY(outcome_);
            while (ended_ && submitted_ < count_)
                LODGER_TRY(begin(*std::exchange(ended_, ended_->next)));
            ended_ = nullptr;
            device_.publish();
        }
        return {};
    }

private:
    struct Slot : blkfront::Io {
        Run* run = nullptr;
        Slot* next = nullptr;
    };

    Result<> begin(Slot& slot)
    {
        slot.offset = accesses_next(&where_);
        ++submitted_;
        return device_.submit(slot);
    }

    static void complete(blkfront::Io& io, Result<> outcome)
    {
        auto& slot = static_cast<Slot&>(io);
        Run& run = *slot.run;
        slot.next = std::exchange(run.ended_, &slot);
        ++run.done_;
        if (!outcome)
            run.outcome_ = outcome;
    }

    BlockDevice& device_;
    accesses where_;
    std::vector<Slot> slots_;
    std::size_t count_;
    std::size_t submitted_ = 0;
    std::size_t done_ = 0;
    Slot* ended_ = nullptr;
    Result<> outcome_{};
};

Result<> measure(BlockDevice& disk, char const* kind, char* const* numbers)
{
    std::size_t const size = std::strtoul(numbers[0], nullptr, 10);
    std::size_t const depth = std::strtoul(numbers[1], nullptr, 10);
    std::size_t const count = std::strtoul(numbers[2], nullptr, 10);
    accesses where;
    if (!accesses_start(&where, kind, disk.disk()->size, size))
        return Failure{Errc::invalid_argument};
    auto buffer = LODGER_TRY(BlockBuffer::allocate(disk.pool(), size * depth));
    Run run{disk, where, buffer, depth, count};
    std::string const name = std::string{"block/"} + kind + "/" + numbers[0] + "/" + numbers[1];
    bench::Stopwatch const stopwatch;
    LODGER_TRY(run());
    stopwatch.report(name.c_str(), count);
    return {};
}

Result<> run(int argc, char** argv)
{
    Store* const store = LODGER_TRY(runtime::xenstore());
    BlockDevice disk{*store, runtime::grants()};
    blkfront::Offer const offer{
        .ring_pages = std::strtoul(argv[2], nullptr, 10),
        .persistent_grants = std::strtoul(argv[3], nullptr, 10) != 0};
    LODGER_TRY(disk.open(argv[1], {.pool_pages = 2048, .offer = offer}, after(guest(), patience)));
    for (int i = 4; i + 3 < argc; i += 4) {
        auto const measured = measure(disk, argv[i], argv + i + 1);
        if (!measured)
            std::printf(
                "cannot %s %s: %s\n", argv[i], argv[i + 1], describe(measured.error()).data());
    }
    return disk.close(after(guest(), BlockDevice::close_patience));
}

} // namespace

int main(int argc, char** argv)
{
    auto const ran = argc > 7 ? run(argc, argv) : Failure{Errc::invalid_argument};
    if (!ran)
        std::printf("Failed: %s\n", describe(ran.error()).data());
    return ran ? 0 : 1;
}
