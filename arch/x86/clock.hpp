#pragma once

#include <lodger/arch/x86/cpu.hpp>
#include <lodger/core/shared.hpp>
#include <lodger/core/time.hpp>

#include <xen/xen.h>

namespace lodger::arch {

/// Nanoseconds that a count of the time stamp counter stands for
/// (xen/include/public/xen.h, `struct vcpu_time_info`).
constexpr std::uint64_t scaled(std::uint64_t ticks, std::int8_t shift, std::uint32_t multiplier)
{
    ticks = shift < 0 ? ticks >> -shift : ticks << shift;
    return static_cast<std::uint64_t>(static_cast<unsigned __int128>(ticks) * multiplier >> 32);
}

/// Counts of the time stamp counter from a stamp on. Where Xen emulates the counter, it begins at 0
/// when the domain is made, and a stamp from before that has wrapped (xen/arch/x86/time.c,
/// gtime_to_gtsc). Another CPU's counter may lag behind the one that took the stamp: then none.
constexpr std::uint64_t ticks_between(std::uint64_t stamp, std::uint64_t now)
{
    auto const ticks = static_cast<std::int64_t>(now - stamp);
    return ticks > 0 ? static_cast<std::uint64_t>(ticks) : 0;
}

/// Xen's system time, from the values that Xen keeps in the shared page. An odd version, or
/// another one after reading than before, means that Xen was changing them.
inline Instant system_time(vcpu_time_info_t const& shared)
{
    for (;;) {
        std::uint32_t const version = SharedMemory::load_acquire(shared.version);
        vcpu_time_info_t copy;
        SharedMemory::copy_in(&copy, &shared, sizeof copy);
        std::uint64_t const now = time_stamp();
        if ((version & 1) != 0 || SharedMemory::load_relaxed(shared.version) != version)
            continue;
        std::uint64_t const ticks = ticks_between(copy.tsc_timestamp, now);
        std::uint64_t const since = scaled(ticks, copy.tsc_shift, copy.tsc_to_system_mul);
        return Instant{Duration{static_cast<Duration::rep>(copy.system_time + since)}};
    }
}

/// The time of day, since 1970 (UTC), at which system time was zero.
inline Duration wall_clock_base(shared_info_t const& shared)
{
    for (;;) {
        std::uint32_t const version = SharedMemory::load_acquire(shared.wc_version);
        std::uint64_t const low = SharedMemory::load_acquire(shared.wc_sec);
        std::uint64_t const high = SharedMemory::load_acquire(shared.wc_sec_hi);
        std::uint32_t const nanoseconds = SharedMemory::load_acquire(shared.wc_nsec);
        if ((version & 1) != 0 || SharedMemory::load_relaxed(shared.wc_version) != version)
            continue;
        return std::chrono::seconds{static_cast<long long>(high << 32 | low)} +
               Duration{nanoseconds};
    }
}

} // namespace lodger::arch
