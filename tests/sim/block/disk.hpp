#pragma once

#include <lodger/blkback/medium.hpp>
#include <lodger/tests/sim/world.hpp>

#include <memory>
#include <set>
#include <vector>

namespace lodger::sim {

/// What is on a disk: as it is read, and as it would be after a loss of power. The two differ in
/// what was written and not flushed, if the disk has a cache that forgets.
class Platters {
public:
    static constexpr std::size_t sector = 512;

    Platters(Random& random, std::size_t size, bool has_cache);

    std::vector<std::byte>& bytes() { return bytes_; }
    void resize(std::size_t size);

    void note_written(std::size_t offset, std::size_t size);
    std::set<std::size_t> const& unflushed() const { return unflushed_; }
    /// Makes these sectors last.
    void flush(std::set<std::size_t> const& sectors);
    /// Whatever was not flushed is as it was before, or as it was written, sector by sector.
    void lose_power();

private:
    Random& random_;
    bool has_cache_;
    std::vector<std::byte> bytes_;
    std::vector<std::byte> durable_;
    std::set<std::size_t> unflushed_;
};

/// A medium for the simulated backend: everything takes its time and ends in any order, as the seed
/// has it, and fails as the domain's faults say.
class SlowMedium {
public:
    SlowMedium(
        Domain& domain, Platters& platters, blkback::Geometry geometry, Duration most_latency);

    blkback::Geometry geometry() const { return geometry_; }
    void begin(blkback::Task& task);
    void cancel(blkback::Task& task);

    void resize(std::size_t size);
    /// Finishes what is due, until the world ends: the body of a thread.
    void run();

private:
    struct Pending {
        blkback::Task* task;
        Instant due;
        std::set<std::size_t> to_flush{}; ///< what a flush found in the cache
    };

    /// @return when the next one is due
    Instant finish_due();
    Result<> perform(Pending const& pending);

    Domain& domain_;
    Platters& platters_;
    blkback::Geometry geometry_;
    Duration most_latency_;
    std::vector<Pending> pending_;
    WaitQueue begun_;
};

static_assert(blkback::Medium<SlowMedium>);

} // namespace lodger::sim
