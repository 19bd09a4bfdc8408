// A result may not be dropped on the floor.
// error: ignoring returned value of type

#include <lodger/core/result.hpp>

lodger::Result<> act();

void run()
{
#ifdef FIXED
    static_cast<void>(act());
#else
    act();
#endif
}
