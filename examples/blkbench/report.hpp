#pragma once

#include "job.hpp"

#include <memory>

namespace blkbench {

using Jobs = std::vector<std::unique_ptr<Job>>;

/// What has been counted at one moment.
struct Snapshot {
    Instant at = guest().now();
    Duration cpu = guest().cpu_time();
    std::uint64_t sleeps = guest().scheduler().sleeps();
    blkfront::Counters disk;

    explicit Snapshot(BlockDevice const& device) : disk{device.counters()} {}
};

/// What a run came to, to be printed.
class Report {
public:
    Report(
        Settings const& settings, Jobs const& jobs, Snapshot const& before, Snapshot const& after);

    bool is_good() const { return errors_ == 0 && differences_ == 0; }

    void print() const;
    void print_json() const;

private:
    void print_latencies() const;
    double per_second(std::uint64_t amount) const;
    double per_request(std::uint64_t amount) const;

    Settings const& settings_;
    Histogram latencies_;
    std::uint64_t bytes_ = 0;
    std::uint64_t errors_ = 0;
    std::uint64_t differences_ = 0;
    std::optional<Errc> first_error_;
    Duration elapsed_;
    Duration cpu_;
    std::uint64_t sleeps_;
    blkfront::Counters disk_;
};

} // namespace blkbench
