#include <lodger/arch/x86/clock.hpp>

#include <catch2/catch.hpp>

using namespace lodger;
using namespace lodger::arch;

TEST_CASE("Ticks are counted from the stamp on")
{
    CHECK(ticks_between(1000, 1500) == 500);
    CHECK(ticks_between(1000, 1000) == 0);
}

TEST_CASE("Ticks are counted from a stamp before the counter began at zero")
{
    CHECK(ticks_between(-std::uint64_t{300}, 200) == 500);
}

TEST_CASE("A counter that lags behind the stamp has counted nothing")
{
    CHECK(ticks_between(1500, 1000) == 0);
    CHECK(ticks_between(100, -std::uint64_t{1}) == 0);
}

TEST_CASE("Ticks are scaled to nanoseconds")
{
    CHECK(scaled(500, 1, 0x80000000) == 500);
    CHECK(scaled(500, -1, 0x80000000) == 125);
    CHECK(scaled(std::uint64_t{1} << 40, 0, 0xffffffff) == (std::uint64_t{1} << 40) - 256);
}
