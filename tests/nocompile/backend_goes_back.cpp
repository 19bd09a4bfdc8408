// A backend that goes back from Connected to InitWait.
// error: no matching function

#include <lodger/tests/nocompile/support/backend_driver.hpp>

lodger::Result<> run(Backend& backend)
{
#ifdef FIXED
    auto& phase = *backend.in<Backend::Closed>();
#else
    auto& phase = *backend.in<Backend::Connected>();
#endif
    return backend.enter<Backend::InitWait>(phase);
}
