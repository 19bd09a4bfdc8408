#pragma once

#include "random.hpp"

#include <array>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>

namespace blkverify {

inline constexpr std::size_t sector_size = 512;
inline constexpr std::size_t words_in_sector = sector_size / sizeof(std::uint64_t);

using Sector = std::span<std::byte, sector_size>;
using ConstSector = std::span<std::byte const, sector_size>;

/// Which write a sector's contents are of.
struct Origin {
    std::uint32_t seed;
    std::uint32_t generation; ///< the number of the write, from 1 on
    std::uint64_t sector;     ///< where it was meant to go, in units of 512 bytes

    bool operator==(Origin const&) const = default;
};

/// What a sector holds after a write. Its first words say which write it was, so that contents in
/// the wrong place, or of the wrong time, tell where and when they were right; the others follow
/// from these, so that no two sectors share a word.
class Pattern {
public:
    explicit Pattern(Origin const& origin)
        : first_{std::uint64_t{origin.seed} << 32 | origin.generation},
          second_{origin.sector},
          key_{scramble(first_ ^ scramble(second_))}
    {
    }

    std::uint64_t word(std::size_t index) const
    {
        if (index < 2)
            return index == 0 ? first_ : second_;
        std::uint64_t const mixed = (key_ + index) * 0x9e3779b97f4a7c15;
        return mixed ^ (mixed >> 29);
    }

    void write_to(Sector sector) const
    {
        std::array<std::uint64_t, words_in_sector> words;
        for (std::size_t i = 0; i < words_in_sector; ++i)
            words[i] = word(i);
        std::memcpy(sector.data(), words.data(), sector_size);
    }

private:
    std::uint64_t first_;
    std::uint64_t second_;
    std::uint64_t key_;
};

inline std::uint64_t word_at(ConstSector sector, std::size_t index)
{
    std::uint64_t word;
    std::memcpy(&word, &sector[index * sizeof word], sizeof word);
    return word;
}

/// Where a sector differs from what it should hold: the number of a word, if any.
inline std::optional<std::size_t> first_difference(ConstSector found, Pattern const& expected)
{
    for (std::size_t i = 0; i < words_in_sector; ++i)
        if (word_at(found, i) != expected.word(i))
            return i;
    return std::nullopt;
}

/// The same, where each word may be of either write: one of them is being made, or has failed.
inline std::optional<std::size_t>
first_difference(ConstSector found, Pattern const& one, Pattern const& other)
{
    for (std::size_t i = 0; i < words_in_sector; ++i) {
        std::uint64_t const word = word_at(found, i);
        if (word != one.word(i) && word != other.word(i))
            return i;
    }
    return std::nullopt;
}

/// Which write wrote all of a sector, if one did.
inline std::optional<Origin> origin_of(ConstSector found)
{
    std::uint64_t const first = word_at(found, 0);
    Origin const said{
        static_cast<std::uint32_t>(first >> 32), static_cast<std::uint32_t>(first),
        word_at(found, 1)};
    if (first_difference(found, Pattern{said}))
        return std::nullopt;
    return said;
}

/// A number for contents that are nobody's pattern.
inline std::uint32_t fingerprint(std::span<std::byte const> bytes)
{
    std::uint64_t sum = 0;
    for (; bytes.size() >= sector_size; bytes = bytes.subspan(sector_size))
        for (std::size_t i = 0; i < words_in_sector; ++i)
            sum = (sum ^ word_at(bytes.first<sector_size>(), i)) * 0x100000001b3 + 1;
    return static_cast<std::uint32_t>(scramble(sum));
}

} // namespace blkverify
