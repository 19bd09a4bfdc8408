#pragma once

#include <lodger/runtime/services.hpp>

#include <cinttypes>
#include <cstdio>

namespace lodger::bench {

/// Measures a stretch of work, and prints it as one line that bench/measure.py understands.
class Stopwatch {
public:
    void report(char const* name, std::size_t requests) const
    {
        Duration const elapsed = guest().now() - start_;
        Duration const cpu = guest().cpu_time() - cpu_;
        std::uint64_t const waits = guest().scheduler().sleeps() - waits_;
        std::printf(
            "figure %s requests=%zu ns=%" PRId64 " cpu_ns=%" PRId64 " waits=%" PRIu64 "\n", name,
            requests, std::int64_t{elapsed.count()}, std::int64_t{cpu.count()}, waits);
    }

private:
    std::uint64_t waits_ = guest().scheduler().sleeps();
    Duration cpu_ = guest().cpu_time();
    Instant start_ = guest().now();
};

} // namespace lodger::bench
