#pragma once

#include <lodger/runtime/guest.hpp>

#include <optional>
#include <time.h>

namespace lodger::posix {

inline constexpr long billion = 1'000'000'000;

/// @return nothing for what is no length of time; what is beyond centuries is cut to them
constexpr std::optional<Duration> duration_of(timespec const& time)
{
    constexpr long long most_seconds = 4'000'000'000;
    if (time.tv_nsec < 0 || time.tv_nsec >= billion || time.tv_sec < 0)
        return std::nullopt;
    if (time.tv_sec > most_seconds)
        return std::chrono::seconds{most_seconds};
    return std::chrono::seconds{time.tv_sec} + Duration{time.tv_nsec};
}

constexpr timespec to_timespec(Duration time)
{
    return {time.count() / billion, static_cast<long>(time.count() % billion)};
}

/// What a clock says now: CLOCK_REALTIME the wall clock, CLOCK_MONOTONIC the domain's time.
/// @return nothing for other clocks
inline std::optional<Duration> read_clock(clockid_t clock)
{
    switch (clock) {
    case CLOCK_REALTIME: return runtime::guest().wall_clock();
    case CLOCK_MONOTONIC: return runtime::guest().now().time_since_epoch();
    default: return std::nullopt;
    }
}

/// The deadline that a clock names.
/// @return nothing for an unknown clock or what is no time
inline std::optional<Deadline> deadline_at(clockid_t clock, timespec const& time)
{
    auto const now = read_clock(clock);
    auto const until = duration_of(time);
    if (!now || !until)
        return std::nullopt;
    return Deadline{runtime::guest().now() + (*until - *now)};
}

} // namespace lodger::posix
