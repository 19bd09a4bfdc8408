#pragma once

#include "histogram.hpp"
#include "settings.hpp"

#include <memory>
#include <optional>
#include <random>
#include <vector>

namespace blkbench {

/// One thread's share of the work: keeps `depth` requests under way until it is over. Takes no
/// memory and reads the clock twice a round while it runs.
class Job {
public:
    /// @param number from 0 up; decides where it works
    Job(BlockDevice& device, Settings const& settings, std::uint64_t number);

    /// Gets the memory for its requests.
    Result<> prepare();
    /// Starts the thread. @param until no request is begun afterwards @param ended woken at its end
    Result<> start(Instant until, WaitQueue& ended);
    /// Begins no more requests.
    void stop() { is_stopped_ = true; }
    bool is_over() const { return !ended_; }

    Histogram const& latencies() const { return latencies_; }
    std::uint64_t bytes() const;
    std::size_t under_way() const { return under_way_; }
    std::uint64_t errors() const { return errors_; }
    std::uint64_t differences() const { return differences_; }
    /// What the first request that failed has failed with, or the job itself.
    std::optional<Errc> first_error() const { return first_error_; }

private:
    struct Slot : blkfront::Io {
        Job* job = nullptr;
        Slot* next = nullptr; ///< among those that have ended
        Instant begun{};
        std::optional<BlockBuffer> pooled;
        std::unique_ptr<std::byte[]> heap;
        Result<> outcome;
    };

    static constexpr Duration patience = std::chrono::seconds{60};

    bool goes_on(Instant now) const;
    std::uint64_t next_place();
    void run();
    Result<> work();
    Result<> begin(Slot& slot, Instant now);
    void take(Slot& slot, Instant now);
    void note(Errc error);
    static void complete(blkfront::Io& io, Result<> outcome);

    BlockDevice& device_;
    Settings const& settings_;
    std::uint64_t blocks_; ///< of the part of the disk that it works on
    std::uint64_t first_;  ///< of them
    std::uint64_t at_ = 0;
    std::mt19937 random_;
    std::vector<Slot> slots_;
    Slot* done_ = nullptr;
    Instant until_{};
    WaitQueue* ended_ = nullptr; ///< while it runs
    std::uint64_t begun_ = 0;
    std::size_t under_way_ = 0;
    Histogram latencies_;
    std::uint64_t errors_ = 0;
    std::uint64_t differences_ = 0;
    std::optional<Errc> first_error_;
    bool is_stopped_ = false;
};

} // namespace blkbench
