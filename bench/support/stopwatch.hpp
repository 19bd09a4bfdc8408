#pragma once

#include <lodger/arch/x86/hypercall.hpp>
#include <lodger/runtime/services.hpp>

#include <cinttypes>
#include <cstdio>

namespace lodger::bench {

/// Nanoseconds that this virtual CPU has run, Xen's work on its behalf included.
inline std::uint64_t cpu_time()
{
    vcpu_runstate_info_t state{};
    arch::vcpu_op(VCPUOP_get_runstate_info, 0, &state);
    return state.time[RUNSTATE_running];
}

/// Measures a stretch of work, and prints it as one line that bench/figures.py understands.
class Stopwatch {
public:
    void report(char const* name, std::size_t requests) const
    {
        Duration const elapsed = guest().now() - start_;
        std::uint64_t const cpu = cpu_time() - cpu_;
        std::uint64_t const waits = guest().scheduler().sleeps() - waits_;
        std::printf(
            "figure %s requests=%zu ns=%" PRId64 " cpu_ns=%" PRIu64 " waits=%" PRIu64 "\n", name,
            requests, static_cast<std::int64_t>(elapsed.count()), cpu, waits);
    }

private:
    std::uint64_t waits_ = guest().scheduler().sleeps();
    std::uint64_t cpu_ = cpu_time();
    Instant start_ = guest().now();
};

} // namespace lodger::bench
