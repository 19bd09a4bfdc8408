#pragma once

#include "../support/options.hpp"
#include <lodger/runtime/services.hpp>

namespace blkbench {

using namespace lodger;

/// What the requests of a run are.
enum class Work : std::uint8_t { read, write, randread, randwrite, randrw, flush, trim };

constexpr std::string_view name(Work work)
{
    constexpr std::string_view names[] = {"read",   "write", "randread", "randwrite",
                                          "randrw", "flush", "trim"};
    return names[static_cast<std::size_t>(work)];
}
constexpr bool moves_data(Work work)
{
    return work < Work::flush;
}
constexpr bool modifies(Work work)
{
    return work != Work::read && work != Work::randread && work != Work::flush;
}
constexpr bool jumps(Work work)
{
    return work >= Work::randread && work <= Work::randrw;
}

/// What the command line asks for.
struct Settings {
    Work work = Work::randread;
    std::uint64_t block = 4096; ///< bytes of a request
    std::uint64_t depth = 32;   ///< requests under way, of each job
    std::uint64_t jobs = 1;
    Duration time = std::chrono::seconds{5};
    std::uint64_t count = 0; ///< requests of each job; 0 for as many as there is time for
    bool from_heap = false;  ///< data is copied from and to memory outside the pool
    bool verify = false;
    bool json = false;
    blkfront::Offer offer{};
    std::span<char*> disks;
};

examples::Parsed<Settings> parse_arguments(std::span<char*> arguments);

} // namespace blkbench
