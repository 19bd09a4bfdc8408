#pragma once

#include <cassert>
#include <chrono>
#include <cstdint>

namespace lodger::sim {

/// The one source of chance in a world: the same seed makes the same choices everywhere.
/// The generator is splitmix64.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_{seed} {}

    std::uint64_t next()
    {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    /// A number below `bound`, which is not zero. The bias of the remainder does not matter here.
    std::uint64_t below(std::uint64_t bound)
    {
        assert(bound != 0);
        return next() % bound;
    }

    /// A number from `low` to `high`, both included.
    std::uint64_t between(std::uint64_t low, std::uint64_t high)
    {
        return low + below(high - low + 1);
    }

    /// A duration from zero to `most`.
    std::chrono::nanoseconds up_to(std::chrono::nanoseconds most)
    {
        return std::chrono::nanoseconds{below(static_cast<std::uint64_t>(most.count()) + 1)};
    }

    /// True once in `one_in` on average; never if that is zero.
    bool chance(std::uint64_t one_in) { return one_in != 0 && below(one_in) == 0; }

private:
    std::uint64_t state_;
};

} // namespace lodger::sim
