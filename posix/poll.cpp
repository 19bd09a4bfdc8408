/// `poll`, on disks, which are always ready, and on the console, which is when a line is complete.

#include <lodger/posix/files.hpp>
#include <lodger/runtime/guest.hpp>

#include <poll.h>

using namespace lodger::posix;
using lodger::Deadline;
using lodger::Errc;
using lodger::runtime::guest;

namespace {

/// Fills in what is ready. @return of how many files anything is
int look(std::span<pollfd> files)
{
    int ready = 0;
    for (pollfd& asked : files) {
        asked.revents = 0;
        if (asked.fd < 0)
            continue;
        InUse const file{descriptors.find(asked.fd)};
        asked.revents = static_cast<short>(file ? file->ready() & asked.events : POLLNVAL);
        ready += asked.revents != 0;
    }
    return ready;
}

/// Waits for the first file that can become ready: only the console can, which is one, whatever
/// descriptors stand for it. @return false when the deadline has passed
bool wait(std::span<pollfd const> files, Deadline deadline)
{
    for (pollfd const& asked : files) {
        InUse const file{descriptors.find(asked.fd)};
        if (!file)
            continue;
        auto const waited = file->wait_ready(asked.events, deadline);
        if (waited || waited.error() != Errc::unsupported)
            return waited.has_value();
    }
    lodger::WaitQueue nobody_wakes;
    return guest().wait(nobody_wakes, deadline).has_value();
}

} // namespace

extern "C" int poll(pollfd* list, nfds_t count, int timeout_ms)
{
    std::span const files{list, count};
    auto const deadline = timeout_ms < 0
                              ? Deadline::never()
                              : lodger::after(guest(), std::chrono::milliseconds{timeout_ms});
    for (;;) {
        int const ready = look(files);
        if (ready > 0 || timeout_ms == 0 || !wait(files, deadline))
            return ready;
    }
}
