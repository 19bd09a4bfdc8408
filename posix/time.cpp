/// The clocks, and sleeping by them.

#include <lodger/posix/clock.hpp>
#include <lodger/posix/errors.hpp>

#include <sys/time.h>
#include <unistd.h>

using namespace lodger::posix;
using lodger::Duration;
using lodger::runtime::guest;

namespace {

void sleep_for(Duration duration)
{
    guest().sleep_until(guest().now() + duration);
}

} // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time)
{
    auto const now = read_clock(clock);
    if (!now)
        return fail(EINVAL);
    *time = to_timespec(*now);
    return 0;
}

int clock_getres(clockid_t clock, timespec* resolution)
{
    if (!read_clock(clock))
        return fail(EINVAL);
    if (resolution)
        *resolution = {0, 1};
    return 0;
}

int gettimeofday(timeval* time, void*)
{
    timespec const now = to_timespec(guest().wall_clock());
    *time = {now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

int nanosleep(timespec const* time, timespec* remaining)
{
    auto const duration = duration_of(*time);
    if (!duration)
        return fail(EINVAL);
    sleep_for(*duration);
    if (remaining)
        *remaining = {0, 0};
    return 0;
}

unsigned sleep(unsigned seconds)
{
    sleep_for(std::chrono::seconds{seconds});
    return 0;
}

int usleep(useconds_t microseconds)
{
    sleep_for(std::chrono::microseconds{microseconds});
    return 0;
}
}
