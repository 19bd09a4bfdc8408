// Shared memory is read in units that the machine reads at once.
// error: no matching function

#include <lodger/core/shared.hpp>

struct Pair {
    int first;
    int second;
};

int run(Pair& shared)
{
#ifdef FIXED
    return lodger::SharedMemory::load_acquire(shared.first);
#else
    return lodger::SharedMemory::load_acquire(shared).first;
#endif
}
