// A frontend that goes back from Connected to Initialised.
// error: no matching function

#include <lodger/tests/nocompile/support/driver.hpp>

lodger::Result<> run(Frontend& frontend)
{
#ifdef FIXED
    auto& phase = *frontend.in<Frontend::Initialising>();
#else
    auto& phase = *frontend.in<Frontend::Connected>();
#endif
    return frontend.enter<Frontend::Initialised>(phase, Driver::Link{});
}
