// What an exerciser makes of the data that it has read.

#include "exerciser.hpp"
#include "report.hpp"

namespace blkverify {

void Exerciser::verify(Slot const& slot)
{
    slot.for_each_block(block_size_, [this](std::uint64_t block, blkfront::Piece bytes) {
        verify_block(block, bytes);
    });
}

void Exerciser::verify_block(std::uint64_t block, blkfront::Piece bytes)
{
    Journal::Block const expected = journal_[block];
    bool const is_steady = expected.state == Journal::State::steady;
    std::uint64_t sector = block * (block_size_ / sector_size);
    auto const is_nameless = [](std::uint32_t contents) {
        return contents == Journal::unknown || contents & Journal::foreign;
    };
    // Of contents that are not ours nobody can tell which parts are still there.
    if (!is_steady && (is_nameless(expected.held) || is_nameless(expected.other)))
        return;
    if (is_nameless(expected.held)) {
        std::uint32_t const found = fingerprint(bytes) | Journal::foreign;
        if (expected.held == Journal::unknown)
            journal_.learn(block, found);
        else if (expected.held != found)
            report(sector, expected, bytes.first<sector_size>());
        return;
    }
    for (; !bytes.empty(); bytes = bytes.subspan(sector_size), ++sector) {
        auto const found = bytes.first<sector_size>();
        Pattern const held{{seed_, expected.held, sector}};
        bool const is_right =
            is_steady ? !first_difference(found, held)
                      : !first_difference(found, held, Pattern{{seed_, expected.other, sector}});
        if (!is_right)
            report(sector, expected, found);
    }
}

void Exerciser::report(std::uint64_t sector, Journal::Block const& expected, ConstSector found)
{
    if (++tally_.differences <= most_reported)
        report_difference(name_, sector, seed_, expected, found);
}

} // namespace blkverify
