// A frontend that says Closed out of Connected.
// error: no matching function

#include <lodger/tests/nocompile/support/driver.hpp>

lodger::Result<> run(Frontend& frontend)
{
    auto& phase = *frontend.in<Frontend::Connected>();
#ifdef FIXED
    return frontend.enter<Frontend::Closing>(phase, std::move(phase.link));
#else
    return frontend.enter<Frontend::Closed>(phase, std::move(phase.link));
#endif
}
