#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace blkbench {

/// What eight bytes of the disk hold: no two places the same. The finalizer of SplitMix64
/// (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
constexpr std::uint64_t word_at(std::uint64_t place)
{
    std::uint64_t word = place + 0x9e3779b97f4a7c15;
    word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9;
    word = (word ^ word >> 27) * 0x94d049bb133111eb;
    return word ^ word >> 31;
}

/// @param place bytes from the start of the disk
inline void fill(std::span<std::byte> data, std::uint64_t place)
{
    for (std::size_t i = 0; i < data.size(); i += 8) {
        std::uint64_t const word = word_at(place + i);
        std::memcpy(&data[i], &word, sizeof word);
    }
}

inline bool is_filled(std::span<std::byte const> data, std::uint64_t place)
{
    for (std::size_t i = 0; i < data.size(); i += 8) {
        std::uint64_t const word = word_at(place + i);
        if (std::memcmp(&data[i], &word, sizeof word) != 0)
            return false;
    }
    return true;
}

} // namespace blkbench
