// A number becomes an id only where it says so.
// error: could not convert

#include <lodger/core/ids.hpp>

void close(lodger::Port);

void run()
{
#ifdef FIXED
    close(lodger::Port{7});
#else
    close(7);
#endif
}
