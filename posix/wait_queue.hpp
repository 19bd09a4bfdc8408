#pragma once

#include <lodger/core/wait_queue.hpp>

#include <new>

namespace lodger::posix {

/// The queue of those who wait for a mutex or a condition variable: C's headers have a pointer in
/// its place. One that is empty is a null pointer, as in an object that C has initialized.
static_assert(sizeof(WaitQueue) == sizeof(void*));

inline WaitQueue& queue_at(void*& place)
{
    return *std::launder(reinterpret_cast<WaitQueue*>(&place));
}

} // namespace lodger::posix
