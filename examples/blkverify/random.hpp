#pragma once

#include <cstdint>

namespace blkverify {

/// Spreads every bit over the whole word.
constexpr std::uint64_t scramble(std::uint64_t word)
{
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
    word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
    return word ^ (word >> 31);
}

/// Numbers that look random, and are the same again for the same seed.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_{seed} {}

    std::uint64_t next() { return scramble(state_ += 0x9e3779b97f4a7c15); }
    /// @param limit at least 1 @return a number below it
    std::uint64_t below(std::uint64_t limit) { return next() % limit; }
    bool once_in(std::uint64_t times) { return below(times) == 0; }

private:
    std::uint64_t state_;
};

} // namespace blkverify
