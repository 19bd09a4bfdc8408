#include <lodger/core/shared.hpp>

#include <array>
#include <catch2/catch.hpp>
#include <cstdint>

using namespace lodger;

TEST_CASE("a compare-and-swap stores only over what was expected")
{
    std::uint16_t cell = 5;
    REQUIRE_FALSE(SharedMemory::compare_exchange(cell, 4, 9));
    REQUIRE(cell == 5);
    REQUIRE(SharedMemory::compare_exchange(cell, 5, 9));
    REQUIRE(cell == 9);
}

TEST_CASE("an exchange gives what was there")
{
    std::uint64_t cell = 3;
    REQUIRE(SharedMemory::exchange(cell, 0) == 3);
    REQUIRE(cell == 0);
}

TEST_CASE("loads see stores, and copies go both ways")
{
    std::uint32_t cell = 0;
    SharedMemory::store_release(cell, 7);
    REQUIRE(SharedMemory::load_acquire(cell) == 7);
    SharedMemory::store_relaxed(cell, 8);
    REQUIRE(SharedMemory::load_relaxed(cell) == 8);
    std::array<char, 4> shared{};
    std::array<char, 4> copy{};
    SharedMemory::copy_out(shared.data(), "abc", 4);
    SharedMemory::copy_in(copy.data(), shared.data(), 4);
    REQUIRE(copy == std::array{'a', 'b', 'c', '\0'});
}
