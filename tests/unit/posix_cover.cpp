#include <lodger/posix/cover.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using posix::cover;
using posix::Cover;

TEST_CASE("the sectors that cover a range hold all of it, and begin and end with a part of it")
{
    for (std::size_t const sector : {512u, 4096u}) {
        for (std::uint64_t offset = 0; offset < 2 * sector; offset += 37) {
            for (std::size_t length = 1; length < 3 * sector; length += 41) {
                Cover const all = cover(offset, length, sector, 8 * sector);
                REQUIRE(all.offset % sector == 0);
                REQUIRE(all.size % sector == 0);
                REQUIRE(all.offset + all.lead == offset);
                REQUIRE(all.length == length);
                REQUIRE(all.lead < sector);
                REQUIRE(all.lead + all.length <= all.size);
                REQUIRE(all.lead + all.length > all.size - sector);
            }
        }
    }
}

TEST_CASE("a range with too many sectors is covered from its start, up to the end of a sector")
{
    Cover const here = cover(700, 10'000, 512, 2'000);
    REQUIRE(here.offset == 512);
    REQUIRE(here.size == 1536);
    REQUIRE(here.lead == 188);
    REQUIRE(here.length == 1536 - 188);
    REQUIRE_FALSE(here.cuts_last(512));
    Cover const next = cover(700 + here.length, 10'000 - here.length, 512, 2'000);
    REQUIRE(next.lead == 0);
    REQUIRE(next.offset == 2048);
}

TEST_CASE("only sectors that are not meant as a whole are cut")
{
    auto const cuts = [](std::uint64_t offset, std::size_t length) {
        Cover const here = cover(offset, length, 512, 4096);
        return std::pair{here.cuts_first(512), here.cuts_last(512)};
    };
    REQUIRE(cuts(0, 512) == std::pair{false, false});
    REQUIRE(cuts(1024, 1536) == std::pair{false, false});
    REQUIRE(cuts(1, 511) == std::pair{true, false});
    REQUIRE(cuts(0, 511) == std::pair{true, true});
    REQUIRE(cuts(0, 513) == std::pair{false, true});
    REQUIRE(cuts(511, 2) == std::pair{true, true});
    REQUIRE(cuts(511, 513) == std::pair{true, false});
}
