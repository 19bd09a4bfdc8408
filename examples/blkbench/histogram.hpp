#pragma once

#include <lodger/core/time.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace blkbench {

/// How often something took how long: to an eighth of the value, from nanoseconds to days, in
/// constant memory.
class Histogram {
public:
    static constexpr std::size_t parts_of_an_octave = 8;
    static constexpr std::size_t buckets = 48 * parts_of_an_octave;

    void add(lodger::Duration took)
    {
        auto const ns =
            static_cast<std::uint64_t>(std::max<lodger::Duration::rep>(took.count(), 0));
        ++counts_[std::min(bucket_of(ns), buckets - 1)];
        ++total_;
        least_ = std::min(least_, ns);
        most_ = std::max(most_, ns);
    }

    Histogram& operator+=(Histogram const& other)
    {
        for (std::size_t i = 0; i < buckets; ++i)
            counts_[i] += other.counts_[i];
        total_ += other.total_;
        least_ = std::min(least_, other.least_);
        most_ = std::max(most_, other.most_);
        return *this;
    }

    std::uint64_t total() const { return total_; }
    std::uint64_t least() const { return total_ ? least_ : 0; }
    std::uint64_t most() const { return most_; }

    /// What so many of a thousand did not exceed, in nanoseconds; rounded up by an eighth at most.
    std::uint64_t permille(std::uint64_t share) const
    {
        std::uint64_t const wanted = (total_ * share + 999) / 1000;
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < buckets; ++i) {
            seen += counts_[i];
            if (seen >= wanted && seen > 0)
                return std::min(start_of(i + 1) - 1, most_);
        }
        return most_;
    }

    /// How many took from `from` up to, but not, `to` nanoseconds, both powers of two.
    std::uint64_t between(std::uint64_t from, std::uint64_t to) const
    {
        std::uint64_t sum = 0;
        for (std::size_t i = bucket_of(from); i < std::min(bucket_of(to), buckets); ++i)
            sum += counts_[i];
        return sum;
    }

    /// Below eight nanoseconds each has a bucket; above, each octave has eight.
    static std::size_t bucket_of(std::uint64_t ns)
    {
        if (ns < parts_of_an_octave)
            return ns;
        auto const octave = static_cast<unsigned>(std::bit_width(ns)) - 4;
        return octave * parts_of_an_octave + (ns >> octave);
    }
    static std::uint64_t start_of(std::size_t bucket)
    {
        if (bucket < parts_of_an_octave)
            return bucket;
        std::uint64_t const octave = bucket / parts_of_an_octave - 1;
        return (bucket % parts_of_an_octave + parts_of_an_octave) << octave;
    }

private:
    std::array<std::uint64_t, buckets> counts_{};
    std::uint64_t total_ = 0;
    std::uint64_t least_ = UINT64_MAX;
    std::uint64_t most_ = 0;
};

} // namespace blkbench
