// A frontend that says Connected before it offered anything.
// error: no matching function

#include <lodger/tests/nocompile/support/driver.hpp>

lodger::Result<> run(Frontend& frontend)
{
    auto& phase = *frontend.in<Frontend::Initialising>();
#ifdef FIXED
    return frontend.enter<Frontend::Initialised>(phase, Driver::Link{});
#else
    return frontend.enter<Frontend::Connected>(phase, Driver::Link{}, Driver::Details{});
#endif
}
