/// The clocks: CLOCK_REALTIME is the wall clock, CLOCK_MONOTONIC Xen's system time.

#include <lodger/runtime/guest.hpp>

#include <cerrno>
#include <sys/time.h>
#include <time.h>

using lodger::Duration;
using lodger::runtime::guest;

namespace {

constexpr long long billion = 1'000'000'000;

timespec to_timespec(Duration time)
{
    return {time.count() / billion, static_cast<long>(time.count() % billion)};
}

} // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time)
{
    // 1 and 4 are CLOCK_REALTIME and CLOCK_MONOTONIC, which newlib names only on some systems.
    constexpr clockid_t realtime = 1;
    constexpr clockid_t monotonic = 4;
    if (clock != realtime && clock != monotonic) {
        errno = EINVAL;
        return -1;
    }
    *time =
        to_timespec(clock == realtime ? guest().wall_clock() : guest().now().time_since_epoch());
    return 0;
}

int gettimeofday(timeval* time, void*)
{
    timespec const now = to_timespec(guest().wall_clock());
    *time = {now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

int nanosleep(timespec const* duration, timespec* remaining)
{
    if (duration->tv_nsec < 0 || duration->tv_nsec >= billion || duration->tv_sec < 0) {
        errno = EINVAL;
        return -1;
    }
    guest().sleep_until(
        guest().now() + std::chrono::seconds{duration->tv_sec} + Duration{duration->tv_nsec});
    if (remaining)
        *remaining = {0, 0};
    return 0;
}
}
