#include "report.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

namespace blkverify {

namespace {

void print_expected(Journal::Block const& expected)
{
    if (expected.held & Journal::foreign)
        std::printf("what was there at first");
    else
        std::printf("write %" PRIu32, expected.held);
    if (expected.state != Journal::State::steady)
        std::printf(" or %" PRIu32, expected.other);
}

void print_origin(
    Origin const& origin, std::uint64_t sector, std::uint32_t seed, Journal::Block const& expected)
{
    if (origin.seed != seed)
        return static_cast<void>(std::printf(
            "STALE: of another run or disk (%08" PRIx32 "), sector %" PRIu64
            " by its write %" PRIu32,
            origin.seed, origin.sector, origin.generation));
    char const* const what = origin.sector != sector             ? "MISPLACED"
                             : origin.generation < expected.held ? "STALE"
                                                                 : "NOT ACKNOWLEDGED";
    std::printf(
        "%s: what write %" PRIu32 " wrote to sector %" PRIu64, what, origin.generation,
        origin.sector);
}

void print_bytes(ConstSector found, Journal::Block const& expected, Origin const& wanted)
{
    if (std::ranges::all_of(found, [](std::byte byte) { return byte == std::byte{}; }))
        return static_cast<void>(std::printf("ZEROS"));
    std::size_t const word =
        expected.held & Journal::foreign ? 0 : first_difference(found, Pattern{wanted}).value_or(0);
    std::printf(
        "CORRUPT from byte %zu on: %016" PRIx64 " instead of %016" PRIx64, word * 8,
        word_at(found, word), Pattern{wanted}.word(word));
}

} // namespace

void report_difference(
    char const* disk, std::uint64_t sector, std::uint32_t seed, Journal::Block const& expected,
    ConstSector found)
{
    std::printf("\n%s: sector %" PRIu64 ": expected ", disk, sector);
    print_expected(expected);
    std::printf(", found ");
    if (auto const origin = origin_of(found))
        print_origin(*origin, sector, seed, expected);
    else
        print_bytes(found, expected, {seed, expected.held, sector});
    std::printf("\n");
}

} // namespace blkverify
